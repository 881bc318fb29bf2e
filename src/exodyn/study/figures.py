"""Figures of a result: courses of readouts, scales by visit, distributions over a scale's levels.

One figure shows one quantity, so that a page can set them side by side or, on a phone, one below the other.
"""

from __future__ import annotations

import io
import math
import re
import textwrap
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullLocator
from numpy.typing import NDArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes

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
    # Margins are fixed: matplotlib's own search for them takes longer than all of the drawing.
    "figure.subplot.left": 0.14,
    "figure.subplot.right": 0.97,
    "figure.subplot.bottom": 0.17,
    "figure.subplot.top": 0.9,
    "axes.titley": 1.0,
    "svg.fonttype": "none",
    "text.parse_math": False,  # an arm may be called "$5"
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
            figures[f"function_{name}_levels"] = partial(distribution, result, name)
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
            axes.plot(times, bands[0.5], color=colour, label=arm, **_line(result, index))
        if exposure and layout.dose_times and peak > 0:
            axes.set_yscale("log")
            axes.yaxis.set_major_formatter(FuncFormatter(_power))
            axes.yaxis.set_minor_locator(NullLocator())
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
        for index, arm in enumerate(layout.arms):
            its = [row for row in rows if row["arm"] == arm and row["n"]]
            days, mean, low, high = (
                np.array([row[key] for row in its], dtype=float) for key in ("visit_d", "mean", "p05", "p95")
            )
            colour = _colour(result, index)
            axes.fill_between(days, low, high, color=colour, alpha=0.14, linewidth=0)
            axes.plot(days, mean, color=colour, marker="o", markersize=4, label=arm, **_line(result, index))
        shown = published_values(result, name)
        if shown:
            at, seen = zip(*shown, strict=True)
            axes.scatter(
                at, seen, 26, marker="D", facecolors="none", edgecolors=PUBLISHED, label="published", zorder=5
            )
        axes.set_title(f"{name}: mean, and 90% of patients")
        axes.set_xlabel("days after the injury")
        if levels := layout.grids[name].levels:
            grid = layout.grids[name]
            axes.set_yticks([grid.low + k * grid.step for k in range(len(levels))], list(levels))
            axes.set_ylabel("grade")
        else:
            axes.set_ylabel(_unit(layout.units[name]))
        _legend(axes)
    return figure


def distribution(result: Result, name: str) -> Figure:
    """Share of patients on each level of a scale, one bar an arm, and published arms below.

    At the visit for which most distributions were published, else at the last one.
    """
    layout = result.layout
    grid = layout.grids[name]
    visit, published = max(
        ((index, published_shares(result, name, day)) for index, day in enumerate(layout.visits)),
        key=lambda found: (len(found[1]), found[0]),
    )
    bars = {
        arm: 100 * counts / max(counts.sum(), 1)
        for arm, counts in zip(
            layout.arms, result.tallies[name].value.patients[:, visit].astype(float), strict=True
        )
    } | published
    shades = mpl.colormaps["YlGnBu"](np.linspace(0.08, 0.95, grid.top + 1))
    with mpl.rc_context(STYLE):
        height = 0.9 + 0.42 * len(bars)
        figure, axes = _figure(height)
        figure.subplots_adjust(left=0.38, bottom=0.55 / height, top=1 - 0.3 / height)
        for place, shares in zip(range(len(bars), 0, -1), bars.values(), strict=True):
            ends = np.cumsum(shares)
            axes.barh(
                place, shares, left=ends - shares, color=shades, edgecolor="white", linewidth=0.6, height=0.72
            )
            for level, (share, end) in enumerate(zip(shares, ends, strict=True)):
                if share >= 5:
                    ink = "white" if level > grid.top / 2 else "#222222"
                    value = grid.low + level * grid.step
                    text = grid.name_of(value) or f"{value:g}"
                    axes.text(end - share / 2, place, text, ha="center", va="center", fontsize=8, color=ink)
        axes.set_yticks(range(len(bars), 0, -1), list(bars), fontsize=8)
        axes.set_xlim(0, 100)
        axes.set_xlabel("% of patients, by level")
        axes.set_title(f"{name} at day {layout.visits[visit]:g}", loc="left")
    return figure


def published_values(result: Result, name: str) -> list[tuple[float, float]]:
    """(day, value) of published means and medians of untreated arms on a scale.

    A published median fall in per cent is drawn from this result's own median at the first visit.
    """
    start = result.scale(name).rows[result.layout.control * len(result.layout.visits)]["median"]
    found = []
    for point in result.layout.published:
        if point.scale != name or point.arm != "control":
            continue
        if point.statistic in ("mean", "median"):
            found.append((point.time, point.value))
        elif "median fall from baseline, %" in point.statistic and isinstance(start, float):
            found.append((point.time, start * (1 - point.value / 100)))
    return [value for value in found if value[0] <= 1.05 * result.layout.visits[-1]]


def published_shares(result: Result, name: str, day: float) -> dict[str, NDArray[np.float64]]:
    """Published untreated arms at about this day, by study: % of patients on each level of a scale."""
    levels = [f"{name} {level}, %" for level in range(result.layout.grids[name].top + 1)]
    found: dict[tuple[str, float | None], dict[str, float]] = {}
    for point in result.layout.published:
        if point.statistic in levels and point.arm == "control" and abs(point.time - day) <= 0.1 * day:
            found.setdefault((point.study, point.n), {})[point.statistic] = point.value
    return {
        textwrap.fill(f"{study}, n = {n:g}" if n else study, 24): np.array(
            [shares[level] for level in levels]
        )
        for (study, n), shares in found.items()
        if len(shares) == len(levels)
    }


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


def _line(result: Result, arm: int) -> dict[str, Any]:
    """Control lies on top and dashed, so that an arm that runs along it is still seen."""
    return {"linestyle": (0, (4, 2)), "zorder": 4} if arm == result.layout.control else {}


def _power(value: float, _: int) -> str:
    """A power of ten in plain text."""
    exponent = str(round(math.log10(value)))
    return "10" + exponent.translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))


def _unit(unit: str) -> str:
    return "" if unit in ("", "1") else unit


def _legend(axes: Axes) -> None:
    if axes.get_legend_handles_labels()[0]:
        axes.legend(loc="best")
