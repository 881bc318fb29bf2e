"""The numerics of integrals over random effects: nodes, their placing, sums over subjects and logarithms."""

from __future__ import annotations

from itertools import product

import numpy as np
from numpy.typing import NDArray

from exodyn.inference.mixed.residual import HALF_LOG_2PI
from exodyn.inference.objective import Impossible

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


def sums(values: Floats, groups: int, found: tuple[Integers, Integers]) -> Floats:
    """Sums over the second axis by group. found: the groups there are, and where each begins."""
    those, firsts = found
    total = np.zeros((values.shape[0], groups, *values.shape[2:]))
    total[:, those] = np.add.reduceat(values, firsts, axis=1)
    return total


def grid(count: int, dimensions: int) -> tuple[Floats, Floats]:
    """Nodes z, f64[nodes, dimensions], and log weights: int g(z) dz = (2 pi)^(d/2) sum exp(weight) g(z)."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(count)
    one = np.log(weights) + 0.5 * nodes**2 - HALF_LOG_2PI
    z = np.array(list(product(nodes, repeat=dimensions)), dtype=np.float64).reshape(
        count**dimensions, dimensions
    )
    logs = np.array([sum(w) for w in product(one, repeat=dimensions)], dtype=np.float64)
    return z, logs


def factor(curvature: Floats) -> Floats:
    """C with C C' = curvature^-1, f64[subjects, u, u], lower triangular."""
    try:
        return np.linalg.cholesky(np.linalg.inv(curvature))
    except np.linalg.LinAlgError:
        raise Impossible("the curvature at a subject's mode is not positive") from None


def log_sum(logs: Floats) -> tuple[Floats, Floats]:
    """log sum exp over the first axis, and the share of each term."""
    top = np.max(logs, axis=0)
    safe = np.where(np.isfinite(top), top, 0.0)
    terms = np.exp(logs - safe)
    total = terms.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.log(total) + safe, np.where(total > 0, terms / total, 0.0)


def updated(curvature: Floats, step: Floats, fall: Floats) -> Floats:
    """Curvature after steps along which the slopes fell so (BFGS); kept where that would not be positive."""
    along = np.einsum("ni,ni->n", step, fall)
    pushed = np.einsum("nij,nj->ni", curvature, step)
    size = np.einsum("ni,ni->n", step, pushed)
    good = (along > 1e-10 * size) & (size > 0)
    with np.errstate(all="ignore"):
        more = fall[:, :, None] * fall[:, None, :] / along[:, None, None]
        less = pushed[:, :, None] * pushed[:, None, :] / size[:, None, None]
        return np.where(good[:, None, None], curvature + more - less, curvature)
