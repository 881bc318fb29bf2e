"""Each calibration cohort as the others predict it, kept in ``evidence/data/draws/stroke_left_out.csv``.

A line a figure: target, cohort, observed, median and 90% band in percent, and the release of the data that
the prediction rests on. `exodyn.validation.left_out` holds them against a meta-regression.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import exodyn
from exodyn.calibration.stroke_predicted import Predicted
from exodyn.evidence.table import DATA, rows

FILE = "draws/stroke_left_out.csv"


@dataclass(frozen=True)
class LeftOut:
    """A figure of a cohort as the other cohorts predict it, in percent."""

    target: str
    cohort: str
    observed: float
    median: float
    low: float
    high: float
    release: str


def kept_apart() -> list[LeftOut]:
    """What the file holds, none where it is missing."""
    if not (DATA / FILE).is_file():
        return []
    numbers = ("observed", "median", "low", "high")
    return [
        LeftOut(**{name: float(cell) if name in numbers else cell for name, cell in row.items()})  # type: ignore[arg-type]
        for _, row in rows(DATA / FILE)
    ]


def keep_apart(found: Sequence[Predicted], release: str) -> None:
    """Add a cohort's figures to the file of the source tree; those of an older release go."""
    new = [
        LeftOut(one.target.name, one.target.cohort, one.target.value, one.median, one.low, one.high, release)
        for one in found
    ]
    cohorts = {one.cohort for one in new}
    old = [one for one in kept_apart() if one.release == release and one.cohort not in cohorts]
    file = Path(exodyn.__file__).parent / "evidence" / "data" / FILE
    with file.open("w", encoding="utf-8", newline="") as text:
        writer = csv.DictWriter(text, [field.name for field in fields(LeftOut)], lineterminator="\n")
        writer.writeheader()
        for one in [*old, *new]:
            cells = asdict(one)
            writer.writerow({k: f"{v:.4g}" if isinstance(v, float) else v for k, v in cells.items()})
