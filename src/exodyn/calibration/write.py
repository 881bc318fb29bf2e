"""Put fitted values into the parameter files of the source tree."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path

import exodyn

Fitted = Mapping[tuple[str, str], float]
"""(symbol, species as in the file) -> value."""


def write(
    fitted: Fitted, indication: str, ranges: Mapping[tuple[str, str], tuple[float, float]] | None = None
) -> None:
    """Put values into the lines of an indication and of all, four digits, nothing else changed.

    ranges: where about 90% of a value lie, for those whose low and high are fitted too.
    """
    folder = Path(exodyn.__file__).parent / "evidence" / "data" / "parameters"
    for file in sorted(folder.rglob("*.csv")):
        with file.open(encoding="utf-8", newline="") as text:
            lines = list(csv.DictReader(text))
        for line in lines:
            if (line["symbol"], line["species"]) in fitted and line["indication"] in ("any", indication):
                line["value"] = f"{fitted[line['symbol'], line['species']]:.4g}"
                if ranges and (line["symbol"], line["species"]) in ranges:
                    low, high = ranges[line["symbol"], line["species"]]
                    line["low"], line["high"] = f"{low:.3g}", f"{high:.3g}"
        with file.open("w", encoding="utf-8", newline="") as text:
            writer = csv.DictWriter(text, list(lines[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(lines)
