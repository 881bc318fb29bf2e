"""The measurement as tables for people."""

from __future__ import annotations

from typing import Any

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

FILE_WIDTH = 110


def show(result: dict[str, Any]) -> None:
    """Print rows, ratios, the agreement of the reference and the host."""
    console = Console()
    if not console.is_terminal:
        console.width = FILE_WIDTH
    table = Table(title="CPU time per patient, matched on the error of the median patient", box=SIMPLE)
    for name in ("problem", "engine", "threads", "error", "worst", "µs", "range"):
        table.add_column(name, justify="left" if name in ("problem", "engine") else "right")
    for row in result["rows"]:
        table.add_row(
            row["problem"],
            row["engine"],
            str(row["threads"]),
            _number(row["achieved_error"]),
            _number(row.get("worst_error")),
            _number(row["us_per_patient"]),
            "-".join(map(_number, row["range"])),
        )
    console.print(table)
    table = Table(title="Ratios (docs/benchmarks.md says what each means)", box=SIMPLE)
    for name in ("ratio", "median", "range"):
        table.add_column(name, justify="left" if name == "ratio" else "right")
    for name, value in result["ratios"].items():
        table.add_row(name, _number(value), "-".join(map(_number, result["ranges"][name])))
    console.print(table)
    for other in result["reference"]["others"]:
        console.print(
            f"Reference and {other['engine']}: {_number(other['largest_error'])} "
            f"at most, {other['patients']} patients."
        )
    if result["missing"]:
        console.print(f"Not installed and left out: {', '.join(result['missing'])}.")
    host = result["host"]
    console.print(
        f"{host['processor']} ({host['cpu']}), vectors of {host['vector_bits']} bits, "
        f"load {_number(host['load']['before'])} before and {_number(host['load']['after'])} after."
    )


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:.3g}" if abs(value) < 100 else f"{value:.0f}"
