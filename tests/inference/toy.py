"""Small objectives with known answers."""

import numpy as np
from scipy import stats

from exodyn.inference import Free, Posterior, Prior


def normal(correlation: float = 0.9) -> Posterior:
    """A normal posterior of a and log b: means 1 and 3, standard deviations 1 and 0.1."""
    precision = np.linalg.inv(np.array([[1.0, correlation * 0.1], [correlation * 0.1, 0.01]]))
    free = (Free("a", -10.0, 10.0), Free("b", 1e-3, 1e6, "log"))

    def likelihood(v):
        off = np.array([v[0] - 1.0, np.log(v[1]) - 3.0])
        slope = -precision @ off
        return float(-0.5 * off @ precision @ off), slope * np.array([1.0, 1 / v[1]])

    return Posterior(free, likelihood)


def two_valleys(depth: float = 2.0, width: float = 0.02) -> Posterior:
    """Two peaks at -0.5 and 0.5, the second higher by `depth`."""

    def likelihood(v):
        peaks = np.array([-0.5, 0.5])
        logs = -0.5 * ((v[0] - peaks) / width) ** 2 + np.array([0.0, depth])
        shares = np.exp(logs - logs.max())
        total = logs.max() + np.log(shares.sum())
        return float(total), np.array([np.sum(shares / shares.sum() * -(v[0] - peaks) / width**2)])

    return Posterior((Free("where", -1.0, 1.0),), likelihood)


def decay(seed: int = 1, points: int = 12) -> Posterior:
    """y = amount exp(-rate t), lognormal error of known size; the truth is amount 10, rate 0.3."""
    t = np.linspace(0.5, 8, points)
    y = 10 * np.exp(-0.3 * t + 0.1 * stats.norm.ppf(np.random.default_rng(seed).uniform(size=points)))
    free = (
        Free("amount", 0.1, 1000.0, "log10"),
        Free("rate", 1e-3, 10.0, "log10", prior=Prior("lognormal", -1.0, 1.0)),
    )

    def likelihood(v):
        off = (np.log(y) - np.log(v[0]) + v[1] * t) / 0.1
        return float(-0.5 * off @ off), np.array([np.sum(off) / 0.1 / v[0], -np.sum(off * t) / 0.1])

    return Posterior(free, likelihood)
