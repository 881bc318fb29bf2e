"""Files of our own in a program's layout, for formats whose real samples have no licence."""

from __future__ import annotations

import csv
import io
import math

CAPTURES = ("A 10-00-01", "A 10-01-02", "A 10-02-03")


def rows_as_text(rows: list[list[str]], delimiter: str = ",", line_end: str = "\n") -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator=line_end).writerows(rows)
    return out.getvalue()


def nanosight_rows(dilution: str = "Not recorded", bins: int = 200) -> list[list[str]]:
    """An experiment summary of three captures with counts of a bell around 100 nm."""
    bell = [round(1e6 * math.exp(-(((i + 0.5 - 100) / 25) ** 2))) for i in range(bins)]
    table = [
        [f"{i + 0.5}", *(f"{count * k}" for k in (1, 2, 3)), f"{2 * count}", "0", ""]
        for i, count in enumerate(bell)
    ]
    total = sum(bell)
    concentrations = [f"{total * k:.3g}" for k in (1, 2, 3)]
    unit = "Concentration (particles / ml)"
    return [
        ["NTA Experiment Summary File", ""],
        ["Created with NTA 3.4 Build 3.4.003", ""],
        ["[Experiment Details]", "", ""],
        ["Sample Description", "A", ""],
        ["Filename:", *CAPTURES, ""],
        ["[Conditions]", "", "", "", ""],
        ["Temperature/C", "25.0", "25.1", "25.2", ""],
        ["[Results]", "", "", "", "Average", "Standard Error", ""],
        ["Dilution factor (concentrations adjusted for this factor)", *[dilution] * 3, "", "", ""],
        ["Concentration (Particles / ml)", *concentrations, concentrations[1], "0", ""],
        ["Completed tracks", "900", "1800", "2700", "", "", ""],
        ["[Concentration Warnings]"],
        ["Validity of concentration measurement", "OK", "OK", "Unreliable", ""],
        ["[Size Data]", "", ""],
        ["Weighting", "Number", ""],
        ["Mean", "100.0", "100.0", "100.0", "100.0", "0.0", ""],
        ["Valid Tracks", "900", "1800", "2700", "", "", ""],
        ["Graph Data", ""],
        ["Bin centre (nm)", unit, unit, unit, "Concentration average", "Standard Error", ""],
        *table,
        [""],
        ["Percentile", "Size (nm)", "Size (nm)", "Size (nm)", ""],
        ["0", "20.0", "20.0", "20.0", ""],
    ]
