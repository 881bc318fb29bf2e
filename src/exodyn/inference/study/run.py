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

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from exodyn.errors import MachineError
from exodyn.inference.identifiability import identifiability
from exodyn.inference.objective import Posterior
from exodyn.inference.optimise import Optima, multistart
from exodyn.inference.profile import Profile, profiles
from exodyn.inference.sample import InferenceData, Unconverged, sample
from exodyn.inference.study.fit import Fit, Problem
from exodyn.inference.study.kept import (
    keep,
    kept,
    netcdf,
    optimum_as_json,
    optimum_of_json,
    profile_as_json,
    profile_of_json,
    read_draws,
)
from exodyn.inference.study.objective import StudyLikelihood, posterior
from exodyn.inference.study.output import files
from exodyn.study.directory import CHUNKS, PartialDirectory

Progress = Callable[[str, int, int], None]
"""Told the stage in words, how much of it is done, and of how much."""
Write = Callable[[str, bytes], None]


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
        for name, data in files(fit).items():
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
        keep(partial, 0, [optimum_as_json(one) for one in optima.runs])
    optima = Optima(free, tuple(optimum_of_json(one) for one in kept(partial, 0)))
    if 1 not in done:
        found = profiles(
            objective, optima, threads=threads, progress=lambda n: progress("profiles", n, len(free))
        )
        keep(partial, 1, {name: profile_as_json(one) for name, one in found.items()})
    by_name = {one.name: one for one in free}
    its_profiles = {name: profile_of_json(by_name[name], one) for name, one in kept(partial, 1).items()}
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
    place = partial.path / CHUNKS / "posterior.nc"
    if 2 in partial.finished():
        return read_draws(place)
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
    partial.write(f"{CHUNKS}/{place.name}", netcdf(draws))
    keep(partial, 2, {})
    return draws


WAY_OUT = "Estimate fewer parameters, give narrower priors, or raise draws and warmup in [fit]"
