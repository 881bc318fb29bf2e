"""Fit a study to data: the optimum, what can be told apart, the posterior; each stage kept when interrupted.

The directory that appears holds

    parameters.csv      best value, posterior mean, sd, quantiles, R-hat and effective draws, prior, verdict
    posterior.nc        all draws, with sampler statistics (ArviZ reads it: arviz.from_netcdf)
    draws.parquet       draws for studies: [uncertainty] draws = "DIR/draws.parquet"
    optima.csv          every search, in order: the waterfall
    profiles.csv        the profile of each parameter
    identifiability.txt what the data can tell apart, in words
    figures/, report.html, study.toml, data.csv, manifest.json
"""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import math
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exodyn import __version__
from exodyn.errors import InputError, MachineError
from exodyn.evidence import Draws, data_hash, stamp
from exodyn.inference.identifiability import Identifiability, identifiability
from exodyn.inference.objective import Posterior
from exodyn.inference.optimise import Optima, Optimum, multistart
from exodyn.inference.parameters import Free
from exodyn.inference.profile import Profile, profiles
from exodyn.inference.sample import InferenceData, Unconverged, convergence, library, sample
from exodyn.inference.study.data import Data
from exodyn.inference.study.objective import StudyLikelihood, posterior
from exodyn.inference.study.settings import Settings, settings_of
from exodyn.inference.study.table import read
from exodyn.study import Study
from exodyn.study.directory import CHUNKS, PartialDirectory
from exodyn.study.document import Document
from exodyn.study.document import read as read_document
from exodyn.study.reading import study_of

Floats = NDArray[np.float64]
Progress = Callable[[str, int, int], None]
"""Told the stage in words, how much of it is done, and of how much."""
Write = Callable[[str, bytes], None]

KEPT_DRAWS = 500
"""Draws that draws.parquet holds: as many as a study's bands need."""

NOTICE = "A model fitted for research use only; not medical advice."


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


def run_into(
    problem: Problem,
    target: Path,
    seed: int,
    command: str,
    threads: int = 1,
    progress: Progress = lambda stage, done, of: None,
    finish: Callable[[Fit, Write], None] = lambda fit, write: None,
) -> Fit:
    """Fit into a directory, going on from the stages that an interrupted fit of the same inputs left.

    finish: called with the fit and a function that adds a file, before the directory appears.
    Raises InputError; MachineError if the posterior does not converge, with what cannot be told apart.
    """
    progress("compiling the model", 0, 1)
    objective, likelihood = posterior(problem.study, problem.data, problem.settings)
    with PartialDirectory(target, problem.identity(seed)) as partial:
        fit = _stages(problem, objective, likelihood, partial, seed, command, threads, progress)
        progress("figures and page", 0, 1)
        for name, data in _files(fit).items():
            partial.write(name, data)
        finish(fit, partial.write)
        partial.complete()
    return fit


def _stages(
    problem: Problem,
    objective: Posterior,
    likelihood: StudyLikelihood,
    partial: PartialDirectory,
    seed: int,
    command: str,
    threads: int,
    progress: Progress,
) -> Fit:
    settings, free = problem.settings, problem.settings.free
    done = partial.finished()
    if 0 not in done:
        starts = settings.starts
        optima = multistart(
            objective, starts, seed, threads, lambda n: progress("searches for the optimum", n, starts)
        )
        _keep(partial, 0, [_optimum_as_json(one) for one in optima.runs])
    optima = Optima(free, tuple(_optimum_of_json(one) for one in _kept(partial, 0)))
    if 1 not in done:
        found = profiles(
            objective, optima, threads=threads, progress=lambda n: progress("profiles", n, len(free))
        )
        _keep(partial, 1, {name: _profile_as_json(one) for name, one in found.items()})
    by_name = {one.name: one for one in free}
    its_profiles = {name: _profile_of_json(by_name[name], one) for name, one in _kept(partial, 1).items()}
    draws = _draws(problem, objective, optima, its_profiles, partial, seed, threads, progress)
    report = identifiability(objective, optima.best.x, its_profiles, draws)
    return Fit(problem, likelihood, optima, its_profiles, draws, report, seed, command)


def _draws(
    problem: Problem,
    objective: Posterior,
    optima: Optima,
    its_profiles: Mapping[str, Profile],
    partial: PartialDirectory,
    seed: int,
    threads: int,
    progress: Progress,
) -> InferenceData:
    """The posterior, from the interrupted fit if it got so far."""
    settings = problem.settings
    kept = partial.path / CHUNKS / "posterior.nc"
    if 2 in partial.finished():
        return read_draws(kept)
    try:
        draws = sample(
            objective,
            settings.draws,
            settings.chains,
            seed,
            warmup=settings.warmup,
            threads=threads,
            start=optima.best.x,
            progress=lambda n, of: progress("draws", n, of),
        )
    except Unconverged as error:
        words = identifiability(objective, optima.best.x, its_profiles).lines
        shutil.rmtree(partial.path / CHUNKS)  # the same fit would fail again, another one may begin
        raise MachineError(f"{error}. What the data can tell apart: {'; '.join(words)}. {WAY_OUT}") from None
    partial.write(f"{CHUNKS}/{kept.name}", netcdf(draws))
    _keep(partial, 2, {})
    return draws


WAY_OUT = "Estimate fewer parameters, give narrower priors, or raise draws and warmup in [fit]"


def prior_in_words(one: Free) -> str:
    """What was known of a parameter, in words."""
    if one.prior is None:
        return f"flat on the {one.scale} scale, {one.lower:.3g} to {one.upper:.3g}"
    low, high = (one.prior.quantile(p) for p in (0.05, 0.95))
    source = f" ({one.prior.source})" if one.prior.source else ""
    return f"{one.prior.kind}, 90% from {low:.3g} to {high:.3g}{source}"


def _keep(partial: PartialDirectory, stage: int, content: Any) -> None:
    partial.write(f"{CHUNKS}/{stage:09d}.json", json.dumps(content).encode())


def _kept(partial: PartialDirectory, stage: int) -> Any:
    return json.loads((partial.path / CHUNKS / f"{stage:09d}.json").read_text(encoding="utf-8"))


def _optimum_as_json(one: Optimum) -> dict[str, Any]:
    return {
        name: value.tolist() if isinstance(value, np.ndarray) else value for name, value in vars(one).items()
    }


def _optimum_of_json(one: Mapping[str, Any]) -> Optimum:
    arrays = {name: np.array(one[name]) for name in ("start", "x", "gradient")}
    return Optimum(**{**one, **arrays})


def _profile_as_json(one: Profile) -> dict[str, Any]:
    return {
        name: value.tolist() if isinstance(value, np.ndarray) else value
        for name, value in vars(one).items()
        if name != "free"
    }


def _profile_of_json(free: Free, one: Mapping[str, Any]) -> Profile:
    arrays = {name: np.array(one[name]) for name in ("x", "drop", "others")}
    return Profile(free, **{**one, **arrays})


def _files(fit: Fit) -> dict[str, bytes]:
    """Tables and draws, by file name."""
    rows = fit.table()
    optima = [
        {
            "place": place,
            "log_density": one.log_density,
            "below_best": fit.optima.best.log_density - one.log_density,
            "converged": one.converged,
            "ended": one.message,
            **dict(
                zip(
                    (f.name for f in fit.optima.free),
                    (f.value(x) for f, x in zip(fit.optima.free, one.x, strict=True)),
                    strict=True,
                )
            ),
        }
        for place, one in enumerate(fit.optima.runs, 1)
    ]
    points = [
        {"parameter": name, "value": value, "drop": drop}
        for name, one in fit.profiles.items()
        for value, drop in zip(one.values.tolist(), one.drop.tolist(), strict=True)
    ]
    manifest = {
        "notice": NOTICE,
        "title": fit.problem.study.title,
        "identity": fit.problem.identity(fit.seed),
        **stamp(fit.command, fit.seed, __version__),
        "measurements": fit.problem.data.path,
        "values": fit.problem.data.count,
        "remarks": list(fit.remarks),
        "log_density": fit.optima.best.log_density,
        "searches": len(fit.optima.runs),
        "agreeing": fit.optima.agreeing,
    }
    return {
        "parameters.csv": _csv(rows),
        "optima.csv": _csv(optima),
        "profiles.csv": _csv(points),
        "identifiability.txt": ("\n".join(fit.report.lines) + "\n").encode(),
        "posterior.nc": netcdf(fit.draws),
        "draws.parquet": fit.kept().to_bytes(),
        "study.toml": fit.problem.source.text.encode(),
        "data.csv": fit.problem.data_file,
        "manifest.json": json.dumps(manifest, indent=1, ensure_ascii=False).encode(),
    }


def netcdf(draws: InferenceData) -> bytes:
    """Draws as the bytes of a netCDF file that ArviZ reads, with the release of the data but no time."""
    import tempfile

    for group in draws.groups():
        draws[group].attrs = {"exodyn": __version__, "data_sha256": data_hash()}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "posterior.nc"
        draws.to_netcdf(str(path))
        return path.read_bytes()


def read_draws(path: Path) -> InferenceData:
    """All draws that a fit kept, as arviz.InferenceData."""
    arviz = library()
    with arviz.rc_context({"data.load": "eager"}):
        return arviz.from_netcdf(str(path))


def _csv(rows: list[dict[str, Any]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(rows[0]) if rows else [], lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow(
            {k: "" if isinstance(v, float) and not math.isfinite(v) else v for k, v in row.items()}
        )
    return text.getvalue().encode()


def _cell(value: Any) -> Any:
    """What is no finite number is an empty cell."""
    return "" if isinstance(value, float) and not math.isfinite(value) else value
