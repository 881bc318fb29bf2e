"""A batch in figures: by the instrument's own definitions and by ours, both named."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from exodyn.product.instruments.measurement import Histogram, Measurement


@dataclass(frozen=True)
class Sizes:
    """Figures of one histogram by our definitions; diameters in nm, shares from 0 to 1.

    d10, d50, d90: amounts lie evenly inside a bin, so the cumulative is interpolated between bin edges.
    mean: of the bins' centres. mode: the centre of the fullest bin, the smallest of equals.
    share_40_150: of the amount between 40 and 150 nm, with the same interpolation.
    weighting: what is counted; figures of different weightings do not compare.
    """

    d10: float
    d50: float
    d90: float
    mean: float
    mode: float
    share_40_150: float
    weighting: str


@dataclass(frozen=True)
class Description:
    """One sample: what the instrument printed, ours averaged over replicates, ours of the pooled histogram.

    The mean of the replicates' figures and the figure of their mean histogram differ: both are given.
    instrument: the averages printed in the file, or else the mean of the figures printed for the replicates.
    particles_per_ml: mean over replicates, with its standard error (sd / sqrt(n); None for one replicate).
    """

    sample: str
    replicates: int
    particles_per_ml: float | None
    standard_error: float | None
    dilution: float | None
    instrument: Mapping[str, float]
    ours: Sizes | None
    pooled: Sizes | None
    flags: tuple[str, ...]


def sizes(histogram: Histogram) -> Sizes | None:
    """Our figures; None where the histogram is empty."""
    total = histogram.total
    if not total > 0:
        return None
    cumulative = np.concatenate(([0.0], np.cumsum(histogram.amounts))) / total
    # Empty bins make the cumulative flat: a flat stretch keeps its first edge only.
    rising = np.concatenate(([True], np.diff(cumulative) > 0))
    first = int(np.argmax(histogram.amounts > 0))
    rising[first] = True
    rising[:first] = False
    d10, d50, d90 = np.interp((0.1, 0.5, 0.9), cumulative[rising], histogram.edges[rising])
    low, high = np.interp((40.0, 150.0), histogram.edges, cumulative)
    mean = float(histogram.centres @ histogram.amounts / total)
    mode = float(histogram.centres[np.argmax(histogram.amounts)])
    return Sizes(float(d10), float(d50), float(d90), mean, mode, float(high - low), histogram.weighting)


def describe(measurement: Measurement) -> tuple[Description, ...]:
    """One description a sample, in the order of the file."""
    several = len(measurement.samples) > 1
    found = []
    for sample in measurement.samples:
        replicates = [each for each in measurement.replicates if each.sample == sample]
        histograms = [each.histogram for each in replicates if each.histogram is not None]
        counts = [each.particles_per_ml for each in replicates if each.particles_per_ml is not None]
        dilutions = {each.dilution for each in replicates}
        # A mean over known and unknown dilutions would have no meaning.
        comparable = len({dilution is None for dilution in dilutions}) == 1 and len(counts) == len(replicates)
        names = set.intersection(*({*each.reported} for each in replicates))
        own = {name: float(np.mean([each.reported[name] for each in replicates])) for name in sorted(names)}
        if measurement.averages and not several:
            own = dict(measurement.averages)
        found.append(
            Description(
                sample,
                len(replicates),
                float(np.mean(counts)) if comparable else None,
                float(np.std(counts, ddof=1) / np.sqrt(len(counts)))
                if comparable and len(counts) > 1
                else None,
                dilutions.pop() if len(dilutions) == 1 else None,
                own,
                _mean([sizes(each) for each in histograms]),
                _pooled(histograms),
                tuple(
                    dict.fromkeys([*measurement.flags, *(flag for each in replicates for flag in each.flags)])
                ),
            )
        )
    return tuple(found)


def _mean(each: list[Sizes | None]) -> Sizes | None:
    known = [one for one in each if one is not None]
    if not known or len({one.weighting for one in known}) > 1:
        return None

    def over(name: str) -> float:
        return float(np.mean([getattr(one, name) for one in known]))

    return Sizes(
        over("d10"),
        over("d50"),
        over("d90"),
        over("mean"),
        over("mode"),
        over("share_40_150"),
        known[0].weighting,
    )


def _pooled(histograms: list[Histogram]) -> Sizes | None:
    """Of the mean histogram; None where the replicates have different bins or units."""
    if not histograms:
        return None
    first = histograms[0]
    for other in histograms[1:]:
        if (other.unit, other.weighting) != (first.unit, first.weighting) or not np.array_equal(
            other.edges, first.edges
        ):
            return None
    amounts = np.mean([each.amounts for each in histograms], axis=0)
    return sizes(Histogram(first.edges, first.centres, amounts, first.unit, first.weighting))
