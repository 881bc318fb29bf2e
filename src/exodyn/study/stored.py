"""Files of a run directory: manifest, Parquet and CSV tables, read and written."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from exodyn.errors import InputError
from exodyn.study.ensemble import Failure
from exodyn.study.manifest import FORMAT

if TYPE_CHECKING:
    import pyarrow as pa

BY_DRAW = "by_draw.parquet"
TABLES = ("patients", "readouts", "trajectories")


def read_manifest(path: Path) -> dict[str, Any]:
    """The manifest of a run directory. Raises InputError with the way out."""
    if not path.exists():
        raise InputError(f"{path}: no such run directory")
    file = path / "manifest.json"
    if not file.is_file():
        unfinished = f"; {path} holds an unfinished run" if path.name.endswith(".partial") else ""
        raise InputError(f"{path}: is no run directory (no manifest.json){unfinished}")
    try:
        manifest: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        found = int(manifest["format"])
    except (ValueError, KeyError, TypeError):
        raise InputError(f"{file}: damaged, or not written by exodyn; run the study again") from None
    if found != FORMAT:
        wrote = manifest.get("identity", {}).get("exodyn", "an unknown version")
        way = (
            "install a newer exodyn"
            if found > FORMAT
            else f"run {path / 'study.toml'} again, or use exodyn {wrote}"
        )
        raise InputError(f"{path}: run directory of format {found}, this exodyn reads {FORMAT}; {way}")
    return manifest


def read_failures(path: Path) -> tuple[Failure, ...]:
    """The failures in a CSV file that `csv_text` wrote."""
    with path.open(newline="", encoding="utf-8") as file:
        return tuple(
            Failure(int(row["patient"]), row["arm"], float(row["time_d"]), row["cause"])
            for row in csv.DictReader(file)
        )


def parquet(table: pa.Table) -> bytes:
    """A table as the bytes of a Parquet file; the same table gives the same bytes."""
    import pyarrow.parquet as pq

    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression="zstd")
    return buffer.getvalue()


def read_parquet(path: Path) -> pa.Table:
    """The table in a Parquet file."""
    import pyarrow.parquet as pq

    return pq.read_table(path)


def stored_in(directory: Path) -> dict[str, Callable[[int | None], pa.Table]]:
    """The tables of a run directory, each read when called, whole or for patients below a number."""
    return {name: partial(_read_folder, directory / name) for name in TABLES if (directory / name).is_dir()}


def _read_folder(folder: Path, patient: int | None) -> pa.Table:
    import pyarrow as pa

    files = sorted(folder.glob("*.parquet"))
    if patient is not None:
        files = [file for file in files if int(file.stem) < patient]
    return below(pa.concat_tables([read_parquet(file) for file in files]), patient)


def below(table: pa.Table, patient: int | None) -> pa.Table:
    """The rows of patients with a lower number; all of them for None."""
    import pyarrow.compute as pc

    return table if patient is None else table.filter(pc.field("patient") < patient)


def csv_text(columns: list[str], rows: Iterable[Mapping[str, Any]]) -> bytes:
    """A table as the bytes of a CSV file."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()
