"""The virtual patients behind a subject or group: its covariates as they are, all other traits spread out.

Points are quasi-random (scrambled Sobol) and fixed: a likelihood is a smooth function of the parameters.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from exodyn.indications import Population, Trait
from exodyn.study.population import correlation_matrix

Floats = NDArray[np.float64]


def points(population: Population, patients: int, seed: int) -> Floats:
    """Independent normal scores, float64[patients, traits]; the same for every subject."""
    from scipy.stats import qmc

    if patients == 1:
        return np.zeros((1, len(population.traits)))
    made = qmc.Sobol(len(population.traits), scramble=True, rng=np.random.Generator(np.random.Philox(seed)))
    return np.asarray(ndtri(np.clip(made.random(patients), 1e-9, 1 - 1e-9)))


def traits_of(population: Population, scores: Floats, known: Mapping[str, float]) -> dict[str, Floats]:
    """Traits of virtual patients, float64[patients] by name, given the covariates that are known.

    Traits that correlate with a covariate are drawn given its value.
    """
    names = [trait.name for trait in population.traits]
    given = [i for i, name in enumerate(names) if name in known]
    hidden = [i for i, name in enumerate(names) if name not in known]
    z = np.zeros_like(scores)
    if population.correlations and hidden:
        matrix = correlation_matrix(population)
        across = matrix[np.ix_(hidden, given)]
        solved = np.linalg.solve(matrix[np.ix_(given, given)], across.T).T if given else across
        at = np.array([_score(population.traits[i], known[names[i]]) for i in given])
        left = matrix[np.ix_(hidden, hidden)] - solved @ across.T
        z[:, hidden] = solved @ at + scores[:, hidden] @ np.linalg.cholesky(left).T
    else:
        z = scores
    return {
        trait.name: np.full(len(scores), known[trait.name])
        if trait.name in known
        else np.asarray(trait.sample(ndtr(z[:, i])))
        for i, trait in enumerate(population.traits)
    }


def _score(trait: Trait, value: float) -> float:
    """The normal score of a value in the population, by bisection of its distribution's inverse."""
    low, high = -6.0, 6.0
    for _ in range(60):
        middle = (low + high) / 2
        if trait.sample(np.array([ndtr(middle)]))[0] < value:
            low = middle
        else:
            high = middle
    return (low + high) / 2
