"""Effects of several studies: what varies between them, and what small or unblinded ones add to the truth.

The model of a printed effect y of standard error e in study s:

    y = effect exp(inflation) + slope e + u_s + error,   u_s normal with sd tau, error normal with sd e

inflation: how much a flaw of the study enlarges what it sees, on the logarithm (unblinded, published
selectively); slope: the excess of small studies by Egger's line (doi:10.1136/bmj.315.7109.629). Their priors
are `exodyn.inference.bias.bias_parameters`.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from exodyn.errors import InputError
from exodyn.inference.likelihoods.density import Density, Floats, positive


def studies(
    printed: ArrayLike,
    error: ArrayLike,
    study: ArrayLike,
    effect: ArrayLike,
    tau: float,
    inflation: ArrayLike = 0.0,
    slope: float = 0.0,
) -> Density:
    """The joint density of printed effects, float64[effects], the u_s integrated out.

    study: a number or name for each, equal for effects of one study. log: float64[studies], in the order of
    their first effect. Derivatives of the total by `effect` and `inflation`, float64[effects], and by `tau`
    and `slope`, float64[1].
    """
    y, e = np.atleast_1d(np.asarray(printed, dtype=np.float64)), positive("standard error", error)
    e, true, larger = (
        np.broadcast_to(np.asarray(each, dtype=np.float64), y.shape) for each in (e, effect, inflation)
    )
    if tau < 0:
        raise InputError(f"tau {tau:g}: expected 0 or more")
    names = [str(each) for each in np.broadcast_to(np.asarray(study), y.shape)]
    factor = np.exp(larger)
    off = y - true * factor - slope * e
    logs = []
    pull: Floats = np.zeros_like(y)
    by_tau = 0.0
    for name in dict.fromkeys(names):
        of = np.array([other == name for other in names])
        # covariance diag(e^2) + tau^2 by Sherman and Morrison
        weight = 1 / e[of] ** 2
        total = float(weight.sum())
        shrink = 1 / (1 + tau**2 * total)
        solved = weight * off[of] - weight * (tau**2 * shrink * float(weight @ off[of]))
        log_size = -float(np.sum(np.log(weight))) - math.log(shrink)
        logs.append(-0.5 * float(off[of] @ solved) - 0.5 * log_size - 0.5 * of.sum() * math.log(2 * math.pi))
        pull[of] = solved
        by_tau += tau * (float(solved.sum()) ** 2 - total * shrink)
    return Density(
        np.array(logs),
        {
            "effect": pull * factor,
            "inflation": pull * factor * true,
            "tau": np.array([by_tau]),
            "slope": np.array([float(pull @ e)]),
        },
    )
