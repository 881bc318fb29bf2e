"""A fit of a study to data: what is fitted, and what came out."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exodyn import __version__
from exodyn.errors import InputError
from exodyn.evidence import Draws, data_hash, stamp
from exodyn.inference.identifiability import Identifiability
from exodyn.inference.optimise import Optima
from exodyn.inference.parameters import Free
from exodyn.inference.profile import Profile
from exodyn.inference.sample import InferenceData, convergence
from exodyn.inference.study.data import Data
from exodyn.inference.study.objective import StudyLikelihood
from exodyn.inference.study.settings import Settings, settings_of
from exodyn.inference.study.table import read
from exodyn.study import Study
from exodyn.study.document import Document
from exodyn.study.document import read as read_document
from exodyn.study.reading import study_of

Floats = NDArray[np.float64]

KEPT_DRAWS = 500
"""Draws that draws.parquet holds: as many as a study's bands need."""


@dataclass(frozen=True)
class Problem:
    """What is fitted: the study file and the data, read and checked."""

    source: Document
    study: Study
    data: Data
    settings: Settings
    data_file: bytes

    @staticmethod
    def load(study: str | Path, data: str | Path) -> Problem:
        """Read both files. Raises InputError with file, line and key or column."""
        from exodyn.indications import get_indication

        source = read_document(study)
        found = study_of(source, get_indication)
        measured = read(data, found)
        return Problem(source, found, measured, settings_of(source, found, measured), Path(data).read_bytes())

    def with_(self, starts: int | None, draws: int | None) -> Problem:
        """The problem with another number of searches or of draws a chain. Raises InputError."""
        starts = self.settings.starts if starts is None else starts
        draws = self.settings.draws if draws is None else draws
        for name, number in (("starts", starts), ("draws", draws)):
            if number < 1:
                raise InputError(f"{name}: {number}, expected 1 or more")
        settings = dataclasses.replace(self.settings, starts=starts, draws=draws)
        return dataclasses.replace(self, settings=settings)

    def identity(self, seed: int) -> dict[str, Any]:
        """All that decides the result, as JSON values."""
        import hashlib

        return {
            "exodyn": __version__,
            "data_sha256": data_hash(),
            "study_file": self.source.text,
            "measurements_sha256": hashlib.sha256(self.data_file).hexdigest(),
            "seed": seed,
            "starts": self.settings.starts,
            "draws": self.settings.draws,
        }


@dataclass(frozen=True)
class Fit:
    """What came out. draws: arviz.InferenceData; report: what can be told apart."""

    problem: Problem
    likelihood: StudyLikelihood
    optima: Optima
    profiles: Mapping[str, Profile]
    draws: InferenceData
    report: Identifiability
    seed: int
    command: str

    @property
    def remarks(self) -> tuple[str, ...]:
        """What a reader must be told beside the numbers."""
        found = list(self.problem.data.remarks)
        free = self.problem.settings.free
        if self.problem.data.count < len(free):
            found.append(
                f"{self.problem.data.count} values for {len(free)} parameters: priors decide much of it"
            )
        bounds = self.optima.at_bounds()
        if bounds:
            found.append(f"the best {', '.join(bounds)} lies at a bound")
        if self.optima.agreeing < 2 <= len(self.optima.runs):
            found.append(
                "no second search reached the best optimum: use more starts, there may be a better one"
            )
        refused = self.likelihood.refused
        if refused:
            found.append(
                "the likelihood could not be computed at some parameters: " + ", ".join(sorted(refused))
            )
        return tuple(found)

    def table(self) -> list[dict[str, Any]]:
        """A row a parameter."""
        told = convergence(self.draws)
        best = self.optima.values
        rows = []
        for one in self.problem.settings.free:
            drawn = np.asarray(self.draws.posterior[one.name]).ravel()
            low, median, high = np.quantile(drawn, [0.05, 0.5, 0.95])
            rows.append(
                {
                    "name": one.name,
                    "unit": one.unit,
                    "best": best[one.name],
                    "mean": float(drawn.mean()),
                    "sd": float(drawn.std(ddof=1)),
                    "median": float(median),
                    "lo90": float(low),
                    "hi90": float(high),
                    **told[one.name],
                    "verdict": self.report.verdicts[one.name],
                    "prior": prior_in_words(one),
                    "meaning": one.meaning,
                }
            )
        return rows

    def kept(self) -> Draws:
        """Draws for studies: those of model and population, thinned."""
        estimated = self.problem.settings.estimated
        columns = {one.name: np.asarray(self.draws.posterior[one.name]).ravel() for one in estimated}
        size = len(next(iter(columns.values())))
        chosen = np.unique(np.linspace(0, size - 1, min(size, KEPT_DRAWS)).astype(int))
        manifest = stamp(self.command, self.seed, __version__) | {
            "measurements": self.problem.data.path,
            "convergence": convergence(self.draws),
        }
        return Draws(
            self.problem.study.indication.name,
            self.problem.study.species,
            {name: column[chosen] for name, column in columns.items()},
            {one.name: one.unit for one in estimated},
            manifest,
        )


def prior_in_words(one: Free) -> str:
    """What was known of a parameter, in words."""
    if one.prior is None:
        return f"flat on the {one.scale} scale, {one.lower:.3g} to {one.upper:.3g}"
    low, high = (one.prior.quantile(p) for p in (0.05, 0.95))
    source = f" ({one.prior.source})" if one.prior.source else ""
    return f"{one.prior.kind}, 90% from {low:.3g} to {high:.3g}{source}"
