"""Are the batches the same? A hierarchical model for few batches, which may answer that it cannot say.

log y = mu + batch + repeat, batches normal with sd tau, repeats normal with sd sigma (Gelman 2006, Bayesian
Anal 1:515, on priors of tau when groups are few). With three to eight batches the data alone bound tau
poorly: its prior is stated, and an answer that changes when the prior is halved or doubled is none.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from exodyn.errors import InputError
from exodyn.product.statistics import equivalence, tolerance

Floats = NDArray[np.float64]
Answer = Literal["yes", "no", "cannot say"]

# Half-normal on the sd of log batch values. Assumed: 68% of such sds lie below 0.5 (a CV of 53%), which holds
# the 2 to 25% of day-to-day counts and the several-fold spread between harvests of unlike cultures.
PRIOR_SCALE = 0.5
DRAWS = 8000
_TAUS, _SIGMAS = 160, 40


@dataclass(frozen=True)
class Posterior:
    """Draws of mean (log), between-batch sd and repeat sd, float64[DRAWS] each."""

    mu: Floats
    tau: Floats
    sigma: Floats
    batches: int
    prior_scale: float

    def quantiles(self, name: str, levels: Sequence[float] = (0.05, 0.5, 0.95)) -> tuple[float, ...]:
        """Of "mu", "tau" or "sigma"."""
        return tuple(float(q) for q in np.quantile(getattr(self, name), levels))

    def next_batch(self, seed: int = 1) -> Floats:
        """Draws of the true value of a batch yet to be made, on the scale of the values, float64[DRAWS]."""
        random = np.random.default_rng(seed)
        return np.asarray(np.exp(self.mu + self.tau * random.standard_normal(len(self.mu))))

    def share_inside(self, low: float, high: float) -> Floats:
        """Draws of the share of all future batches between two limits, float64[DRAWS]."""
        bottom = -math.inf if low <= 0 else math.log(low)
        top = math.inf if math.isinf(high) else math.log(high)
        width = np.maximum(self.tau, 1e-12)
        return np.asarray(special.ndtr((top - self.mu) / width) - special.ndtr((bottom - self.mu) / width))


def posterior(
    batches: Mapping[str, ArrayLike],
    prior_scale: float = PRIOR_SCALE,
    repeat_sd: float | None = None,
    seed: int = 1,
) -> Posterior:
    """Posterior by a grid over tau and sigma, the mean integrated; values above 0, one or more a batch.

    repeat_sd: sd of log repeats known from elsewhere, used where no batch was measured twice; without it the
    between-batch sd then holds measurement too. Raises InputError below two batches or for values below 0.
    """
    logs = [np.log(_positive(name, values)) for name, values in batches.items()]
    if len(logs) < 2:
        raise InputError(f"comparability: {len(logs)} batch; expected 2 or more")
    sizes = np.array([len(each) for each in logs], dtype=np.float64)
    means = np.array([float(each.mean()) for each in logs])
    within = sum(float(((each - each.mean()) ** 2).sum()) for each in logs)
    degrees = int(sizes.sum()) - len(logs)
    tau = np.linspace(0, 4 * prior_scale + 2 * float(means.std()), _TAUS + 1)[1:] - 1e-9
    if repeat_sd is not None or degrees == 0:
        sigma = np.array([repeat_sd or 0.0])
        log_sigma = np.zeros(1)
    else:
        middle = math.sqrt(max(within / degrees, 1e-12))
        spread = min(3.0, 4 / math.sqrt(2 * degrees))
        sigma = middle * np.exp(np.linspace(-spread, 1.5 * spread, _SIGMAS))
        # chi-square of the repeats; the prior 1/sigma cancels the step of a logarithmic grid
        log_sigma = -degrees * np.log(sigma) - within / (2 * sigma**2)
    variance = tau[:, None, None] ** 2 + sigma[None, :, None] ** 2 / sizes
    precision = (1 / variance).sum(axis=2)
    centre = (means / variance).sum(axis=2) / precision
    fit = -0.5 * (np.log(variance).sum(axis=2) + np.log(precision))
    fit -= 0.5 * ((means - centre[:, :, None]) ** 2 / variance).sum(axis=2)
    weight = fit + log_sigma[None, :] - 0.5 * (tau[:, None] / prior_scale) ** 2
    chance = np.exp(weight - weight.max()).ravel()
    random = np.random.default_rng(seed)
    drawn = random.choice(len(chance), DRAWS, p=chance / chance.sum())
    i, j = np.unravel_index(drawn, weight.shape)
    # A draw lies anywhere in its cell of the grid, not on its corner.
    step = tau[1] - tau[0]
    spread_tau = np.maximum(tau[i] + step * (random.random(DRAWS) - 0.5), 1e-9)
    mu = centre[i, j] + random.standard_normal(DRAWS) / np.sqrt(precision[i, j])
    return Posterior(mu, spread_tau, sigma[j], len(logs), prior_scale)


@dataclass(frozen=True)
class Verdict:
    """The answer and the probability behind it, under the prior and with its scale halved and doubled."""

    answer: Answer
    probability: float
    probabilities: tuple[float, float, float]
    reason: str


def consistent(
    batches: Mapping[str, ArrayLike],
    low: float,
    high: float,
    content: float = 0.9,
    confidence: float = 0.95,
    prior_scale: float = PRIOR_SCALE,
    repeat_sd: float | None = None,
) -> Verdict:
    """Will at least `content` of all future batches lie between the limits?"""

    def chance(scale: float) -> float:
        return float((posterior(batches, scale, repeat_sd).share_inside(low, high) >= content).mean())

    found = chance(prior_scale), chance(prior_scale / 2), chance(2 * prior_scale)
    what = f"that {100 * content:g}% of batches lie in {low:.4g} to {high:.4g}"
    return _verdict(found, confidence, what, len(batches))


def same_after_change(
    before: Mapping[str, ArrayLike],
    after: Mapping[str, ArrayLike],
    margin: float = 1.25,
    confidence: float = 0.95,
    prior_scale: float = PRIOR_SCALE,
    repeat_sd: float | None = None,
) -> Verdict:
    """Is the mean of batches after a change within a factor `margin` of that before (one tau for both)?"""

    def chance(scale: float) -> float:
        ratio = np.abs(difference(before, after, scale, repeat_sd))
        return float((ratio < math.log(margin)).mean())

    found = chance(prior_scale), chance(prior_scale / 2), chance(2 * prior_scale)
    what = f"that the means differ by less than a factor {margin:g}"
    return _verdict(found, confidence, what, len(before) + len(after))


def difference(
    before: Mapping[str, ArrayLike],
    after: Mapping[str, ArrayLike],
    prior_scale: float = PRIOR_SCALE,
    repeat_sd: float | None = None,
    seed: int = 1,
) -> Floats:
    """Draws of log mean after - before, float64[DRAWS], with the between-batch sd learnt from both groups.

    The groups' batches are centred on their own means to learn the spread, which costs one degree of freedom.
    """
    logs = [{name: np.log(_positive(name, v)) for name, v in group.items()} for group in (before, after)]
    if not logs[0] or not logs[1]:
        raise InputError("comparability: expected one batch or more before and after the change")
    centres = [float(np.mean([float(each.mean()) for each in group.values()])) for group in logs]
    joint = {
        f"{side} {name}": np.exp(each - centre)
        for side, group, centre in zip("ba", logs, centres, strict=True)
        for name, each in group.items()
    }
    spread = posterior(joint, prior_scale, repeat_sd, seed)
    random = np.random.default_rng(seed + 1)
    means = []
    for group in logs:
        sizes = np.array([len(each) for each in group.values()], dtype=np.float64)
        values = np.array([float(each.mean()) for each in group.values()])
        precision = 1 / (spread.tau[:, None] ** 2 + spread.sigma[:, None] ** 2 / sizes)
        centre = (precision * values).sum(axis=1) / precision.sum(axis=1)
        means.append(centre + random.standard_normal(DRAWS) / np.sqrt(precision.sum(axis=1)))
    return np.asarray(means[1] - means[0])


def _verdict(found: tuple[float, float, float], confidence: float, what: str, batches: int) -> Verdict:
    def answer(chance: float) -> Answer:
        return "yes" if chance >= confidence else "no" if chance <= 1 - confidence else "cannot say"

    answers = {answer(chance) for chance in found}
    said = f"probability {found[0]:.2f} {what} ({batches} batches)"
    if len(answers) > 1:
        low, high = min(found), max(found)
        return Verdict("cannot say", found[0], found, f"{said}; the prior decides: {low:.2f} to {high:.2f}")
    (one,) = answers
    return Verdict(one, found[0], found, said if one != "cannot say" else f"{said}: too few or too varied")


def batches_for_equivalence(
    cv: float, power: float = 0.8, margin: float = 1.25, ratio: float = 1.0, alpha: float = 0.05
) -> int | None:
    """Batches before, and as many after a change, for a TOST of their means with the power; None above 5000.

    cv: between batches, measurement included, as a share.
    """
    found = equivalence.n_for_power(power, cv, ratio, 1 / margin, margin, alpha, "parallel")
    return None if found is None else found // 2


def batches_for_tolerance(
    cv: float, margin: float, content: float = 0.9, confidence: float = 0.95, most: int = 1000
) -> int | None:
    """Batches until mean -+ k sd of log values fits a factor `margin` either way; None if never."""
    sd, room = math.sqrt(math.log1p(cv * cv)), math.log(margin)
    for n in range(2, most + 1):
        if tolerance.howe_factor(n, content, confidence) * sd <= room:
            return n
    return None


@dataclass(frozen=True)
class Spread:
    """What a study needs of the batches: a log-normal factor on a product's parameter.

    median: of the values. gsd: geometric sd of a future batch, its uncertainty included.
    """

    attribute: str
    median: float
    gsd: float
    batches: int

    def factors(self, n: int, seed: int = 1) -> Floats:
        """Batches drawn relative to the median, float64[n]."""
        return np.asarray(np.exp(math.log(self.gsd) * np.random.default_rng(seed).standard_normal(n)))


def spread(attribute: str, batches: Mapping[str, ArrayLike], repeat_sd: float | None = None) -> Spread:
    """The predictive spread of a future batch; from here a study draws its product's parameter."""
    drawn = np.log(posterior(batches, repeat_sd=repeat_sd).next_batch())
    # Quantiles rather than the sd: the predictive has heavy tails with few batches.
    low, middle, high = np.quantile(drawn, (0.1587, 0.5, 0.8413))
    return Spread(attribute, float(np.exp(middle)), float(np.exp((high - low) / 2)), len(batches))


def _positive(name: str, values: ArrayLike) -> Floats:
    x = np.atleast_1d(np.asarray(values, dtype=np.float64))
    if not len(x) or not np.all(np.isfinite(x)) or np.any(x <= 0):
        raise InputError(f"comparability: batch {name}: expected finite values above 0")
    return x
