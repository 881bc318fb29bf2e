"""Several attributes at once: Hotelling's T² inside a model of the batches, Q for what lies outside it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from exodyn.errors import InputError

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class MeanTest:
    """T² of a mean vector with its F, p and the critical T² at `alpha`."""

    t2: float
    f: float
    p: float
    critical: float


def mean_test(values: ArrayLike, means: ArrayLike, alpha: float = 0.05) -> MeanTest:
    """One sample, values [n, p], against a vector [p]: n d' S^-1 d, p (n-1)/(n-p) F."""
    x = np.asarray(values, dtype=np.float64)
    n, p = x.shape
    if n <= p:
        raise InputError(f"T2: {n} rows of {p} attributes; expected more rows than attributes")
    off = x.mean(axis=0) - np.asarray(means, dtype=np.float64)
    t2 = float(n * off @ np.linalg.solve(np.cov(x, rowvar=False).reshape(p, p), off))
    scale = p * (n - 1) / (n - p)
    return MeanTest(
        t2, t2 / scale, float(stats.f.sf(t2 / scale, p, n - p)), scale * float(stats.f.isf(alpha, p, n - p))
    )


def two_sample_test(first: ArrayLike, second: ArrayLike, alpha: float = 0.05) -> MeanTest:
    """Two samples with one covariance; arrays [n, p] and [m, p]."""
    x, y = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    n, m, p = len(x), len(y), x.shape[1]
    pooled = ((n - 1) * np.cov(x, rowvar=False) + (m - 1) * np.cov(y, rowvar=False)).reshape(p, p) / (
        n + m - 2
    )
    off = x.mean(axis=0) - y.mean(axis=0)
    t2 = float(n * m / (n + m) * off @ np.linalg.solve(pooled, off))
    scale = p * (n + m - 2) / (n + m - p - 1)
    degrees = n + m - p - 1
    return MeanTest(
        t2,
        t2 / scale,
        float(stats.f.sf(t2 / scale, p, degrees)),
        scale * float(stats.f.isf(alpha, p, degrees)),
    )


def phase_one_limit(n: int, p: int, alpha: float) -> float:
    """For the batches behind the model: (n-1)²/n Beta(p/2, (n-p-1)/2) (Tracy, Young, Mason 1992)."""
    return (n - 1) ** 2 / n * float(stats.beta.isf(alpha, p / 2, (n - p - 1) / 2))


def phase_two_limit(n: int, p: int, alpha: float) -> float:
    """For a new batch: p (n²-1)/(n (n-p)) F."""
    return p * (n * n - 1) / (n * (n - p)) * float(stats.f.isf(alpha, p, n - p))


def chi2_limit(p: int, alpha: float) -> float:
    """For a known covariance."""
    return float(stats.chi2.isf(alpha, p))


@dataclass(frozen=True)
class Model:
    """Principal components of scaled attributes, with the limits for a new batch.

    mean, sd: [p]. loadings: [p, components]. variances: all eigenvalues, largest first.
    """

    mean: Floats
    sd: Floats
    loadings: Floats
    variances: Floats
    n: int
    t2_limit: float
    q_limit: float

    def t2(self, values: ArrayLike) -> Floats:
        """float64[rows]: distance from the centre inside the model."""
        scores = self._scaled(values) @ self.loadings
        return np.asarray((scores**2 / self.variances[: self.loadings.shape[1]]).sum(axis=1))

    def q(self, values: ArrayLike) -> Floats:
        """float64[rows]: squared residual outside the model."""
        z = self._scaled(values)
        return np.asarray(((z - z @ self.loadings @ self.loadings.T) ** 2).sum(axis=1))

    def _scaled(self, values: ArrayLike) -> Floats:
        return np.asarray((np.atleast_2d(np.asarray(values, dtype=np.float64)) - self.mean) / self.sd)


def model(values: ArrayLike, components: int | None = None, alpha: float = 0.01, share: float = 0.9) -> Model:
    """Components that explain `share` of the variance, or so many; at most rows - 2 can carry a limit."""
    x = np.asarray(values, dtype=np.float64)
    n, p = x.shape
    mean, sd = x.mean(axis=0), x.std(axis=0, ddof=1)
    if n < 4 or not np.all(sd > 0):
        raise InputError(f"T2 and Q: {n} batches; expected 4 or more, and attributes that vary")
    variances, loadings = np.linalg.eigh(np.cov((x - mean) / sd, rowvar=False).reshape(p, p))
    variances, loadings = np.maximum(variances[::-1], 0.0), loadings[:, ::-1]
    if components is None:
        components = int(np.searchsorted(np.cumsum(variances) / variances.sum(), share) + 1)
    components = max(1, min(components, p, n - 2))
    return Model(
        mean,
        sd,
        loadings[:, :components],
        variances,
        n,
        phase_two_limit(n, components, alpha),
        q_limit(variances[components:], alpha),
    )


def q_limit(variances: ArrayLike, alpha: float) -> float:
    """Limit of Q from the eigenvalues left out (Jackson and Mudholkar 1979); 0 where nothing is left out."""
    left = np.asarray(variances, dtype=np.float64)
    left = left[left > 1e-12]
    if not len(left):
        return 0.0
    one, two, three = (float((left**power).sum()) for power in (1, 2, 3))
    h = 1 - 2 * one * three / (3 * two * two)
    z = float(stats.norm.isf(alpha))
    inner = z * math.sqrt(2 * two * h * h) / one + 1 + two * h * (h - 1) / one**2
    return float(one * max(inner, 0.0) ** (1 / h))
