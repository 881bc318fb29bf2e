"""Figures of a result: courses of readouts, scales by visit, distributions over a scale's levels.

One figure shows one quantity, so that a page can set them side by side or, on a phone, one below the other.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from exodyn.indications import Point
    from exodyn.study.result import Result

CONTROL = "#8a8a8a"
COLOURS = (
    "#0b84c6",
    "#e07b00",
    "#1a9e77",
    "#c2549d",
    "#8f6ad6",
    "#b59b00",
)  # told apart in light, dark and by most eyes
PUBLISHED = "#d1495b"
INK = "#010203"  # text and axes: in a page it becomes the page's own text colour
FEW_LEVELS = 10
SIZE = 4.6, 3.2  # inches

STYLE: dict[Any, Any] = {
    "font.family": "sans-serif",
    "font.size": 9.5,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "axes.titlesize": 10.5,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "legend.frameon": False,
    "legend.fontsize": 8.5,
    "lines.linewidth": 1.8,
    "figure.constrained_layout.use": True,
    "svg.fonttype": "none",
    "path.simplify": True,
}


def all_figures(result: Result) -> dict[str, Callable[[], Figure]]:
    """Every figure of a result by name: exposure, tissue, function and distributions, in this order."""
    figures: dict[str, Callable[[], Figure]] = {}
    for group, names in result.layout.figures.items():
        for name in names:
            figures[f"{group}_{name}"] = partial(course, result, name, group == "exposure")
    for name, grid in result.layout.grids.items():
        figures[f"function_{name}"] = partial(scale, result, name)
        if grid.top < FEW_LEVELS:
            figures[f"distribution_{name}"] = partial(distribution, result, name)
    return figures


def course(result: Result, name: str, exposure: bool = False) -> Figure:
    """Median course of a readout by arm with the band that holds 90% of the patients of the sample.

    exposure: on a logarithmic axis and around the doses, arms that receive nothing left out.
    """
    layout, sample = result.layout, result.sample
    with mpl.rc_context(STYLE):
        figure, axes = _figure()
        peak = float(sample[name].max())
        for index, arm in enumerate(layout.arms):
            rows = sample[sample["arm"] == arm]
            if exposure and not rows[name].max() > 0:
                continue
            bands = rows.groupby("time")[name].quantile(np.array([0.05, 0.5, 0.95])).unstack()
            times = bands.index.to_numpy()
            colour = _colour(result, index)
            axes.fill_between(times, bands[0.05], bands[0.95], color=colour, alpha=0.18, linewidth=0)
            axes.plot(times, bands[0.5], color=colour, label=arm)
        if exposure and layout.dose_times and peak > 0:
            axes.set_yscale("log")
            axes.set_ylim(peak * 1e-6, peak * 2)
            axes.set_xlim(layout.dose_times[0] - 0.1, min(layout.dose_times[-1] + 4, layout.visits[-1]))
        axes.set_title(name.replace("_", " "))
        axes.set_xlabel("days after the injury")
        axes.set_ylabel(_unit(layout.readouts[name]))
        _legend(axes)
    return figure


def scale(result: Result, name: str) -> Figure:
    """Mean of a scale by arm and visit, the range of 90% of the patients, and published values."""
    layout = result.layout
    rows = result.scale(name).rows
    with mpl.rc_context(STYLE):
        figure, axes = _figure()
        shift = 0.012 * (layout.visits[-1] - layout.visits[0])
        for index, arm in enumerate(layout.arms):
            its = [row for row in rows if row["arm"] == arm and row["n"]]
            if not its:
                continue
            days = np.array([row["visit_d"] for row in its], dtype=float)
            mean, low, high = (
                np.array([row[key] for row in its], dtype=float) for key in ("mean", "p05", "p95")
            )
            colour = _colour(result, index)
            axes.fill_between(days, low, high, color=colour, alpha=0.14, linewidth=0)
            axes.plot(days, mean, color=colour, marker="o", markersize=4, label=arm)
        shown = [point for point in layout.published if drawable(point, name)]
        if shown:
            days = np.array([point.time for point in shown]) + shift
            values = [point.value for point in shown]
            axes.scatter(
                days,
                values,
                marker="D",
                s=26,
                facecolors="none",
                edgecolors=PUBLISHED,
                label="published",
                zorder=5,
            )
        axes.set_title(f"{name}: mean, and 90% of patients")
        axes.set_xlabel("days after the injury")
        axes.set_ylabel(_unit(layout.units[name]))
        _legend(axes)
    return figure


def distribution(result: Result, name: str) -> Figure:
    """Share of patients on each level of a scale at the last visit, one bar an arm."""
    layout = result.layout
    grid, tally = layout.grids[name], result.tallies[name]
    shades = mpl.colormaps["YlGnBu" if grid.top else "Greys"](np.linspace(0.08, 0.95, grid.top + 1))
    with mpl.rc_context(STYLE):
        figure, axes = _figure(height=0.9 + 0.55 * len(layout.arms))
        for index, arm in enumerate(reversed(layout.arms)):
            counts = tally.value.patients[layout.arms.index(arm), -1].astype(float)
            shares = 100 * counts / max(counts.sum(), 1)
            left = 0.0
            for level, share in enumerate(shares):
                axes.barh(
                    index, share, left=left, color=shades[level], edgecolor="white", linewidth=0.6, height=0.7
                )
                if share >= 4:
                    text = f"{grid.low + level * grid.step:g}\n{share:.0f}%"
                    ink = "white" if level > grid.top / 2 else "#222222"
                    axes.text(
                        left + share / 2, index, text, ha="center", va="center", fontsize=7.5, color=ink
                    )
                left += share
        axes.set_yticks(range(len(layout.arms)), list(reversed(layout.arms)))
        axes.set_xlim(0, 100)
        axes.set_xlabel("% of patients rated")
        axes.set_title(f"{name} at day {layout.visits[-1]:g}")
    return figure


def drawable(point: Point, scale_name: str) -> bool:
    """Whether a published value can stand on the axis of a scale beside means."""
    return point.scale == scale_name and point.statistic in ("mean", "median")


def png(figure: Figure) -> bytes:
    """The figure as a picture with a white ground; the same figure gives the same bytes."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=160, facecolor="white", metadata={"Software": None})
    return buffer.getvalue()


def svg(figure: Figure, name: str) -> str:
    """The figure as SVG without a ground, texts in the colour of the page around it.

    name: goes into every id, so that several figures can stand in one page.
    """
    buffer = io.StringIO()
    with mpl.rc_context({**STYLE, "svg.hashsalt": name}):
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    text = buffer.getvalue()
    text = text[text.index("<svg") :].replace(INK, "currentColor")
    return re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{re.escape(name)}-", text)


def _figure(height: float | None = None) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(SIZE[0], height or SIZE[1]))
    FigureCanvasAgg(figure)
    return figure, figure.add_subplot()


def _colour(result: Result, arm: int) -> str:
    control = result.layout.control
    if arm == control:
        return CONTROL
    return COLOURS[(arm - (arm > control)) % len(COLOURS)]


def _unit(unit: str) -> str:
    return "" if unit in ("", "1") else unit


def _legend(axes: Axes) -> None:
    if axes.get_legend_handles_labels()[0]:
        axes.legend(loc="best")
