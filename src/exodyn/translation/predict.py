"""What the bridge says of a human trial, in the trial's own effect unit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import ndtr

from exodyn.evidence import Record, is_adverse, measure_of
from exodyn.translation.bridge import Bridge, Posterior
from exodyn.translation.effects import NORMAL_95, Effect, effect_of, error_without_interval
from exodyn.translation.therapies import Therapy, is_early, is_open

Floats = NDArray[np.float64]

POINTS = 121
"""Of the table of a distribution function: its quantiles are then within 0.002 standard deviations."""
ADVERSE_SPREAD = 0.6
"""Of the log odds ratio of a harm of the treatment, about none: assumed. Benefits say nothing of it."""


@dataclass(frozen=True)
class Mixture:
    """Normal components with weights: means, sds, weights, float64[components] each, weights of sum 1."""

    means: Floats
    sds: Floats
    weights: Floats

    def below(self, x: float) -> float:
        """Probability of a value of at most x."""
        with np.errstate(divide="ignore", invalid="ignore"):
            score = (x - self.means) / self.sds
        score[np.isnan(score)] = np.inf  # a component without spread, at x
        return float(np.sum(self.weights * ndtr(score)))

    def quantile(self, p: float, within: float = 1e-10) -> float:
        """The value that is not exceeded with probability p."""
        widest = 10 * float(np.max(self.sds)) + float(np.max(np.abs(self.means)))
        return float(brentq(lambda x: self.below(x) - p, -widest, widest, xtol=within))

    def quantiles(self, p: Floats) -> Floats:
        """Values at these probabilities, float64[...], from a table of the distribution function."""
        low, high = (self.quantile(end, within=1e-3) for end in (1e-4, 1 - 1e-4))
        at = np.linspace(low, high, POINTS)
        return np.interp(p, [self.below(x) for x in at], at)

    @property
    def mean(self) -> float:
        """Expected value."""
        return float(np.sum(self.weights * self.means))


@dataclass(frozen=True)
class Ends:
    """How a trial ends: with an effect 1.96 standard errors above none, below, or neither, as probabilities.

    benefit: that the therapy's true effect is above none.
    """

    positive: float
    negative: float
    benefit: float

    @property
    def neutral(self) -> float:
        """Probability that the trial ends neither way."""
        return 1 - self.positive - self.negative


@dataclass(frozen=True)
class HumanPrediction:
    """A human row predicted: median and 90% band as the paper would print it, and how its trial ends.

    log_odds: the distribution on the common scale.
    """

    ends: Ends
    log_odds: Mixture
    effect: Effect

    @property
    def median(self) -> float:
        """Half of such trials print less."""
        return self._printed(0.5)

    @property
    def lo90(self) -> float:
        """The lower end of the band."""
        return min(self._printed(0.05), self._printed(0.95))

    @property
    def hi90(self) -> float:
        """The upper end of the band."""
        return max(self._printed(0.05), self._printed(0.95))

    def _printed(self, p: float) -> float:
        return self.effect.scaling.printed(self.log_odds.quantile(p))


def predict(bridge: Bridge, therapy: Therapy, row: Record) -> HumanPrediction:
    """A human row of a therapy, from its animal rows and from what therapies that are no kin taught.

    The row's own effect is not used; its number of patients and the width of its interval are, since they say
    how much chance is in what it prints. Raises NoEffectError for an effect unit that says nothing.
    """
    effect = effect_of(row)
    printed, ends = _trial(bridge, therapy, row, effect.se)
    return HumanPrediction(ends, printed, effect)


def predict_end(bridge: Bridge, therapy: Therapy, row: Record) -> Ends:
    """How the trial of a human row ends, whether or not it prints a number."""
    return _trial(bridge, therapy, row, error_without_interval(row)[0])[1]


def _trial(bridge: Bridge, therapy: Therapy, row: Record, se: float) -> tuple[Mixture, Ends]:
    posterior = bridge.posterior(left_out=(therapy,))
    harm = is_adverse(row.unit, row.quantity, measure_of(row.unit).name)
    true = _of_a_harm(posterior) if harm else true_effect(posterior, therapy)
    printed = observed(posterior, true, se, is_early(row), is_open(row))
    bound = NORMAL_95 * se
    return printed, Ends(1 - printed.below(bound), printed.below(-bound), 1 - true.below(0.0))


def _of_a_harm(posterior: Posterior) -> Mixture:
    none = np.zeros(2 * len(posterior.weights))
    return Mixture(none, none + ADVERSE_SPREAD, np.tile(posterior.weights / 2, 2))


def true_effect(posterior: Posterior, therapy: Therapy) -> Mixture:
    """The therapy's true effect in man, log odds: draws that work not, then draws that work."""
    works = posterior.works(therapy.group)
    mean = posterior.draws["gain"] * posterior.animal(therapy.animals) / 10
    return Mixture(
        np.concatenate([np.zeros_like(mean), mean]),
        np.concatenate([posterior.draws["null_spread"], np.abs(posterior.draws["gain_spread"] * mean)]),
        np.concatenate([posterior.weights * (1 - works), posterior.weights * works]),
    )


def observed(posterior: Posterior, true: Mixture, se: float, early: bool, open_trial: bool) -> Mixture:
    """What a trial of this standard error prints, given the distribution of the true effect."""
    draws = posterior.draws
    shift = np.tile(early * draws["early_bias"] + open_trial * draws["open_bias"], 2)
    noise = np.tile(draws["trial_spread"], 2)
    return Mixture(true.means + shift, np.sqrt(true.sds**2 + noise**2 + se**2), true.weights)
