"""What raters write down of virtual patients: every scale, every arm, every visit, by one rater or several.

Arms are read by the same raters, and the patient's fate is the same for every scale, arm and rater.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from exodyn.engine.random import uniforms
from exodyn.scales import Scale
from exodyn.study.study import Study
from exodyn.study.tally import Codes, Grid
from exodyn.study.uncertainty import groups

Floats = NDArray[np.float64]

RATERS = 16
FINE = 1000  # steps of a scale from which on one rater is enough


class Rating:
    """The scales of a study, each patient's by the parameters of its posterior draw."""

    def __init__(self, study: Study, by_draw: Sequence[Study]) -> None:
        self.study, self.by_draw = study, by_draw
        self.grids = {scale.name: grid_of(scale, study.uncertainty.noise) for scale in study.scales}

    def codes(self, index: int, arms: Sequence[Mapping[str, Floats]], first: int) -> Codes:
        """Readings of one scale in steps, int32[arms, raters, patients, visits], of patients from `first`.

        arms: what the raters see, float64[patients, visits] by name, in each arm.
        """
        scale = self.study.scales[index]
        grid = self.grids[scale.name]
        patients, visits = next(iter(arms[0].values())).shape
        draws = self._numbers(scale, grid.raters, first, patients, visits)
        readings = []
        for seen in arms:
            # Whoever failed is not rated: a scale may well make a number of NaN.
            failed = np.any([np.isnan(column) for column in seen.values()], axis=0)
            found = self._read(index, seen, draws, first).reshape(grid.raters, patients, visits)
            readings.append(np.where(failed, np.nan, found))
        return grid.codes(np.stack(readings))

    def _numbers(self, scale: Scale, raters: int, first: int, patients: int, visits: int) -> Floats:
        """The uniform numbers of fate and of raters, float64[raters * patients, scale.draws(visits)]."""
        seed, carries = self.study.seed, self.study.uncertainty
        fate = (
            uniforms(seed, "death", first, patients, 1) if carries.patients else np.full((patients, 1), 0.5)
        )
        rater = uniforms(seed, f"scale:{scale.name}", first, patients, scale.draws(visits) - 1)
        return of_raters(fate, rater if carries.noise else np.full_like(rater, 0.5), raters)

    def _read(self, index: int, seen: Mapping[str, Floats], draws: Floats, first: int) -> Floats:
        """Readings, float64[raters * patients, visits]; all patients of one rater come first."""
        patients = len(next(iter(seen.values())))
        raters = len(draws) // patients
        seen = {name: np.tile(column, (raters, 1)) for name, column in seen.items()}
        mine = self.study.scales[index]
        readings = mine.observe(seen, draws)
        for group, study in groups(self.by_draw, first, patients):
            theirs = study.scales[index]
            if theirs != mine:
                own = (patients * np.arange(raters)[:, None] + group).ravel()
                readings[own] = theirs.observe({name: row[own] for name, row in seen.items()}, draws[own])
        return readings


def grid_of(scale: Scale, noise: bool) -> Grid:
    """The steps of a scale, and how many raters read it: the fewer its steps, the more; one without noise."""
    top = round((scale.high - scale.low) / scale.step)
    raters = min(max(FINE // top, 1), RATERS) if noise else 1
    return Grid(scale.name, scale.low, scale.step, top, raters, scale.levels)


def of_raters(fate: Floats, rater: Floats, raters: int) -> Floats:
    """The numbers of several raters of the same patients, float64[raters * patients, 1 + columns].

    The first reads with `rater`, float64[patients, columns], the others with the same numbers moved on evenly
    around the unit circle (Cranley and Patterson 1976, SIAM J Numer Anal 13:904), so that each is as likely
    as the first and together they fill the circle. Fate is the patient's own, float64[patients, 1].
    """
    turned = (rater + (np.arange(raters) / raters)[:, None, None]) % 1.0
    turned = np.clip(turned, np.finfo(np.float64).tiny, 1.0 - np.finfo(np.float64).epsneg)
    own = np.broadcast_to(fate, (raters, *fate.shape))
    return np.concatenate([own, turned], axis=2).reshape(raters * len(fate), -1)
