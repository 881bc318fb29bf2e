"""Fitting a mixed-effects model: estimates with their uncertainty, and what each subject's data say.

Standard errors come from the curvature of the log posterior at the optimum. Where it is not negative definite
the data do not determine the parameters, and there are none: the direction that is free is named instead.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from exodyn.engine.random import uniforms
from exodyn.inference.mixed.enough import check_enough
from exodyn.inference.mixed.likelihood import MixedLikelihood
from exodyn.inference.objective import Impossible, Posterior
from exodyn.inference.optimise import Optima, Progress, multistart
from exodyn.inference.parameters import Free, derivatives, values
from exodyn.inference.sample import hessian
from exodyn.symbolic import Expr, Symbol, evaluate

Floats = NDArray[np.float64]

Z95 = float(ndtri(0.975))
NEAR = 1e-2
"""The search has settled when a Newton step would gain less log likelihood than this."""
LONGEST = 2.0
"""Newton's step along one direction, in units of about one standard error."""
MOST_ROUNDS = 6
"""Of curvatures and Newton's steps, of which a search that has settled needs one."""
STEP = 0.05
"""Of the differences of the gradient, in units of about one standard error."""
FINE = 1e-3
"""Of the differences where a standard error is not known yet: of a logarithm, or of a parameter's size."""
FLAT = 3e-4
"""A direction with a curvature below this part of the largest, in these units, is not determined."""
SPREAD = 0.3
"""Starts after the first differ from it by this on the scale of the fit, on a linear one by this part."""


@dataclass(frozen=True)
class Estimate:
    """One parameter. se: of the value; low, high: of the 95% interval (normal on the scale of the fit).

    All three are None where the data do not determine the parameters, or the estimate lies at a bound.
    """

    name: str
    value: float
    unit: str
    se: float | None
    low: float | None
    high: float | None
    at_bound: bool


@dataclass(frozen=True)
class MixedFit:
    """The optimum, and all that is read off it.

    theta: f64[parameters], in the order of the model's. u: modes, f64[subjects, random effects]; subjects are
    studies where the table's are.
    undetermined: words for directions that the data do not determine.
    gain: what a Newton step would still gain in log likelihood.
    correlation: of the estimates, f64[parameters, parameters], None where there are no standard errors.
    shrinkage: of each random effect, in percent: 0 where the data decide, 100 where the population does.
    """

    likelihood: MixedLikelihood
    optima: Optima
    theta: Floats
    log_likelihood: float
    estimates: tuple[Estimate, ...]
    correlation: Floats | None
    undetermined: tuple[str, ...]
    gain: float
    u: Floats
    shrinkage: dict[str, float]

    @property
    def converged(self) -> bool:
        """Whether the optimum is one: nothing left to gain, and every direction determined."""
        return self.gain < NEAR and not self.undetermined

    @property
    def aic(self) -> float:
        """Akaike's criterion."""
        return 2 * len(self.theta) - 2 * self.log_likelihood

    @property
    def bic(self) -> float:
        """The Bayesian criterion, by the number of observations."""
        return (
            float(np.log(len(self.likelihood.table.observations))) * len(self.theta) - 2 * self.log_likelihood
        )

    def phi(self) -> dict[str, Floats]:
        """Every individual parameter at its mode on the subject's first row, f64[subjects or members]."""
        return self._evaluated(self.likelihood.written.phi)

    def eta(self) -> dict[str, Floats]:
        """Every random effect between subjects at its mode, f64[subjects]."""
        return self._evaluated(self.likelihood.written.eta)

    def _evaluated(self, wanted: Mapping[str, Expr]) -> dict[str, Floats]:
        written, when = self.likelihood.written, self.likelihood.lanes.periods
        first = self.likelihood.firsts()
        of = when.subject[first]
        values: dict[Symbol, Any] = dict(zip(written.theta.values(), self.theta, strict=True))
        values |= {s: self.u[of, k] for k, s in enumerate(written.u)}
        values |= {s: when.covariates[name][first] for name, s in written.covariates.items()}
        for k, s in enumerate(written.occasions.values()):
            column = len(written.u) + k * when.occasions + when.occasion[first]
            values[s] = self.u[of, column]
        found = evaluate(list(wanted.values()), values)
        return {name: np.broadcast_to(v, len(of)) for name, v in zip(wanted, found, strict=True)}


def fit(
    likelihood: MixedLikelihood,
    starts: int = 1,
    seed: int = 1,
    threads: int = 1,
    progress: Progress = lambda done: None,
) -> MixedFit:
    """Maximise the likelihood, with the priors that the model has.

    The first search begins at the model's starts, others near them. Raises InputError where the likelihood
    cannot be computed at any of them, or the data can determine no fit.
    """
    check_enough(likelihood.model, likelihood.table)
    objective = likelihood.objective()
    places = _starts(likelihood.model.free, starts, seed)
    sized = _sized(objective, likelihood, places[0])
    optima = multistart(sized, starts, seed, threads, progress, [x / sized.size for x in places])
    climbed = optima
    if len(likelihood.table.subjects) <= len(objective.free):
        sized, ended = _by_curvature(objective, optima.best.x * sized.size), optima.best.x * sized.size
        climbed = multistart(sized, 1, seed, first=[ended / sized.size])
    at, gain, undetermined, covariance = _climbed(sized, climbed)
    if covariance is not None:
        covariance = covariance * np.outer(sized.size, sized.size)
    x = at * sized.size
    theta = values(objective.free, x)
    u, _ = likelihood.modes(theta)
    return MixedFit(
        likelihood=likelihood,
        optima=optima,
        theta=theta,
        log_likelihood=objective.log_likelihood(x),
        estimates=_estimates(objective.free, x, covariance, optima),
        correlation=_correlation(covariance),
        undetermined=undetermined,
        gain=gain,
        u=u,
        shrinkage=_shrinkage(likelihood, u),
    )


def _climbed(sized: _Sized, optima: Optima) -> tuple[Floats, float, tuple[str, ...], Floats | None]:
    """Newton's steps from where the search ended, which is where its own steps got short.

    Where the curvature is not that of a top a step goes uphill by its size (Dauphin and others 2014,
    arXiv:1406.2572). Returned: where it went to, what a further step would gain, what is not
    determined, and the covariance.
    """
    at, value, slope = optima.best.x, optima.best.log_density, optima.best.gradient
    low, high = np.array([one.bounds for one in sized.free]).T
    for round_ in range(MOST_ROUNDS):
        second = hessian(sized.gradient, at, STEP)
        gain, undetermined, covariance = _curvature(sized.free, slope, second, optima)
        if round_ == MOST_ROUNDS - 1:
            break
        step = _step(sized.free, slope, second, optima)
        tried = [np.clip(at + share * step, low, high) for share in (1.0, 0.5, 0.25, 0.125)]
        least = value if covariance is not None else value + NEAR  # no walks along what is not determined
        found = next((x for x in tried if sized(x) >= least), None)
        if found is None:
            break
        at, before = found, value
        value, slope = sized.gradient(at)
        if value - before < NEAR:
            break
    return at, gain, undetermined, covariance


@dataclass(frozen=True)
class _Sized:
    """An objective in units in which one is about a standard error of each parameter, for the search."""

    objective: Posterior
    size: Floats

    @property
    def free(self) -> tuple[Free, ...]:
        return tuple(
            Free(one.name, one.bounds[0] / s, one.bounds[1] / s)
            for one, s in zip(self.objective.free, self.size, strict=True)
        )

    @property
    def refused(self) -> Counter[str]:
        return self.objective.refused

    def __call__(self, x: Floats) -> float:
        return self.objective(x * self.size)

    def gradient(self, x: Floats) -> tuple[float, Floats]:
        value, slope = self.objective.gradient(x * self.size)
        return value, slope * self.size


def _sized(objective: Posterior, likelihood: MixedLikelihood, start: Floats) -> _Sized:
    """Units from the scores of the subjects, whose squares add up to about the information."""
    try:
        _, scores = likelihood.scores(values(objective.free, start))
    except Impossible:
        return _Sized(objective, np.ones(len(start)))
    information = np.sum((scores * derivatives(objective.free, start)) ** 2, axis=0)
    size = 1 / np.sqrt(np.where(information > 0, information, 1.0))
    return _Sized(objective, np.where(np.isfinite(size), size, 1.0))


def _by_curvature(objective: Posterior, at: Floats) -> _Sized:
    """Units from the curvature: the scores of few subjects say little, those of one nothing at an optimum."""
    step = np.array(
        [1.0 if one.scale != "lin" else max(abs(x), 1.0) for one, x in zip(objective.free, at, strict=True)]
    )
    natural = _Sized(objective, step)
    curvature = -np.diagonal(hessian(natural.gradient, at / step, FINE))
    size = step / np.sqrt(np.maximum(curvature, 1.0))
    return _Sized(objective, size)


def _starts(free: Sequence[Free], starts: int, seed: int) -> list[Floats]:
    first = np.array([one.scaled(one.start) if one.start is not None else one.draw(0.5) for one in free])
    size = np.array(
        [SPREAD if one.scale != "lin" else SPREAD * abs(x) for one, x in zip(free, first, strict=True)]
    )
    moved = first + size * ndtri(uniforms(seed, "starts", 0, starts, len(free)))
    moved[0] = first
    low, high = np.array([one.bounds for one in free]).T
    return list(np.clip(moved, low, high))


def _step(free: Sequence[Free], slope: Floats, second: Floats, optima: Optima) -> Floats:
    """Newton's step uphill within the bounds, no longer than `LONGEST` along any direction."""
    inside = np.array([one.name not in optima.at_bounds() for one in free])
    found = np.zeros(len(free))
    if np.any(inside):
        size, directions = np.linalg.eigh(-second[np.ix_(inside, inside)])
        along = (directions.T @ slope[inside]) / np.maximum(np.abs(size), 1e-12)
        found[inside] = directions @ np.clip(along, -LONGEST, LONGEST)
    return found


def _curvature(
    free: Sequence[Free], gradient: Floats, second: Floats, optima: Optima
) -> tuple[float, tuple[str, ...], Floats | None]:
    """What a Newton step would gain, what is not determined, and the covariance."""
    inside = np.array([one.name not in optima.at_bounds() for one in free])
    names = [one.name for one in free if one.name not in optima.at_bounds()]
    if not names:
        return 0.0, (), None
    size, directions = np.linalg.eigh(-second[np.ix_(inside, inside)])
    flat = size <= FLAT * max(size.max(), 0.0)
    along = directions.T @ gradient[inside]
    gain = float(0.5 * np.sum(along[~flat] ** 2 / size[~flat])) if np.any(~flat) else float("inf")
    words = []
    for k in np.flatnonzero(flat):
        parts = np.abs(directions[:, k])
        words.append(" and ".join(names[j] for j in np.argsort(-parts) if parts[j] > 0.3))
    if words:
        return gain, tuple(words), None
    covariance = np.full(second.shape, np.nan)
    covariance[np.ix_(inside, inside)] = directions / size @ directions.T
    return gain, (), covariance


def _estimates(
    free: Sequence[Free], x: Floats, covariance: Floats | None, optima: Optima
) -> tuple[Estimate, ...]:
    slopes = derivatives(free, x)
    bound = optima.at_bounds()
    found = []
    for k, one in enumerate(free):
        value = float(one.value(x[k]))
        if covariance is None or one.name in bound:
            found.append(Estimate(one.name, value, one.unit, None, None, None, one.name in bound))
            continue
        sd = float(np.sqrt(covariance[k, k]))
        low, high = (float(one.value(x[k] + sign * Z95 * sd)) for sign in (-1, 1))
        found.append(Estimate(one.name, value, one.unit, float(abs(slopes[k])) * sd, low, high, False))
    return tuple(found)


def _correlation(covariance: Floats | None) -> Floats | None:
    if covariance is None:
        return None
    sd = np.sqrt(np.diagonal(covariance))
    return np.asarray(covariance / np.outer(sd, sd))


def _shrinkage(likelihood: MixedLikelihood, u: Floats) -> dict[str, float]:
    """100 (1 - sd of the modes / sd of the population); Savic & Karlsson 2009, AAPS J 11:558."""
    if len(u) < 2:
        return {}
    names = list(likelihood.model.varying)
    columns = [u[:, k] for k in range(len(names))]
    if likelihood.table.members:
        names = [f"{name} between studies" for name in names]
        when, first = likelihood.lanes.periods, likelihood.firsts()
        for k, name in enumerate(likelihood.written.occasions):
            names.append(name)
            places = len(likelihood.written.u) + k * when.occasions + when.occasion[first]
            columns.append(u[when.subject[first], places])
    spread = [np.sqrt(np.mean(column**2)) for column in columns]
    return {name: 100 * (1 - float(s)) for name, s in zip(names, spread, strict=True)}
