"""Estimating the parameters of a PEtab problem: the optimum from many starts, and draws if asked for."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exodyn.errors import InputError
from exodyn.inference.identifiability import Identifiability, identifiability
from exodyn.inference.objective import Impossible, Posterior
from exodyn.inference.optimise import Optima, Progress, multistart
from exodyn.inference.parameters import Free
from exodyn.inference.petab.likelihood import Outcome
from exodyn.inference.petab.objective import Compiled
from exodyn.inference.petab.problem import Parameter, Problem
from exodyn.inference.petab.scale import KINDS, log_prior, on_scale
from exodyn.inference.priors import Prior

Floats = NDArray[np.float64]

STEP = 1e-4
"""On a scaled parameter, between the two slopes that tell how a prior curves."""
MOST_SLOPES = 1e8
"""Derivatives of all states and parts at all times, above which a search does without the information."""
RTOL = 1e-7
"""Looser than for the objective alone: the gradient is exact for whatever steps are taken."""


@dataclass(frozen=True)
class PetabObjective:
    """Log-likelihood and log priors of a problem, as the format defines them, on the scaled parameters.

    The format adds the density of a prior as it is stated. For a prior of the value of a parameter on a
    logarithmic scale that is not the density of what is sampled: `posterior` has the Jacobian too.
    refused: how often nothing could be computed, by reason.
    """

    compiled: Compiled
    free: tuple[Free, ...]
    refused: Counter[str] = field(default_factory=Counter, compare=False)

    def __call__(self, x: Floats) -> float:
        """The log density."""
        return self.gradient(x)[0]

    def gradient(self, x: Floats) -> tuple[float, Floats]:
        """The log density and its gradient by x."""
        return self._at(x, lambda values: (*self.compiled.gradient(values), None))[:2]

    def information(self, x: Floats) -> tuple[float, Floats, Floats]:
        """The log density, its gradient, and the Fisher information with the curvature of the priors."""
        return self._at(x, self.compiled.information)

    def _at(
        self, x: Floats, compute: Callable[[Floats], tuple[Outcome, Floats, Floats | None]]
    ) -> tuple[float, Floats, Floats]:
        values = self.values(x)
        estimated = self.estimated
        priors = [log_prior(p, values[i]) for i, p in estimated]
        prior = math.fsum(density for density, _ in priors)
        size = len(self.free)
        nothing = -math.inf, np.zeros(size), np.zeros((size, size))
        if not math.isfinite(prior):
            return nothing
        try:
            outcome, slopes, known = compute(values)
        except Impossible as reason:
            self.refused[str(reason)] += 1
            return nothing
        places = [i for i, _ in estimated]
        scale = np.array([on_scale(p, values[i], 1.0) for i, p in estimated])
        slope = slopes[places] * scale + np.array([s for _, s in priors])
        if known is None:
            return outcome.llh + prior, slope, nothing[2]
        known = known[np.ix_(places, places)] * np.outer(scale, scale)
        return outcome.llh + prior, slope, known + np.diag(self._curvatures(x))

    def _curvatures(self, x: Floats) -> Floats:
        """How strongly each prior curves downwards, 0 where it curves upwards."""
        found = np.zeros(len(x))
        for k, ((_, p), one) in enumerate(zip(self.estimated, self.free, strict=True)):
            if p.prior is not None:
                below, above = (log_prior(p, one.value(float(at)))[1] for at in (x[k] - STEP, x[k] + STEP))
                found[k] = max(0.0, (below - above) / (2 * STEP))
        return found

    @property
    def estimated(self) -> list[tuple[int, Parameter]]:
        """Estimated parameters with their place in the parameter table."""
        return [(i, p) for i, p in enumerate(self.compiled.problem.parameters) if p.estimated]

    def values(self, x: Floats) -> Floats:
        """Values of the whole parameter table."""
        values = np.array([p.nominal for p in self.compiled.problem.parameters])
        for (i, _), one, at in zip(self.estimated, self.free, x, strict=True):
            values[i] = one.value(float(at))
        return values

    def posterior(self) -> Posterior:
        """The density of the scaled parameters, to be sampled."""
        places = [i for i, _ in self.estimated]

        def likelihood(values: Floats) -> tuple[float, Floats]:
            table = np.array([p.nominal for p in self.compiled.problem.parameters])
            table[places] = values
            outcome, slopes = self.compiled.gradient(table)
            return outcome.llh, slopes[places]

        return Posterior(self.free, likelihood)


def objective(problem: Problem, rtol: float = RTOL) -> PetabObjective:
    """The objective of a problem, compiled. Raises InputError if there is nothing to estimate."""
    free = tuple(_free(p) for p in problem.parameters if p.estimated)
    if not free:
        raise InputError(f"{problem.file}: the parameter table estimates nothing (estimate is 0 everywhere)")
    return PetabObjective(Compiled(problem, gradient=True, optimise=True, rtol=rtol), free)


def _free(parameter: Parameter) -> Free:
    prior = None
    if parameter.prior is not None:
        kind, a, b = parameter.prior
        prior = Prior(KINDS[kind], a, b, of_scaled=kind.startswith("parameterScale"), source=parameter.place)
    lower = parameter.lower if parameter.scale == "lin" else max(parameter.lower, 0.0)
    if not (math.isfinite(lower) and math.isfinite(parameter.upper)):
        raise InputError(f"{parameter.place}: parameter '{parameter.name}' needs bounds to be estimated")
    if parameter.scale != "lin" and lower == 0.0:
        raise InputError(
            f"{parameter.place}: parameter '{parameter.name}' has a {parameter.scale} scale: "
            "its lower bound must be above 0"
        )
    if not lower < parameter.upper:
        raise InputError(f"{parameter.place}: parameter '{parameter.name}' has no room between its bounds")
    start = parameter.nominal if lower <= parameter.nominal <= parameter.upper else None
    return Free(parameter.name, lower, parameter.upper, parameter.scale, start, prior)


@dataclass(frozen=True)
class Fit:
    """Optima of all starts, the likelihood at the best, what the data identify, and draws if there are any.

    table: values of the whole parameter table at the best optimum. draws: ArviZ inference data.
    """

    objective: PetabObjective
    optima: Optima
    table: Floats
    outcome: Outcome
    report: Identifiability
    draws: Any = None


def fit(
    problem: Problem,
    starts: int = 20,
    seed: int = 0,
    threads: int = 1,
    draws: int = 0,
    progress: Progress = lambda done: None,
) -> Fit:
    """Search from the nominal point and `starts` - 1 others, drawn from priors or between bounds.

    draws: of each of four chains from the posterior. The result depends on the seed alone. Raises InputError
    where nothing can be computed, Unconverged where the chains do not agree.
    """
    target = objective(problem)
    small = target.compiled.information_size <= MOST_SLOPES
    optima = multistart(target, starts, seed, threads, progress, by_information=small)
    table = target.values(optima.best.x)
    found = None
    if draws:
        from exodyn.inference.sample import sample

        found = sample(target.posterior(), draws, seed=seed, threads=threads, start=optima.best.x)
    report = identifiability(target, optima.best.x, draws=found)
    return Fit(target, optima, table, target.compiled.outcome(table), report, found)
