"""How cohorts that were left out of the stroke posterior were predicted, beside two dumb forecasts.

    python -m exodyn.validation.left_out

prints the table of docs/stroke.md from what `python -m exodyn.calibration.stroke leave-out --write` kept. A
dumb forecast knows the calibration records of the same quantity in other studies (`baselines`); of a figure
that pools several arms it is asked for the first. Interval scores are in percentage points.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from exodyn.calibration.stroke_left_out import LeftOut, kept_apart
from exodyn.evidence import cohorts, record, targets
from exodyn.validation.baselines import forecasts
from exodyn.validation.quantity import quantity_of
from exodyn.validation.score import Band, interval_score

BASELINES = {"mean": "mean of records", "meta_regression": "meta-regression"}


def forecast(one: LeftOut, baseline: str) -> Band | None:
    """What a dumb forecast says of a figure, in percent; None where it has nothing to go by."""
    first = record({target.name: target for target in targets("stroke")}[one.target].records[0])
    band = forecasts(first).get(baseline)
    if band is None:
        return None
    scale = 100 / quantity_of(first).whole
    return Band(scale * band.median, scale * band.low, scale * band.high)


def line(title: str, found: Sequence[LeftOut]) -> str:
    """One line of the table."""
    inside = sum(one.low <= one.observed <= one.high for one in found)
    cells = [title, f"{inside} of {len(found)}", f"{np.mean([_score(one) for one in found]):.1f}"]
    for baseline in BASELINES:
        both = [(one, band) for one in found if (band := forecast(one, baseline)) is not None]
        if not both:
            cells.append("–")
            continue
        ours = np.mean([_score(one) for one, _ in both])
        theirs = np.mean([interval_score(band, one.observed) for one, band in both])
        cells.append(f"{ours:.1f} against {theirs:.1f} (of {len(both)})")
    return f"| {' | '.join(cells)} |"


def _score(one: LeftOut) -> float:
    return interval_score(Band(one.median, one.low, one.high), one.observed)


def main() -> None:
    """Print the table."""
    found = kept_apart()
    beside = " | ".join(f"against the {name}" for name in BASELINES.values())
    print(f"| cohort left out | inside the 90% band | interval score | {beside} |")
    print("| --- | --- | --- | --- | --- |")
    for name in dict.fromkeys(one.cohort for one in found):
        print(line(cohorts("stroke")[name].title, [one for one in found if one.cohort == name]))
    if found:
        print(line("all", found))


if __name__ == "__main__":
    main()
