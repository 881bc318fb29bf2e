"""Log-normal mixtures of a size histogram: how many populations, where, how wide, how sure.

Maximum likelihood on log diameter of binned counts: a bin has the probability between its edges, so wide
bins do not bias the widths. The number of populations is that at which BIC stops falling.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import optimize, special

from exodyn.errors import InputError

Floats = NDArray[np.float64]
_ROOT_2PI = math.sqrt(2 * math.pi)


@dataclass(frozen=True)
class Population:
    """share from 0 to 1; median in nm; gsd: geometric sd. Each with an interval of 95%."""

    share: float
    median: float
    gsd: float
    share_interval: tuple[float, float]
    median_interval: tuple[float, float]
    gsd_interval: tuple[float, float]


@dataclass(frozen=True)
class Mixture:
    """Populations by rising median; bic by number of populations tried."""

    populations: tuple[Population, ...]
    log_likelihood: float
    bic: dict[int, float]

    def distribution(self, diameter: ArrayLike) -> Floats:
        """Share of particles below a diameter in nm."""
        x = np.log(np.asarray(diameter, dtype=np.float64))
        parts = [p.share * special.ndtr((x - math.log(p.median)) / math.log(p.gsd)) for p in self.populations]
        return np.asarray(np.sum(parts, axis=0))


def mixture(
    edges: ArrayLike, counts: ArrayLike, particles: float, most: int = 3, populations: int | None = None
) -> Mixture:
    """Fit to a histogram; edges [bins + 1] in nm, counts [bins] in any unit.

    particles: how many particles were really counted; concentrations are scaled to them, for that number
    sets how sure one can be. populations: their number, instead of that of the smallest BIC up to `most`.
    Raises InputError for fewer than 10 particles or an empty histogram.
    """
    e, n = np.asarray(edges, dtype=np.float64), np.asarray(counts, dtype=np.float64)
    if len(e) != len(n) + 1 or np.any(np.diff(e) <= 0) or np.any(n < 0) or not n.sum() > 0:
        raise InputError("mixture: expected rising edges, one more than counts of 0 or more, not all 0")
    if not particles >= 10:
        raise InputError(f"mixture: {particles:g} particles counted; expected 10 or more")
    n = n * (particles / n.sum())
    kept = n > 0
    low = np.log(np.maximum(e[:-1][kept], 1e-3))
    high = np.log(e[1:][kept])
    n = n[kept]
    tries = range(1, most + 1) if populations is None else (populations,)
    found = {}
    for k in tries:
        theta, likelihood = _fit(low, high, n, k)
        found[k] = (theta, likelihood, -2 * likelihood + (3 * k - 1) * math.log(particles))
        if k - 1 in found and found[k][2] > found[k - 1][2]:
            break  # one more did not pay for itself, so two more are not tried
    best = min(found, key=lambda k: found[k][2])
    theta, likelihood, _ = found[best]
    return Mixture(_populations(theta, low, high, n), likelihood, {k: one[2] for k, one in found.items()})


def _unpacked(theta: Floats) -> tuple[Floats, Floats, Floats]:
    """Shares, means and sds of log diameter from free numbers."""
    k = (len(theta) + 1) // 3
    weights = np.concatenate(([0.0], theta[: k - 1]))
    return special.softmax(weights), theta[k - 1 : 2 * k - 1], np.exp(theta[2 * k - 1 :])


def _likelihood(theta: Floats, low: Floats, high: Floats, n: Floats) -> tuple[float, Floats]:
    """Log likelihood of the bins and its gradient in theta."""
    shares, means, sds = _unpacked(theta)
    a, b = (low[:, None] - means) / sds, (high[:, None] - means) / sds
    # The mass of a bin is taken in the tail where it is more exact.
    mass = np.where(a > 0, special.ndtr(-a) - special.ndtr(-b), special.ndtr(b) - special.ndtr(a))
    inside = np.maximum(mass @ shares, 1e-300)
    phi_a, phi_b = np.exp(-a * a / 2) / _ROOT_2PI, np.exp(-b * b / 2) / _ROOT_2PI
    per_bin = (n / inside)[:, None]
    by_share = (per_bin * mass).sum(axis=0)
    by_mean = (per_bin * (phi_a - phi_b)).sum(axis=0) * shares / sds
    by_log_sd = (per_bin * (a * phi_a - b * phi_b)).sum(axis=0) * shares
    by_weight = shares * (by_share - shares @ by_share)
    return float(n @ np.log(inside)), np.concatenate((by_weight[1:], by_mean, by_log_sd))


def _fit(low: Floats, high: Floats, n: Floats, k: int) -> tuple[Floats, float]:
    middle = (low + high) / 2
    order = np.cumsum(n) / n.sum()
    best: tuple[float, Floats] | None = None
    spread = math.sqrt(float(np.average((middle - np.average(middle, weights=n)) ** 2, weights=n)))
    spread = max(spread, float(np.min(high - low)))

    def negative(theta: Floats) -> tuple[float, Floats]:
        value, gradient = _likelihood(theta, low, high, n)
        return -value / float(n.sum()), -gradient / float(n.sum())

    for quantiles in _starts(k):
        means = np.interp(quantiles, order, middle)
        theta = np.concatenate((np.zeros(k - 1), means, np.full(k, math.log(max(spread / k, 1e-2)))))
        bounds = [(-8, 8)] * (k - 1) + [(middle.min() - 1, middle.max() + 1)] * k
        bounds += [(math.log(0.02), math.log(3.0))] * k
        run = optimize.minimize(
            negative,
            theta,
            jac=True,
            # not L-BFGS-B, whose threaded linear algebra waits for busy cores at each of its tiny steps
            method="TNC",
            bounds=bounds,
            options={"maxfun": 500, "ftol": 1e-10},
        )
        if best is None or -run.fun > best[0]:
            best = (-float(run.fun), np.asarray(run.x))
    assert best is not None
    return best[1], best[0] * float(n.sum())


def _starts(k: int) -> list[Floats]:
    even = (np.arange(k) + 0.5) / k
    return [even, even**2, np.sqrt(even)] if k > 1 else [even]


def _populations(theta: Floats, low: Floats, high: Floats, n: Floats) -> tuple[Population, ...]:
    """With intervals from the curvature of the likelihood at its top."""
    size = len(theta)
    step = 1e-5
    rows = [
        (_likelihood(theta - move, low, high, n)[1] - _likelihood(theta + move, low, high, n)[1]) / (2 * step)
        for move in step * np.eye(size)
    ]
    curvature = (np.array(rows) + np.array(rows).T) / 2
    covariance = np.linalg.pinv(curvature)
    k = (size + 1) // 3
    shares, means, sds = _unpacked(theta)
    # A share's error by the delta method on the logit of itself.
    jacobian = np.zeros((k, size))
    for j in range(1, k):
        for i in range(k):
            jacobian[i, j - 1] = shares[i] * ((i == j) - shares[j])
    found = []
    for i in np.argsort(means):
        error = math.sqrt(max(0.0, float(jacobian[i] @ covariance @ jacobian[i])))
        logit_error = error / max(shares[i] * (1 - shares[i]), 1e-12)
        logit = special.logit(shares[i]) if k > 1 else math.inf
        of_mean = math.sqrt(max(0.0, covariance[k - 1 + i, k - 1 + i]))
        of_sd = math.sqrt(max(0.0, covariance[2 * k - 1 + i, 2 * k - 1 + i]))
        found.append(
            Population(
                float(shares[i]),
                math.exp(means[i]),
                math.exp(sds[i]),
                (
                    float(special.expit(logit - 1.96 * logit_error)),
                    float(special.expit(logit + 1.96 * logit_error)),
                )
                if k > 1
                else (1.0, 1.0),
                (math.exp(means[i] - 1.96 * of_mean), math.exp(means[i] + 1.96 * of_mean)),
                (math.exp(sds[i] * math.exp(-1.96 * of_sd)), math.exp(sds[i] * math.exp(1.96 * of_sd))),
            )
        )
    return tuple(found)
