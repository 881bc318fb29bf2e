"""Runs a folder of SBML Test Suite cases through `simulate` and prints which are right, refused or wrong.

    python benchmarks/sbml_suite.py FOLDER [CASE ...]

FOLDER holds NNNNN/{model.xml,settings.txt,results.csv} and, if the cases are sorted into categories,
index.csv. A value is right if |expected - got| <= absolute + relative * |expected|, with the tolerances of
the case.
"""

from __future__ import annotations

import csv
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np

from exodyn.cli.simulate import simulate
from exodyn.errors import InputError, MachineError
from exodyn.symbolic.sbml import ModelRefused


def settings(case: Path) -> dict[str, str]:
    """What a case asks for: start, duration, steps, variables, absolute, relative, amount, concentration."""
    lines = (case / "settings.txt").read_text().splitlines()
    pairs = (line.split(":", 1) for line in lines if ":" in line)
    return {key.strip(): value.strip() for key, value in pairs}


def names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def outcome(case: Path) -> tuple[str, str]:
    """``("right", "")``, ``("refused", why)``, ``("wrong", first difference)`` or ``("failed", why)``."""
    asked = settings(case)
    if not asked["duration"]:
        times, expected, columns = "0:1:2", np.empty((0, 0)), []
    else:
        first = float(asked["start"])
        times = f"{first!r}:{first + float(asked['duration'])!r}:{int(asked['steps']) + 1}"
        with (case / "results.csv").open(newline="") as file:
            rows = [row for row in csv.reader(file) if row]
        columns = [name.strip() for name in rows[0][1:]]
        expected = np.array([[float(x) for x in row[1:]] for row in rows[1:]])
    try:
        result = simulate(
            str(case / "model.xml"), times, names(asked["amount"]), names(asked["concentration"])
        )
    except ModelRefused as error:
        return "refused", str(error)
    except (InputError, MachineError) as error:
        return "failed", str(error)
    if not columns:
        return "wrong", "simulated what is not a time course"
    return compare(asked, columns, expected, result["time"], result["values"])


def compare(asked, columns, expected, at, values) -> tuple[str, str]:  # type: ignore[no-untyped-def]
    """The first difference beyond the tolerances, if any."""
    missing = [name for name in columns if name not in values]
    if missing:
        return "wrong", f"'{missing[0]}' is not reported"
    got = np.column_stack([values[name] for name in columns])
    if got.shape != expected.shape:
        return "wrong", f"shape {got.shape}, expected {expected.shape}"
    with np.errstate(invalid="ignore"):
        allowed = float(asked["absolute"]) + float(asked["relative"]) * np.abs(expected)
        right = (np.abs(expected - got) <= allowed) | (expected == got) | (np.isnan(expected) & np.isnan(got))
    if right.all():
        return "right", ""
    i, k = np.argwhere(~right)[0]
    text = f"{columns[k]} at {at[i]:g}: expected {expected[i, k]:.10g}, got {got[i, k]:.10g}"
    return "wrong", f"{text} ({np.count_nonzero(~right)} values)"


def main() -> int:
    folder, chosen = Path(sys.argv[1]), set(sys.argv[2:])
    categories: dict[str, str] = {}
    if (folder / "index.csv").is_file():
        with (folder / "index.csv").open(newline="") as file:
            categories = {row["case"]: row["category"] for row in csv.DictReader(file)}
    counts: Counter[str] = Counter()
    slowest: list[tuple[float, str]] = []
    for case in sorted(p for p in folder.iterdir() if (p / "settings.txt").is_file()):
        if chosen and case.name not in chosen:
            continue
        begin = time.perf_counter()
        found, why = outcome(case)
        slowest.append((time.perf_counter() - begin, case.name))
        category = categories.get(case.name, "case")
        counts[f"{category}: {found}"] += 1
        if found in ("wrong", "failed") or (found == "refused" and category == "must pass"):
            print(f"{case.name} ({category}) {found}: {why}", flush=True)
    for line, count in sorted(counts.items()):
        print(f"{count:5d}  {line}")
    print("slowest:", ", ".join(f"{name} {seconds:.2f} s" for seconds, name in sorted(slowest)[:-6:-1]))
    print(f"median {np.median([s for s, _ in slowest]):.3f} s")
    return 1 if any("wrong" in key or "failed" in key for key in counts) else 0


if __name__ == "__main__":
    sys.exit(main())
