"""Posterior draws as data: what calibration left open of the parameters, kept with the command that made it.

A file holds a column a parameter, a row a draw, and a manifest: the release of the data (hash of the evidence
and version), the command, its seed, the records that it used, and the diagnostics. Names are those of the
model's parameters (``k_open``), or ``population.TRAIT.center`` and ``.spread`` for what a trait is spread
about. The package's own lie in ``data/draws/INDICATION_SPECIES.parquet``.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exodyn.errors import InputError
from exodyn.evidence.release import data_hash
from exodyn.evidence.table import DATA

Floats = NDArray[np.float64]

EXPLANATIONS = DATA / "draws" / "explanations.parquet"
MANIFEST = b"exodyn"
FORMAT = 1


@dataclass(frozen=True)
class Draws:
    """Draws by parameter, each float64[draws], in `units`; a row of all columns belongs together.

    manifest: JSON values; the keys of `stamp` and whatever the command adds.
    """

    indication: str
    species: str
    values: Mapping[str, Floats]
    units: Mapping[str, str]
    manifest: Mapping[str, Any]

    def __post_init__(self) -> None:
        sizes = {name: len(column) for name, column in self.values.items()}
        if len(set(sizes.values())) != 1 or not self.count:
            raise InputError(f"draws: expected a column a parameter, all as long, found {sizes}")
        for name, column in self.values.items():
            if not np.all(np.isfinite(column)):
                raise InputError(f"draws of '{name}': not a finite number")

    @property
    def count(self) -> int:
        """How many draws."""
        return len(next(iter(self.values.values()))) if self.values else 0

    def one(self, number: int) -> dict[str, float]:
        """The values of one draw by parameter; numbers beyond the last begin anew."""
        return {name: float(column[number % self.count]) for name, column in self.values.items()}

    @property
    def sha256(self) -> str:
        """Hash of the values, names and units."""
        total = hashlib.sha256()
        for name in sorted(self.values):
            total.update(f"{name}\0{self.units[name]}\0".encode() + self.values[name].tobytes())
        return total.hexdigest()

    def stale(self) -> str:
        """A sentence if the evidence has changed since these draws were made, else empty."""
        release = self.manifest.get("data_sha256", "")
        now = release_of(tuple(self.manifest.get("tables", ())), self.indication, self.species)
        if release == now:
            return ""
        made = self.manifest.get("exodyn", "an unknown version")
        return (
            f"the draws of {self.indication} ({self.species}) were made from an older release of the data "
            f"({str(release)[:12] or 'unknown'}, exodyn {made}) than this one ({now[:12]}): "
            f"make them again by {self.manifest.get('command', 'their command')}"
        )

    def to_bytes(self) -> bytes:
        """The file's content; the same draws give the same bytes."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        about = {
            "format": FORMAT,
            "indication": self.indication,
            "species": self.species,
            "units": dict(self.units),
            "manifest": dict(self.manifest),
        }
        table = pa.table({name: pa.array(column) for name, column in self.values.items()})
        table = table.replace_schema_metadata({MANIFEST: json.dumps(about, ensure_ascii=False)})
        buffer = io.BytesIO()
        pq.write_table(table, buffer, compression="zstd")
        return buffer.getvalue()

    def save(self, path: str | Path) -> None:
        """Write the file."""
        Path(path).write_bytes(self.to_bytes())

    @staticmethod
    def load(path: str | Path) -> Draws:
        """Read a file that `save` wrote. Raises InputError for any other."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        try:
            data = Path(path).read_bytes()
        except OSError as error:
            raise InputError(f"{path}: cannot be read: {(error.strerror or str(error)).lower()}") from None
        try:
            table = pq.read_table(io.BytesIO(data))
            about = json.loads(table.schema.metadata[MANIFEST])
            values = {name: table.column(name).to_numpy().astype(np.float64) for name in table.column_names}
            units = {name: str(about["units"][name]) for name in values}
            return Draws(about["indication"], about["species"], values, units, about["manifest"])
        except (pa.ArrowException, KeyError, TypeError, ValueError):
            raise InputError(f"{path}: no posterior draws as `exodyn fit` writes them") from None


def release_of(tables: tuple[str, ...], indication: str, species: str) -> str:
    """The release of the data that draws of a calibration rest on; of all data where they name no tables."""
    return data_hash(tables, species, indication) if tables else data_hash()


def stamp(
    command: str, seed: int, version: str, tables: tuple[str, ...] = (), owner: tuple[str, str] = ("", "")
) -> dict[str, Any]:
    """What every manifest of draws holds: command, seed, exodyn's version and the release of the data.

    tables: those that the draws rest on, such as ``parameters/survival.csv``; all where none is named.
    owner: (indication, species) that they are draws of, where tables are named.
    """
    release = {"tables": list(tables), "data_sha256": release_of(tables, *owner)}
    return {"command": command, "seed": seed, "exodyn": version, **release}


@cache
def draws_of(indication: str, species: str) -> Draws | None:
    """The package's own draws of an indication, None where nothing has been calibrated."""
    file = DATA / "draws" / f"{indication}_{species}.parquet"
    return Draws.load(Path(str(file))) if file.is_file() else None


@cache
def explanations() -> Draws:
    """Draws of how vesicles act, one explanation in each; they hold for every indication and species."""
    return Draws.load(Path(str(EXPLANATIONS)))
