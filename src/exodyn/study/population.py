"""Virtual patients: traits drawn by patient number, correlated by a Gaussian copula."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from exodyn.engine.random import uniforms
from exodyn.indications import Population, Trait

DRAWS = "philox4x64-1"
"""Names how seeds become numbers; changes when the same seed would give other patients."""

STREAM = "traits"


def sample(population: Population, seed: int, first: int, patients: int) -> dict[str, NDArray[np.float64]]:
    """Traits of patients `first` to `first + patients - 1`, float64[patients] by name."""
    return traits(population, ranks(population, seed, first, patients))


def ranks(population: Population, seed: int, first: int, patients: int) -> dict[str, NDArray[np.float64]]:
    """Where each patient stands among all in each trait, in (0, 1), correlated; float64[patients] by name.

    Each trait has the stream of its own name, so that one more trait, or another order, changes no other.
    """
    names = [trait.name for trait in population.traits]
    columns = [uniforms(seed, f"{STREAM}:{name}", first, patients, 1)[:, 0] for name in names]
    if population.correlations:
        # a column is the same to the last bit whatever the chunk: sums of columns in a fixed order, no BLAS
        scores = [ndtri(column) for column in columns]
        factor = np.linalg.cholesky(correlation_matrix(population))
        for row in range(len(names)):
            total = factor[row, 0] * scores[0]
            for column in range(1, row + 1):
                total = total + factor[row, column] * scores[column]
            if np.any(factor[row, :row]):
                columns[row] = np.clip(ndtr(total), 2.0**-53, 1 - 2.0**-53)
    return dict(zip(names, columns, strict=True))


def traits(
    population: Population, ranks: Mapping[str, NDArray[np.float64]]
) -> dict[str, NDArray[np.float64]]:
    """Traits of patients who stand there among all, float64[patients] by name."""
    return {trait.name: np.asarray(trait.sample(ranks[trait.name])) for trait in population.traits}


def typical(population: Population) -> dict[str, NDArray[np.float64]]:
    """One patient with the median of every trait, float64[1] by name."""
    return {trait.name: np.asarray(trait.sample(np.full(1, 0.5))) for trait in population.traits}


def correlation_matrix(population: Population) -> NDArray[np.float64]:
    """Correlations of the normal scores, float64[traits, traits], ones on the diagonal."""
    index = {trait.name: position for position, trait in enumerate(population.traits)}
    matrix = np.eye(len(index))
    for a, b, value in population.correlations:
        matrix[index[a], index[b]] = matrix[index[b], index[a]] = value
    return matrix


def contradiction(population: Population) -> tuple[str, str] | None:
    """The pair whose correlation cannot hold beside the others, None if all can.

    Correlations hold together if their matrix is positive definite. To blame is the last pair without which
    it would be, or, if no single one is, the last.
    """
    if _holds(population) or not population.correlations:
        return None
    pairs = population.correlations
    without = (
        Population(population.traits, (*pairs[:i], *pairs[i + 1 :])) for i in reversed(range(len(pairs)))
    )
    for pair, rest in zip(reversed(pairs), without, strict=True):
        if _holds(rest):
            return pair[:2]
    return pairs[-1][:2]


def _holds(population: Population) -> bool:
    return bool(np.linalg.eigvalsh(correlation_matrix(population))[0] > 1e-9)


def merge(
    population: Population, changed: Mapping[str, Trait], correlations: Sequence[tuple[str, str, float]]
) -> Population:
    """The population with some traits and correlations replaced by those of a study."""
    new = {frozenset((a, b)): (a, b, value) for a, b, value in correlations}
    old = [pair for pair in population.correlations if frozenset(pair[:2]) not in new]
    return Population(
        tuple(changed.get(trait.name, trait) for trait in population.traits), (*old, *new.values())
    )
