"""Figures of a validation: predicted against observed with bands, and a forest of records by study."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from exodyn.study.figures import COLOURS, CONTROL, INK, PUBLISHED, STYLE
from exodyn.validation.quantity import quantity_of
from exodyn.validation.rankin import Shift
from exodyn.validation.score import Band
from exodyn.validation.validate import Scored

PANELS = {"logit": "shares (odds)", "log": "amounts", "linear": "differences and points"}
MOST_ROWS = 60  # of a forest


def numbers(found: Sequence[Scored]) -> list[Scored]:
    """The records with a plain number that were predicted."""
    return [one for one in found if one.observed is not None and one.band is not None]


def predicted_observed(found: Sequence[Scored]) -> Figure:
    """Predicted medians and 90% bands against observed values, where they are compared; a panel a measure."""
    shown = {
        measure: [one for one in numbers(found) if quantity_of(one.record).measure == measure]
        for measure in PANELS
    }
    shown = {measure: them for measure, them in shown.items() if them}
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(3.6 * max(len(shown), 1), 3.6), layout="constrained")
        for column, (measure, them) in enumerate(shown.items()):
            axes = figure.add_subplot(1, len(shown), column + 1)
            for split, colour in (("calibration", CONTROL), ("", COLOURS[1]), ("validation", COLOURS[0])):
                own = [one for one in them if one.split == split]
                if own:
                    _points(axes, own, colour, f"{split or 'neither'}, {len(own)}")
            _diagonal(axes)
            axes.set_title(PANELS[measure])
            axes.set_xlabel("observed")
            axes.set_ylabel("predicted, 90% band" if column == 0 else "")
            axes.legend(loc="upper left")
    return figure


def _points(axes: mpl.axes.Axes, found: Sequence[Scored], colour: str, label: str) -> None:
    x, low, middle, high = np.array([_there(one) for one in found]).T
    axes.vlines(x, low, high, color=colour, linewidth=0.8, alpha=0.6)
    axes.scatter(x, middle, s=9, color=colour, label=label, zorder=2)


def _there(one: Scored) -> tuple[float, float, float, float]:
    """Observed, and the band, where they are compared; logarithms and log odds to base 10."""
    quantity = quantity_of(one.record)
    assert one.band is not None and one.observed is not None
    scale = 1.0 if quantity.measure == "linear" else 1 / np.log(10)
    values = one.observed, one.band.low, one.band.median, one.band.high
    a, b, c, d = (scale * quantity.to(value) for value in values)
    return a, b, c, d


def _diagonal(axes: mpl.axes.Axes) -> None:
    low = min(axes.get_xlim()[0], axes.get_ylim()[0])
    high = max(axes.get_xlim()[1], axes.get_ylim()[1])
    axes.plot([low, high], [low, high], color=INK, linewidth=0.7, zorder=0)


def forest(found: Sequence[Scored], title: str = "") -> Figure:
    """Each record's band (line, median as a tick) and what was observed (dot), by study; at most 60.

    Bands are drawn relative to their own width, so that quantities of any unit stand together: -1 and 1
    are the ends of the band, and a dot beyond them is a miss.
    """
    shown = numbers(found)[:MOST_ROWS]
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(7.2, 0.9 + 0.17 * max(len(shown), 1)), layout="constrained")
        axes = figure.add_subplot()
        rows = np.arange(len(shown), 0, -1)
        for row, one in zip(rows, shown, strict=True):
            band, observed = _relative(one)
            axes.hlines(row, -1, 1, color=CONTROL, linewidth=2.2, alpha=0.5)
            axes.plot([band.median], [row], marker="|", color=INK, markersize=6)
            axes.plot(
                [observed], [row], marker="o", markersize=3.5, color=COLOURS[0] if one.inside else PUBLISHED
            )
        axes.set_yticks(rows, [_name(one) for one in shown], fontsize=6.5)
        axes.set_ylim(0.2, len(shown) + 0.8)
        axes.set_xlabel("observed, relative to the band (-1 and 1 are its ends)")
        axes.set_title(title)
    return figure


def _name(one: Scored) -> str:
    text = f"{one.record.study}: {one.record.quantity}"
    return f"{text[:58]}  {one.record.id}"


def _relative(one: Scored) -> tuple[Band, float]:
    """The band and the observed value with the band's ends at -1 and 1; beyond 3 the dot stands at 3."""
    quantity = quantity_of(one.record)
    assert one.band is not None and one.observed is not None
    low, middle, high, observed = (
        quantity.to(value) for value in (one.band.low, one.band.median, one.band.high, one.observed)
    )
    half = (high - low) / 2 or 1.0
    center = (high + low) / 2
    place = float(np.clip((observed - center) / half, -3.0, 3.0))
    return Band((middle - center) / half, -1.0, 1.0), place


def rankin(found: Sequence[Shift]) -> Figure:
    """Observed and predicted distributions of the mRS below each other, a pair an arm."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(7.2, 0.8 + 0.5 * max(len(found), 1)), layout="constrained")
        axes = figure.add_subplot()
        labels, places = [], []
        for number, one in enumerate(found):
            for offset, what, shares in ((0.2, "observed", one.observed), (-0.2, "predicted", one.predicted)):
                place = len(found) - number + offset
                edges = 100 * np.concatenate([[0.0], np.cumsum(shares)])
                shades = [str(0.95 - 0.12 * k) for k in range(7)]
                axes.barh(
                    [place] * 7,
                    np.diff(edges),
                    left=edges[:-1],
                    height=0.36,
                    color=shades,
                    edgecolor=INK,
                    linewidth=0.4,
                )
                labels.append(f"{one.study[:30]} {one.group[-14:]} {one.days}, {what}")
                places.append(place)
        axes.set_yticks(places, labels, fontsize=6.5)
        axes.set_xlim(0, 100)
        axes.set_xlabel("patients, %, by mRS 0 (light) to 6 (dark)")
    return figure
