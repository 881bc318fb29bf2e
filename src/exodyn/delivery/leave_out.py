"""Each calibration study foretold by the others: how far the fit reaches, without what is held back.

python -m exodyn.delivery.leave_out
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm, t

from exodyn.delivery.calibrate import ROBUST, Target, drawn, fit, predicted, targets
from exodyn.delivery.kinds import STUDY
from exodyn.delivery.simulate import simulate
from exodyn.engine.random import uniforms

Floats = NDArray[np.float64]

DRAWS = 200
TURNS = 6
"""Of the fit: after these the variances hardly move."""
COVER = 0.90


@dataclass(frozen=True)
class Foretold:
    """Logs of one target: what was seen; median, low and high of what the other studies foretell."""

    target: Target
    seen: float
    median: float
    low: float
    high: float

    @property
    def error(self) -> float:
        return self.median - self.seen

    @property
    def inside(self) -> bool:
        return self.low <= self.seen <= self.high

    @property
    def score(self) -> float:
        """Interval score of the 90% band."""
        missed = max(self.low - self.seen, 0.0) + max(self.seen - self.high, 0.0)
        return self.high - self.low + 2 / (1 - COVER) * missed


def leave_out(found: Sequence[Target]) -> list[Foretold]:
    """Every target foretold by a fit to the other studies."""
    result = []
    for study in dict.fromkeys(one.record.study for one in found):
        own = [one for one in found if one.record.study == study]
        sample = drawn(fit([one for one in found if one.record.study != study], TURNS), DRAWS)
        differences = np.asarray(norm.ppf(uniforms(1, f"left out {study}", 0, DRAWS, len(STUDY))))
        settings = tuple(dict.fromkeys(one.setting for one in own))
        scaled = {where: sample.new_study(where, differences) for where in settings}
        courses = dict(zip(settings, simulate(list(scaled.items())), strict=True))
        for one in own:
            noise = t.ppf(uniforms(1, f"number {one.record.id}", 0, DRAWS, 1)[:, 0], ROBUST)
            logs = predicted(one, courses[one.setting], scaled[one.setting])
            middle, low, high = np.quantile(logs + sample.residual * noise, [0.5, 0.05, 0.95])
            result.append(Foretold(one, one.log, float(middle), float(low), float(high)))
    return result


def line(name: str, own: Sequence[Foretold]) -> str:
    """A line of the table."""
    studies = dict.fromkeys(one.target.record.study for one in own)
    by_study = [np.mean([abs(one.error) for one in own if one.target.record.study == s]) for s in studies]
    return (
        f"| {name} | {len(own)} of {len(studies)} | {np.exp(np.mean([abs(one.error) for one in own])):.2f} "
        f"| {np.exp(np.mean(by_study)):.2f} | {100 * np.mean([one.inside for one in own]):.0f}% "
        f"| {np.mean([one.score for one in own]):.1f} |"
    )


def main() -> None:
    """Print the table by kind of particle and by study."""
    found = leave_out(targets())
    print("| left out | numbers of studies | GMFE | by study | in the band | score |")
    print("| --- | --- | --- | --- | --- | --- |")
    print(line("all", found))
    for kind in dict.fromkeys(one.target.setting.kind for one in found):
        print(line(kind, [one for one in found if one.target.setting.kind == kind]))
    for study in dict.fromkeys(one.target.record.study for one in found):
        print(line(study, [one for one in found if one.target.record.study == study]))


if __name__ == "__main__":
    main()
