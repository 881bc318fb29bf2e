"""Times of day and dates of an event table, as NONMEM reads them: hours since each subject's first row.

TIME as 8:30 or 8:30:15, or with its date (2024-03-01 8:30). Beside it a column with the date or the number of
the day: DATE (month, day, year), DAT1 (day, month, year), DAT2 (year, month, day), DAT3 (year, day, month).
A date that begins with four digits is read as year, month, day (in DAT3 as year, day, month).
"""

from __future__ import annotations

import re
from datetime import date

from exodyn.errors import InputError
from exodyn.inference.mixed.rows import NUMBER, Rows

ORDER = {"DATE": "mdy", "DAT1": "dmy", "DAT2": "ymd", "DAT3": "ydm"}
OF_DAY = re.compile(r"(\d{1,2}):(\d\d)(?::(\d\d(?:\.\d+)?))?")
DATE = re.compile(r"(\d+)[-/.](\d+)[-/.](\d+)")
CENTURY = 50
"""Years of two digits below this are of the 2000s, the others of the 1900s (NONMEM's default)."""


class Clock:
    """Whether a table has times of day or dates, and what they are in hours."""

    def __init__(self, rows: Rows) -> None:
        self.rows = rows
        columns = [name for name in ORDER if name in rows.names]
        if len(columns) > 1:
            raise InputError(f"{rows.file}, line 1: columns {' and '.join(columns)}: expected one with dates")
        self.column = columns[0] if columns else None
        self.used = bool(columns) or any(":" in text or DATE.match(text) for text in rows.cells["TIME"])

    def hours(self, row: int) -> float:
        """Hours since some day that all rows share. Raises InputError for what is no time."""
        text = self.rows.cells["TIME"][row]
        day = 0 if self.column is None else self._day(row, self.column, self.rows.cells[self.column][row])
        dated = re.fullmatch(r"(\d+[-/.]\d+[-/.]\d+)(?:[T ]+(.*))?", text)
        if dated is not None:
            if self.column is not None:
                self.rows.complain(row, "TIME", f"'{text}' holds a date, and column {self.column} too")
            day, text = self._day(row, "TIME", dated[1]), dated[2] or "0:00"
        return 24.0 * day + self._of_day(row, text)

    def _of_day(self, row: int, text: str) -> float:
        found = OF_DAY.fullmatch(text)
        if found is None:
            if NUMBER.fullmatch(text):
                return float(text)
            self.rows.complain(row, "TIME", f"'{text}', expected a time of day such as 8:30, or hours")
        hour, minute, second = int(found[1]), int(found[2]), float(found[3] or 0)
        if hour > 24 or minute > 59 or second >= 60:
            self.rows.complain(row, "TIME", f"'{text}' is no time of day")
        return hour + minute / 60 + second / 3600

    def _day(self, row: int, column: str, text: str) -> int:
        if re.fullmatch(r"-?\d{1,6}", text):
            return int(text)
        found = DATE.fullmatch(text)
        if found is None:
            self.rows.complain(
                row, column, f"'{text}', expected a date such as 2024-03-01, or a whole number"
            )
        iso = len(found[1]) == 4
        if not iso and column == "TIME":
            self.rows.complain(row, column, f"'{text}', expected the year first: 2024-03-01 8:30")
        order = "ymd" if iso and column != "DAT3" else ORDER[column]
        parts = dict(zip(order, (found[1], found[2], found[3]), strict=True))
        year = int(parts["y"])
        if len(parts["y"]) <= 2:
            year += 2000 if year < CENTURY else 1900
        try:
            return date(year, int(parts["m"]), int(parts["d"])).toordinal()
        except ValueError as error:
            self.rows.complain(row, column, f"'{text}': {error} (read as {'/'.join(order)})")
