"""The result of a study: the summary, the tables behind it, and what made it.

A result lies in memory or in a run directory, which is read when asked:

    manifest.json    inputs, versions, seed, hashes, timings
    study.toml       the study file as it was run
    summary.csv      the summary table (`exodyn.study.summary`)
    amounts.csv, kinetics.csv, folds.csv     where particles were (`exodyn.study.exposure`), if any were given
    counts.parquet   patients by scale, arm, visit and step: all that the summary is made of
    by_draw.parquet  sums by posterior draw, where there are draws: how far means move with the parameters
    failures.csv     patients whose integration failed, by arm, time and cause
    patients/, readouts/       traits; readouts and scales at the visits (unless the summary alone is kept)
    trajectories/              whole courses, of all patients or of the first few
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from exodyn.errors import InputError, nearest
from exodyn.study import by_draw
from exodyn.study.by_draw import DrawSums
from exodyn.study.ensemble import SAMPLE, Chunk, Failure
from exodyn.study.exposure import ROLES, Exposure, exposures, tables
from exodyn.study.layout import Layout
from exodyn.study.stored import (
    BY_DRAW,
    TABLES,
    below,
    csv_text,
    parquet,
    read_failures,
    read_manifest,
    read_parquet,
    stored_in,
)
from exodyn.study.summary import COLUMNS, Row, summary
from exodyn.study.tally import ScaleTally, from_table, to_table
from exodyn.symbolic.units import factor

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa
    import xarray as xr
    from matplotlib.figure import Figure


Added = TypeVar("Added", ScaleTally, DrawSums)


@dataclass(frozen=True)
class ScaleResult:
    """One scale of a result."""

    name: str
    tally: ScaleTally
    rows: tuple[Row, ...]
    layout: Layout

    def summary(self) -> pd.DataFrame:
        """The rows of the summary table for this scale; the columns are those of `summary.COLUMNS`."""
        import pandas as pd

        return pd.DataFrame(self.rows)

    def distribution(self, quantity: str = "value") -> pd.DataFrame:
        """Patients by arm, visit and value; quantity: "value", "change" or "difference" (to control)."""
        table: pd.DataFrame = to_table(
            {self.name: self.tally}, self.layout.arms, self.layout.visits
        ).to_pandas()
        chosen = table[table["quantity"] == quantity]
        return chosen[["arm", "visit_d", "value", "patients"]].reset_index(drop=True)


@dataclass(frozen=True)
class Result:
    """Summary, tables, failures and manifest of one run."""

    manifest: Mapping[str, Any]
    layout: Layout
    tallies: Mapping[str, ScaleTally]
    by_draw: Mapping[str, DrawSums]
    failures: tuple[Failure, ...]
    stored: Mapping[str, Callable[[int | None], pa.Table]]

    @classmethod
    def load(cls, directory: str | Path) -> Result:
        """Read a run directory. Raises InputError if it is none, or of a format that cannot be read."""
        path = Path(directory)
        manifest = read_manifest(path)
        try:
            layout = Layout.from_json(manifest["layout"])
            counts = read_parquet(path / "counts.parquet")
            tallies = from_table(counts, layout.grids, layout.arms, layout.visits)
            sums = _read_sums(path, layout)
            failures = read_failures(path / "failures.csv")
        except (FileNotFoundError, ValueError, LookupError, TypeError) as error:
            way = f"run {path / 'study.toml'} again"
            raise InputError(f"{path}: damaged, missing or unreadable is {error}; {way}") from None
        return cls(manifest, layout, tallies, sums, failures, stored_in(path))

    @cached_property
    def summary(self) -> tuple[Row, ...]:
        """The summary table's rows."""
        layout = self.layout
        return tuple(
            summary(self.tallies, self.by_draw, layout.units, layout.arms, layout.visits, layout.control)
        )

    def scale(self, name: str) -> ScaleResult:
        """One scale, such as "NIHSS". Raises InputError for another name."""
        if name not in self.tallies:
            raise InputError(f"no scale '{name}' in this result{nearest(name, self.tallies)}")
        rows = tuple(row for row in self.summary if row["scale"] == name)
        return ScaleResult(name, self.tallies[name], rows, self.layout)

    def table(self, name: str) -> pa.Table:
        """A stored table: "patients", "readouts" or "trajectories". Raises InputError if it was not kept."""
        if name not in self.stored:
            kept = ", ".join(self.stored)
            raise InputError(f"this run kept no {name}; it kept {kept}")
        return self.stored[name](None)

    @cached_property
    def sample(self) -> pd.DataFrame:
        """Whole courses of the first patients, which every run keeps: arm, patient, time (d), readouts."""
        frame: pd.DataFrame = self.stored["trajectories"](SAMPLE).to_pandas()
        return frame

    @cached_property
    def exposures(self) -> tuple[Exposure, ...]:
        """Where the particles of each treated arm were."""
        return exposures(self)

    @cached_property
    def stoichiometry(self) -> dict[str, dict[str, float]]:
        """By arm and role, medians over the patients of `sample`.

        particles given, particles that reached the lesion, cargo copies per target cell at their most, and
        copies that such a cell has of its own.
        """
        largest = self.sample.groupby(["arm", "patient"], observed=True).max()
        medians = largest.groupby("arm", observed=True).median()
        scaled = {
            role: medians[name] * factor(self.layout.readouts[name], ROLES[role])
            for role, name in self.layout.stoichiometry.items()
        }
        return {
            arm: {role: float(column[arm]) for role, column in scaled.items()} for arm in self.layout.arms
        }

    def to_xarray(self, table: str = "readouts") -> xr.Dataset:
        """Readouts at the visits, or "trajectories", with dims arm, patient and time; units in attrs."""
        import xarray as xr

        content = self.table(table)
        frame = content.drop_columns(["arm", "patient", "time"])
        arms, patients, times = (
            content.column(name).unique().to_pylist() for name in ("arm", "patient", "time")
        )
        times = sorted(times)
        order = _order(content, arms, patients, times)
        shape = len(arms), len(patients), len(times)
        variables = {
            field.name: (
                ("arm", "patient", "time"),
                frame.column(field.name).to_numpy()[order].reshape(shape),
                {"units": (field.metadata or {}).get(b"unit", b"").decode()},
            )
            for field in frame.schema
        }
        return xr.Dataset(
            variables,
            coords={"arm": arms, "patient": patients, "time": ("time", times, {"units": "d"})},
            attrs={
                "title": self.manifest["title"],
                "notice": self.manifest["notice"],
                "identity_sha256": self.manifest["identity_sha256"],
            },
        )

    def plot(self, name: str) -> Figure:
        """A figure of one scale (mean by arm and visit) or of one readout (median course and 90% band)."""
        from exodyn.study import figures

        return figures.scale(self, name) if name in self.tallies else figures.course(self, name)

    def files(self) -> dict[str, bytes]:
        """What a run directory holds beside the tables, by file name."""
        return {
            "counts.parquet": parquet(to_table(self.tallies, self.layout.arms, self.layout.visits)),
            **self._sums(),
            "summary.csv": csv_text(list(COLUMNS), self.summary),
            "failures.csv": csv_text(
                ["patient", "arm", "time_d", "cause"],
                [
                    {"patient": one.patient, "arm": one.arm, "time_d": one.time, "cause": one.cause}
                    for one in self.failures
                ],
            ),
            **{
                name: csv_text(list(dict.fromkeys(key for row in rows for key in row)), rows)
                for name, rows in tables(self.exposures).items()
            },
            "study.toml": self.manifest["study_file"].encode(),
            "manifest.json": json.dumps(self.manifest, indent=1, ensure_ascii=False).encode(),
        }

    def _sums(self) -> dict[str, bytes]:
        if not self.by_draw:
            return {}
        return {BY_DRAW: parquet(by_draw.to_table(self.by_draw, self.layout.arms, self.layout.visits))}

    def save(self, directory: str | Path) -> Path:
        """Write a run directory, which appears when it is whole. Raises InputError if it exists."""
        from exodyn.study.directory import PartialDirectory

        with PartialDirectory(Path(directory), self.manifest["identity"]) as unfinished:
            for name in self.stored:
                unfinished.write(f"{name}/000000000.parquet", parquet(self.table(name)))
            for name, data in self.files().items():
                unfinished.write(name, data)
            unfinished.complete()
        return unfinished.target


def _read_sums(directory: Path, layout: Layout) -> dict[str, DrawSums]:
    if not layout.draws:
        return {}
    table = read_parquet(directory / BY_DRAW)
    return by_draw.from_table(table, layout.grids, layout.draws, layout.arms, layout.visits)


def of_chunks(manifest: dict[str, Any], layout: Layout, chunks: Sequence[Chunk]) -> Result:
    """The result that chunks add up to, held in memory."""
    import pyarrow as pa

    tables = {
        name: pa.concat_tables([chunk.tables[name] for chunk in chunks if name in chunk.tables])
        for name in TABLES
        if any(name in chunk.tables for chunk in chunks)
    }
    return Result(
        manifest,
        layout,
        add_up([chunk.tallies for chunk in chunks]),
        add_up([chunk.by_draw for chunk in chunks]),
        tuple(failure for chunk in chunks for failure in chunk.failures),
        {name: partial(below, table) for name, table in tables.items()},
    )


def add_up(tallies: Iterable[Mapping[str, Added]]) -> dict[str, Added]:
    """Tallies, or sums by draw, of all chunks in one."""
    total: dict[str, Added] = {}
    for one in tallies:
        for name, counts in one.items():
            total[name] = total[name] + counts if name in total else counts
    return total


def _order(content: pa.Table, arms: list[str], patients: list[int], times: list[float]) -> Any:
    """Positions of the rows sorted by arm (as listed), patient and time."""
    import numpy as np

    names = content.column("arm").cast("string").to_numpy()
    arm = np.select([names == name for name in arms], range(len(arms)))
    return np.lexsort((content.column("time").to_numpy(), content.column("patient").to_numpy(), arm))
