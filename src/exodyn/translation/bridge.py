"""The bridge from animal to man: which therapies work, and how much of the animal effect is left.

For therapy t of group g, human row h, all on the log odds scale with benefit positive:

    z_t ~ Bernoulli(works_g)                                does it work in man at all
    theta_t | z = 0 ~ N(0, null_spread^2)                   so that harm stays possible
    theta_t | z = 1 ~ N(m, (gain_spread m)^2),  m = gain * animal_t / 10
    y_h ~ N(theta_t + early_bias[early] + open_bias[open], se_h^2 + trial_spread^2)

animal_t is the percent improvement in animals after correction (`animals`). The priors are base rates of
whole fields (`evidence/data/translation/priors.csv`). Prior draws (scrambled Sobol points) are weighted by
the likelihood of each therapy, in closed form once its theta is integrated out; a therapy is left out by
leaving out its weight. That is exact up to the number of draws, needs no chain, and refuses when too few
draws count.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from scipy.special import logsumexp

from exodyn.evidence import PriorFact, Record, records, translation_priors
from exodyn.translation.animals import animal_effect
from exodyn.translation.effects import Effect, NoEffectError, effect_of
from exodyn.translation.therapies import Therapy, is_early, is_open, therapies

Floats = NDArray[np.float64]

LOG2_DRAWS = 17
LEAST_DRAWS = 300
"""Effective draws below which no band is reported: the 5% point of a band is then off by about 0.1 sd."""


class TooFewDrawsError(Exception):
    """The evidence and the priors disagree so much that hardly any prior draw counts."""


KEPT = 4096
"""Draws of a posterior, resampled evenly from the weighted ones."""


@dataclass(frozen=True)
class Posterior:
    """Weighted draws. draws: by name, float64[draws]; weights: of sum 1, float64[draws]."""

    draws: Mapping[str, Floats]
    weights: Floats

    def animal(self, rows: Sequence[Record]) -> Floats:
        """Corrected percent improvement in animals, float64[draws]; the usual one where none was read."""
        found = animal_effect(rows, self.draws)
        return self.draws["animal_effect"] if found is None else found

    def works(self, group: str) -> Floats:
        """Probability that a therapy of this group works in man, float64[draws]."""
        return self.draws[f"{group}_works"]

    def mean(self, name: str) -> tuple[float, float]:
        """Mean and standard deviation of a parameter."""
        mean = float(np.sum(self.weights * self.draws[name]))
        return mean, float(np.sqrt(np.sum(self.weights * (self.draws[name] - mean) ** 2)))


@dataclass(frozen=True, eq=False)
class Bridge:
    """The prior, and how well each of its draws explains each therapy.

    taught: each therapy with a human number and the log probability of its human rows, float64[draws].
    """

    prior: Posterior
    taught: tuple[tuple[Therapy, Floats], ...]

    def posterior(self, left_out: Iterable[Therapy] = ()) -> Posterior:
        """What the therapies teach, without these and their kin. Raises TooFewDrawsError."""
        left_out = tuple(left_out)
        return self._taught_by(
            tuple(not any(one.is_kin(other) for other in left_out) for one, _ in self.taught)
        )

    @lru_cache(maxsize=64)  # noqa: B019  one bridge is learned, and many rows leave out the same
    def _taught_by(self, kept: tuple[bool, ...]) -> Posterior:
        log_weights = np.log(self.prior.weights)
        for (_, log_likelihood), counts in zip(self.taught, kept, strict=True):
            if counts:
                log_weights = log_weights + log_likelihood
        weights = np.exp(log_weights - logsumexp(log_weights))
        effective = 1 / float(np.sum(weights**2))
        if effective < LEAST_DRAWS:
            raise TooFewDrawsError(
                f"only {effective:.0f} of {len(weights)} draws count, {LEAST_DRAWS} are needed"
            )
        places = (np.arange(KEPT) + 0.5) / KEPT
        drawn = np.minimum(np.searchsorted(np.cumsum(weights), places), len(weights) - 1)
        return Posterior(
            {name: value[drawn] for name, value in self.prior.draws.items()}, np.full(KEPT, 1 / KEPT)
        )


def prior_draws(seed: int = 1) -> dict[str, Floats]:
    """Draws from the priors, float64[2**LOG2_DRAWS] each: the same for the same seed."""
    priors = translation_priors()
    points = stats.qmc.Sobol(len(priors), rng=seed).random_base2(LOG2_DRAWS)
    inside = np.clip(points, 1e-9, 1 - 1e-9)
    return {name: _quantile(prior, u) for (name, prior), u in zip(priors.items(), inside.T, strict=True)}


@cache
def learn() -> Bridge:
    """The bridge learned from all therapies of the translation table."""
    draws = prior_draws()
    count = len(draws["gain"])
    prior = Posterior(draws, np.full(count, 1 / count))
    known = therapies(records("translation"))
    return Bridge(prior, tuple((one, _log_likelihood(prior, one)) for one in known if _results(one)))


def _quantile(prior: PriorFact, u: Floats) -> Floats:
    if prior.law == "normal":
        return np.asarray(stats.norm.ppf(u, prior.first, prior.second))
    if prior.law == "lognormal":
        return np.asarray(prior.first * np.exp(prior.second * stats.norm.ppf(u)))
    if prior.law == "halfnormal":
        return np.asarray(stats.halfnorm.ppf(u, scale=prior.first))
    return np.asarray(stats.beta.ppf(u, prior.first, prior.second))


def _results(therapy: Therapy) -> list[tuple[Effect, bool, bool]]:
    """(effect, early, open) of its human rows with a number, one a study: rows of a study share patients."""
    found: dict[str, tuple[Effect, bool, bool]] = {}
    for row in therapy.humans:
        try:
            effect = effect_of(row)
        except NoEffectError:
            continue
        if effect.value is not None:
            found.setdefault(row.study, (effect, is_early(row), is_open(row)))
    return list(found.values())


def _log_likelihood(prior: Posterior, therapy: Therapy) -> Floats:
    """Log probability of a therapy's human rows at each draw, its true effect integrated out."""
    draws, rows = prior.draws, _results(therapy)
    works = prior.works(therapy.group)
    mean = draws["gain"] * prior.animal(therapy.animals) / 10
    null = _log_normal_rows(draws, rows, np.zeros_like(mean), draws["null_spread"])
    active = _log_normal_rows(draws, rows, mean, np.abs(draws["gain_spread"] * mean))
    return np.logaddexp(np.log1p(-works) + null, np.log(works) + active)


def _log_normal_rows(
    draws: Mapping[str, Floats], rows: Sequence[tuple[Effect, bool, bool]], mean: Floats, spread: Floats
) -> Floats:
    """Log density of rows that share one true effect ~ N(mean, spread^2), each with noise of its own.

    By the one-factor form of the multivariate normal: with weights w of the rows, the determinant is
    prod(1/w) (1 + spread^2 sum w) and the quadratic form sums w r^2 less what the shared effect takes up.
    """
    log_density = np.zeros_like(mean)
    total, pulled = np.zeros_like(mean), np.zeros_like(mean)
    for effect, early, is_open_trial in rows:
        assert effect.value is not None
        w = 1 / (effect.se**2 + draws["trial_spread"] ** 2)
        residual = effect.value - mean - early * draws["early_bias"] - is_open_trial * draws["open_bias"]
        log_density += 0.5 * np.log(w / (2 * np.pi)) - 0.5 * w * residual**2
        total += w
        pulled += w * residual
    shared = 1 + spread**2 * total
    return np.asarray(log_density - 0.5 * np.log(shared) + 0.5 * spread**2 * pulled**2 / shared)
