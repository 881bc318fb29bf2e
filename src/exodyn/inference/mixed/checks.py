"""Predictive checks: whether data simulated from a fitted model look like the data.

residuals   IWRES, and CWRES: residuals of the linearised model, decorrelated within a subject (Hooker et al.
            2007, 10.1007/s11095-007-9361-x)
npde        the place of each observation among its simulations, decorrelated (Comets et al. 2008)
vpc         percentiles of data and simulations by bins of time; prediction-corrected for mixed doses and
            covariates (Bergstrand et al. 2011, 10.1208/s12248-011-9255-z)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from scipy.special import ndtri

from exodyn.engine.random import uniforms
from exodyn.inference.mixed.fit import MixedFit
from exodyn.inference.mixed.residual import measured, spread

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

QUANTILES = (0.05, 0.5, 0.95)
MOST_BINS = 12
FEWEST_IN_BIN = 8
"""Observations a bin holds at least, where there are as many."""


@dataclass(frozen=True)
class Predictions:
    """Of every observation, f64[observations]. population: at u = 0; individual: at the subject's mode.

    iwres, cwres: residuals, NaN for censored observations.
    """

    population: Floats
    individual: Floats
    iwres: Floats
    cwres: Floats


@dataclass(frozen=True)
class Npde:
    """Normalised prediction distribution errors, NaN where censored, and tests that they are N(0, 1).

    mean_p, variance_p, normal_p: t-test of mean 0, chi-square test of variance 1, Shapiro-Wilk.
    """

    values: Floats
    mean: float
    mean_p: float
    variance: float
    variance_p: float
    normal_p: float


@dataclass(frozen=True)
class VPC:
    """Percentiles by bin. edges, middle: of time, f64[bins + 1] and f64[bins] (the median of the bin).

    observed: f64[quantiles, bins], NaN where the percentile is censored. low, median, high: of the simulated
    percentiles (90% of the replicates), f64[quantiles, bins]. below, below_low, below_high: share of censored
    observations and of simulated ones, f64[bins], or None where nothing is censored.
    """

    edges: Floats
    middle: Floats
    observed: Floats
    low: Floats
    median: Floats
    high: Floats
    corrected: bool
    below: Floats | None = None
    below_low: Floats | None = None
    below_high: Floats | None = None


def predictions(fit: MixedFit) -> Predictions:
    """Population and individual predictions with their residuals."""
    likelihood = fit.likelihood
    seen = likelihood.table.observations
    nothing = np.zeros_like(fit.u)
    population = likelihood.lanes.predict(likelihood.individuals(fit.theta, nothing[None]).phi)[0]
    who = likelihood.individuals(fit.theta, fit.u[None])
    f, by_phi = likelihood.lanes.slopes(who.phi)
    slope = np.einsum("jp,jpk->jk", by_phi[0], who.by_u[0][seen.segment])
    y, mean, sd = _normal(fit, seen.value, f[0])
    iwres = (y - mean) / sd
    slope = slope * _log_slope(fit, f[0])[:, None]
    cwres = np.full(len(seen), np.nan)
    for subject in range(len(likelihood.table.subjects)):
        mine = np.flatnonzero((seen.subject == subject) & (seen.censoring == 0))
        if not mine.size:
            continue
        expected = mean[mine] - slope[mine] @ fit.u[subject]
        covariance = slope[mine] @ slope[mine].T + np.diag(sd[mine] ** 2)
        size, directions = np.linalg.eigh(covariance)
        cwres[mine] = directions @ ((directions.T @ (y[mine] - expected)) / np.sqrt(np.maximum(size, 1e-300)))
    return Predictions(population, f[0], np.where(seen.censoring == 0, iwres, np.nan), cwres)


def simulated(fit: MixedFit, replicates: int, seed: int) -> Floats:
    """New observations of new subjects with the same designs, f64[replicates, observations]."""
    likelihood = fit.likelihood
    seen, count = likelihood.table.observations, likelihood.dimensions
    subjects = len(likelihood.table.subjects)
    draws = uniforms(seed, "population", 0, replicates, subjects * count + len(seen))
    normal = ndtri(draws)
    u = normal[:, : subjects * count].reshape(replicates, subjects, count)
    noise = normal[:, subjects * count :]
    f = likelihood.lanes.predict(likelihood.individuals(fit.theta, u).phi)
    y = np.empty_like(f)
    for k, error in enumerate(likelihood.model.residuals):
        mine = likelihood.lanes.error_of == k
        y[:, mine] = measured(error, f[:, mine], _values(fit), noise[:, mine])
    return y


def npde(fit: MixedFit, simulations: Floats) -> Npde:
    """Prediction errors from simulations f64[replicates, observations]."""
    seen = fit.likelihood.table.observations
    replicates = len(simulations)
    found = np.full(len(seen), np.nan)
    subject_of = fit.likelihood.table.group()
    for subject in np.unique(subject_of):
        mine = np.flatnonzero((subject_of == subject) & (seen.censoring == 0))
        if not mine.size:
            continue
        those = simulations[:, mine]
        those = those[np.all(np.isfinite(those), axis=1)]
        mean, covariance = those.mean(axis=0), np.atleast_2d(np.cov(those, rowvar=False))
        size, directions = np.linalg.eigh(covariance)
        white = directions / np.sqrt(np.maximum(size, 1e-12 * size.max())) @ directions.T
        share = np.mean((those - mean) @ white < (seen.value[mine] - mean) @ white, axis=0)
        found[mine] = ndtri(np.clip(share, 0.5 / replicates, 1 - 0.5 / replicates))
    good = found[np.isfinite(found)]
    variance = float(good.var(ddof=1))
    tail = float(stats.chi2.cdf((len(good) - 1) * variance, len(good) - 1))
    return Npde(
        found,
        float(good.mean()),
        float(stats.ttest_1samp(good, 0.0).pvalue),
        variance,
        2 * min(tail, 1 - tail),
        float(stats.shapiro(good[:5000]).pvalue) if len(good) > 2 else float("nan"),
    )


def vpc(fit: MixedFit, simulations: Floats, output: int = 0, corrected: bool = False) -> VPC:
    """Percentiles of one output (its number among the residuals) beside those of simulations.

    corrected: each observation is scaled by the median population prediction of its bin over its own; with
    censored observations, those of both kinds are left out of it.
    """
    likelihood = fit.likelihood
    seen = likelihood.table.observations
    mine = np.flatnonzero(likelihood.lanes.error_of == output)
    if corrected:
        mine = mine[seen.censoring[mine] == 0]
    time, y, y_sim = seen.time[mine], seen.value[mine].copy(), simulations[:, mine].copy()
    limit = np.where(seen.censoring[mine] == 1, y, np.nan)
    lowest = np.nanmax(limit) if np.any(np.isfinite(limit)) else -np.inf
    below = seen.censoring[mine] == 1
    edges = bins(time)
    place = np.clip(np.searchsorted(edges, time, side="right") - 1, 0, len(edges) - 2)
    if corrected:
        nothing = np.zeros((1, len(likelihood.table.subjects), likelihood.dimensions))
        prediction = likelihood.lanes.predict(likelihood.individuals(fit.theta, nothing).phi)[0][mine]
        for k in range(len(edges) - 1):
            here = place == k
            with np.errstate(divide="ignore", invalid="ignore"):
                scale = np.median(prediction[here]) / prediction[here]
            scale = np.where(np.isfinite(scale), scale, 1.0)
            y[here], y_sim[:, here] = y[here] * scale, y_sim[:, here] * scale
    else:
        y = np.where(below, -np.inf, y)
        y_sim = np.where(y_sim < lowest, -np.inf, y_sim)
    count = len(edges) - 1
    observed = np.full((len(QUANTILES), count), np.nan)
    bands = np.full((3, len(QUANTILES), count), np.nan)
    shares = np.full((3, count), np.nan)
    for k in range(count):
        here = place == k
        observed[:, k] = _quantiles(y[here])
        with np.errstate(invalid="ignore"):  # censored percentiles are -inf
            bands[:, :, k] = np.nanquantile(_quantiles(y_sim[:, here].T), [0.05, 0.5, 0.95], axis=1)
        share = np.mean(np.isneginf(y_sim[:, here]), axis=1)
        shares[:, k] = [np.mean(below[here]), *np.quantile(share, [0.05, 0.95])]
    middle = np.array([np.median(time[place == k]) for k in range(count)])
    low, median, high = np.where(np.isfinite(bands), bands, np.nan)
    drawn = np.where(np.isfinite(observed), observed, np.nan)
    if corrected or not np.any(below):
        return VPC(edges, middle, drawn, low, median, high, corrected)
    return VPC(edges, middle, drawn, low, median, high, corrected, *shares)


def bins(time: Floats) -> Floats:
    """Edges of bins that hold about as many observations each; equal times stay together."""
    instants, counts = np.unique(time, return_counts=True)
    number = int(np.clip(len(time) // FEWEST_IN_BIN, 1, min(MOST_BINS, len(instants))))
    target = len(time) / number
    edges, filled = [instants[0]], 0
    for k in range(len(instants) - 1):
        filled += int(counts[k])
        if filled >= target * len(edges) - 0.5 * counts[k + 1] and len(edges) < number:
            edges.append(0.5 * (instants[k] + instants[k + 1]))
    return np.array([*edges, instants[-1] + max(1e-9, 1e-9 * abs(instants[-1]))])


def _quantiles(values: Floats) -> Floats:
    """QUANTILES over the first axis, with censored values (-inf) below all others."""
    if not len(values):
        return np.full((len(QUANTILES), *values.shape[1:]), np.nan)
    ordered = np.sort(values, axis=0)
    found = []
    for q in QUANTILES:
        at = q * (len(ordered) - 1)
        low, high = ordered[int(np.floor(at))], ordered[int(np.ceil(at))]
        with np.errstate(invalid="ignore"):
            middle = low + (at - np.floor(at)) * (high - low)
        found.append(np.where(np.isneginf(low), -np.inf, middle))
    return np.array(found)


def _values(fit: MixedFit) -> dict[str, Floats]:
    return {name: np.array([[v]]) for name, v in zip(fit.likelihood.names, fit.theta, strict=True)}


def _normal(fit: MixedFit, y: Floats, f: Floats) -> tuple[Floats, Floats, Floats]:
    """Observations, means and standard deviations on the scale on which the residual error is normal."""
    found = np.array(y, dtype=np.float64), np.array(f, dtype=np.float64), np.ones(len(y))
    for k, error in enumerate(fit.likelihood.model.residuals):
        mine = fit.likelihood.lanes.error_of == k
        if error.log is not None:
            with np.errstate(divide="ignore", invalid="ignore"):
                found[0][mine], found[1][mine] = np.log(y[mine]), np.log(f[mine])
        found[2][mine] = spread(error, f[None, mine], _values(fit))[0]
    return found


def _log_slope(fit: MixedFit, f: Floats) -> Floats:
    """The slope of that scale by the prediction."""
    slope = np.ones(len(f))
    for k, error in enumerate(fit.likelihood.model.residuals):
        if error.log is not None:
            mine = fit.likelihood.lanes.error_of == k
            slope[mine] = 1 / f[mine]
    return slope
