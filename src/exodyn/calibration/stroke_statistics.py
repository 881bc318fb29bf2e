"""What papers print of an untreated cohort, from its predicted course: each with its derivatives.

Each statistic is a value and a `pull`, which adds the derivatives of a log likelihood to `Slopes` given those
by the value.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import ndtr

from exodyn.calibration.stroke_course import DAYS, Courses, Slopes
from exodyn.evidence import Target
from exodyn.scales import NIHSS

Floats = NDArray[np.float64]

RATERS, CHANCES = np.polynomial.hermite_e.hermegauss(5)
CHANCES = CHANCES / CHANCES.sum()
"""Errors of a rater, in standard deviations, and the weight of each."""
LEAST = 1e-12


@dataclass(frozen=True)
class Statistic:
    """A value (or several, float64[...]) and what adds the derivatives by it to those by the course."""

    value: Floats
    pull: Callable[[Floats, Slopes], None]


@dataclass(frozen=True)
class Cohort:
    """One cohort of predicted courses."""

    courses: Courses
    rows: slice

    def rankin(self, day: float, low: float | None = None, high: float | None = None) -> Statistic:
        """Share of each mRS 0 to 6, float64[7], among those whom a rater gives these scores at entry."""
        v, k = self.courses.values, DAYS.index(day)
        deficit, survival = self.courses.deficit[self.rows, 1 + k], self.courses.survival[self.rows, k]
        years = self.courses.cases.age[self.rows] - v["mrs_age_center"]
        cuts = np.array([v[f"mrs_cut_{i}"] for i in range(1, 6)])
        sd = math.hypot(v["mrs_person_sd"], v["mrs_rater_sd"])
        rating = self.courses.offsets.rating[self.courses.cases.cohort[self.rows]]
        z = ((np.log1p(deficit) + v["mrs_age"] * years + rating)[:, None] - cuts) / sd
        passed = ndtr(z)
        where, by_nihss = self._counted(low, high)
        counted = self.courses.weight[self.rows] * where
        total = max(float(counted.sum()), LEAST)
        weight = counted / total
        alive = weight * survival
        at_least = np.array([alive.sum(), *(alive @ passed), 0.0])

        def pull(slope: Floats, slopes: Slopes) -> None:
            by_least = slope[:6] - np.array([slope[6], *slope[:5]])
            by_alive = by_least[0] + passed @ by_least[1:]
            by_z = alive[:, None] * by_least[1:] * np.exp(-0.5 * z * z) / math.sqrt(2 * math.pi)
            by_latent = by_z.sum(axis=1) / sd
            for i, each in enumerate(by_z.sum(axis=0), 1):
                slopes.add(f"mrs_cut_{i}", -each / sd)
            slopes.add("mrs_person_sd", -np.sum(by_z * z) / sd * v["mrs_person_sd"] / sd)
            slopes.add("mrs_age", np.sum(by_latent * years))
            slopes.rating[self.rows] += by_latent
            slopes.deficit[self.rows, 1 + k] += by_latent / (1 + deficit)
            slopes.survival[self.rows, k] += by_alive * weight
            by_weight = by_alive * survival
            by_counted = (by_weight - by_weight @ weight) / total
            slopes.weight[self.rows] += by_counted * where
            slopes.nihss[self.rows] += by_counted * self.courses.weight[self.rows] * by_nihss

        return Statistic(np.array([*(at_least[:-1] - at_least[1:]), 1 - at_least[0]]), pull)

    def deaths(self, day: float) -> Statistic:
        """Share who died between entry and this day."""
        k = DAYS.index(day)
        weight, survival = self.courses.weight[self.rows], self.courses.survival[self.rows, k]

        def pull(slope: Floats, slopes: Slopes) -> None:
            slopes.weight[self.rows] -= slope * survival
            slopes.survival[self.rows, k] -= slope * weight

        return Statistic(np.asarray(1 - weight @ survival), pull)

    def good_groups(self) -> Statistic:
        """Share in the three groups that recover."""
        good = np.asarray(self.courses.cases.group[self.rows] >= 2, dtype=np.float64)

        def pull(slope: Floats, slopes: Slopes) -> None:
            slopes.weight[self.rows] += slope * good

        return Statistic(np.asarray(self.courses.weight[self.rows] @ good), pull)

    def reading_at_most(self, day: float, score: float) -> Statistic:
        """Share of survivors whom a rater gives at most this NIHSS."""
        entry, _ = self._rated_at_entry()
        return self._rated_below(day, np.full_like(entry, score + 0.5), np.zeros_like(entry))

    def fall_at_least(self, day: float, percent: float) -> Statistic:
        """Share of survivors whose rated NIHSS fell by at least this much, in percent of the one at entry.

        Scores are whole, so what may be left is rounded down: by its mean over all scores at entry.
        """
        entry, by_nihss = self._rated_at_entry()
        left = 1 - percent / 100
        scores = left * np.arange(1, NIHSS.high + 1)
        whole = np.mean(np.floor(scores + 1e-9) + 0.5 - scores)
        above = entry > 1
        return self._rated_below(day, left * np.maximum(entry, 1.0) + whole, left * by_nihss * above)

    def fallen_beyond(self, day: float, share: float) -> Statistic:
        """Share of survivors whose NIHSS fell by more than this share of that at entry, before rounding."""
        entry, by_nihss = self._rated_at_entry()
        left = 1 - share
        scores = left * np.maximum(entry, 0.5)
        return self._rated_below(day, scores, left * by_nihss * (entry > 0.5))

    def median_fall(self, day: float) -> float:
        """Median fall of the survivors' NIHSS, as a share of that at entry, before rounding."""
        return float(
            brentq(lambda share: float(self.fallen_beyond(day, share).value) - 0.5, -4.0, 1.0, xtol=1e-8)
        )

    def _counted(self, low: float | None, high: float | None) -> tuple[Floats | float, Floats | float]:
        """The chance that a rater gives from low to high at entry, its derivative by the NIHSS: [rows]."""
        if low is None and high is None:
            return 1.0, 0.0
        nihss, v = self.courses.nihss[self.rows], self.courses.values
        half = v["nihss_rater_half"]
        error = v["nihss_rater_sd"] * nihss / (nihss + half)
        widening = v["nihss_rater_sd"] * half / (nihss + half) ** 2
        chance, slope = np.zeros_like(nihss), np.zeros_like(nihss)
        for end, sign in ((NIHSS.high if high is None else high, 1.0), ((low or 0.0) - 1, -1.0)):
            u = (end + 0.5 - nihss) / error
            chance += sign * ndtr(u)
            slope -= sign * np.exp(-0.5 * u * u) / math.sqrt(2 * math.pi) * (1 + u * widening) / error
        return chance, slope

    def _rated_at_entry(self) -> tuple[Floats, Floats]:
        """NIHSS at entry as five raters' errors leave it, and its derivative by the true one: [rows, 5]."""
        nihss, v = self.courses.nihss[self.rows, None], self.courses.values
        sd, half = v["nihss_rater_sd"], v["nihss_rater_half"]
        return nihss + sd * nihss / (nihss + half) * RATERS, 1 + sd * half / (nihss + half) ** 2 * RATERS

    def _rated_below(self, day: float, scores: Floats, by_nihss: Floats) -> Statistic:
        """Share of survivors whom a rater gives less than these scores, [rows, 5].

        by_nihss: derivative of the scores by the NIHSS at entry.
        """
        v, k = self.courses.values, DAYS.index(day)
        deficit, survival = self.courses.deficit[self.rows, 1 + k], self.courses.survival[self.rows, k]
        sd, half = v["nihss_rater_sd"], v["nihss_rater_half"]
        error = sd * deficit / (deficit + half) + 1e-6
        u = (scores - deficit[:, None]) / error[:, None]
        chance = ndtr(u) @ CHANCES
        weight = self.courses.weight[self.rows]
        alive = weight * survival
        total = alive.sum()
        value = alive @ chance / total

        def pull(slope: Floats, slopes: Slopes) -> None:
            by_alive = slope * (chance - value) / total
            slopes.weight[self.rows] += by_alive * survival
            slopes.survival[self.rows, k] += by_alive * weight
            widening = sd * half / (deficit + half) ** 2
            by_u = np.exp(-0.5 * u * u) / math.sqrt(2 * math.pi) * CHANCES
            moved = -(by_u * (1 + u * widening[:, None])).sum(axis=1) / error
            slopes.deficit[self.rows, 1 + k] += slope * alive / total * moved
            slopes.nihss[self.rows] += slope * alive / total * (by_u * by_nihss).sum(axis=1) / error

        return Statistic(np.asarray(value), pull)


def of_cohort(courses: Courses, name: str) -> Cohort:
    """A cohort of these courses."""
    return Cohort(courses, courses.cases.rows(name))


def statistic(one: Target, cohort: Cohort) -> Statistic:
    """What the model says of a target, as a share: what was printed, or, of a median, who lies beyond it."""
    day, at = one.day or 0.0, one.at or 0.0
    match one.statistic:
        case "rankin":
            return _classes(cohort.rankin(day), [int(at)])
        case "rankin_at_most":
            return _classes(cohort.rankin(day, one.entry_low, one.entry_high), range(int(at) + 1))
        case "reading_at_most":
            return cohort.reading_at_most(day, at)
        case "fall_at_least":
            return cohort.fall_at_least(day, at)
        case "median_fall":
            return cohort.fallen_beyond(day, one.value / 100)
        case "death":
            return cohort.deaths(day)
        case "good_groups":
            return cohort.good_groups()
    raise ValueError(f"target '{one.name}': no statistic '{one.statistic}'")


def _classes(shares: Statistic, which: range | list[int]) -> Statistic:
    """The sum of some classes' shares."""
    chosen = np.zeros(7)
    chosen[list(which)] = 1.0
    return Statistic(
        np.asarray(shares.value @ chosen), lambda slope, slopes: shares.pull(slope * chosen, slopes)
    )
