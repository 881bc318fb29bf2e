"""Figures of quality control: size distributions by batch, control charts, a sketch of each file."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial

import matplotlib as mpl
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter, ScalarFormatter

from exodyn.product.quality import GRID, Batch, Trend, in_order
from exodyn.report import words
from exodyn.study import BatchEffect, figures

# Lines in one figure that an eye can follow, and figures that a page can hold.
_LINES, _FIGURES = 6, 8
_OUTSIDE = figures.PUBLISHED
_MOST_NAMES = 12


Distributions = list[tuple[str, str, int]]


def drawn(batches: Sequence[Batch], trends: Sequence[Trend]) -> tuple[Distributions, dict[str, str]]:
    """Size distributions and, by attribute, control charts, drawn on all cores.

    Of the distributions: title, SVG, and how many batches were left out of all; a few batches to a figure.
    """
    having = [one for one in batches if one.distribution]
    groups = [having[i : i + _LINES] for i in range(0, len(having), _LINES)]
    left = sum(len(group) for group in groups[_FIGURES:])
    groups = groups[:_FIGURES]
    figures = [partial(_distribution, group, i) for i, group in enumerate(groups)]
    found = in_order(_call, [*figures, *(partial(chart, one) for one in trends)])
    titles = [f"{group[0].name} to {group[-1].name}" if len(group) > 1 else group[0].name for group in groups]
    of_sizes, of_trends = found[: len(groups)], found[len(groups) :]
    return (
        [(title, svg, left) for title, svg in zip(titles, of_sizes, strict=True)],
        {one.attribute: svg for one, svg in zip(trends, of_trends, strict=True)},
    )


def _call(draw: Callable[[], str]) -> str:
    return draw()


def _distribution(batches: Sequence[Batch], index: int) -> str:
    middles = np.sqrt(GRID[1:] * GRID[:-1])
    width = math.log10(GRID[1] / GRID[0])
    with mpl.rc_context(figures.STYLE):
        figure = Figure(figsize=figures.SIZE)
        FigureCanvasAgg(figure)
        axes = figure.add_subplot()
        axes.axvspan(40, 150, color=figures.CONTROL, alpha=0.13, linewidth=0)
        for one, colour in zip(batches, figures.COLOURS, strict=False):
            axes.plot(middles, np.array(one.distribution) / width, color=colour, label=_short(one.name))
        axes.set_xscale("log")
        axes.set_xlim(20, 1000)
        axes.set_ylim(bottom=0)
        axes.set_xticks([20, 50, 100, 200, 500, 1000])
        axes.xaxis.set_major_formatter(ScalarFormatter())
        axes.xaxis.set_minor_formatter(NullFormatter())
        axes.set_xlabel("diameter, nm (grey: 40 to 150 nm)")
        axes.set_ylabel("share per decade")
        axes.legend(loc="upper right")
        figure.subplots_adjust(right=0.94)
        return figures.svg(figure, f"sizes{index}")


def chart(trend: Trend) -> str:
    """A control chart as SVG: batches in order, limits, points that break a rule."""
    x = np.arange(len(trend.values))
    with mpl.rc_context(figures.STYLE):
        figure = Figure(figsize=figures.SIZE)
        FigureCanvasAgg(figure)
        axes = figure.add_subplot()
        if trend.limits is not None:
            lower, centre, upper = trend.limits
            axes.axhline(centre, color=figures.CONTROL, linewidth=1)
            for limit in (lower, upper):
                axes.axhline(limit, color=_OUTSIDE, linewidth=1, linestyle=(0, (4, 3)))
        axes.plot(x, trend.values, color=figures.COLOURS[0], marker="o", markersize=4, linewidth=1.2)
        if trend.logarithmic and max(trend.values) > 5 * min(trend.values):
            axes.set_yscale("log")
            axes.yaxis.set_major_formatter(FuncFormatter(_plain))
            few = max(trend.values) < 50 * min(trend.values)  # more decades need no labels in between
            axes.yaxis.set_minor_formatter(FuncFormatter(_plain) if few else NullFormatter())
            axes.yaxis.set_minor_locator(LogLocator(subs=(2, 5)))
            axes.tick_params(axis="y", which="minor", labelsize=7.5)
        broken = sorted({signal.point for signal in trend.signals})
        axes.plot(
            x[broken],
            np.array(trend.values)[broken],
            color=_OUTSIDE,
            marker="D",
            markersize=7,
            linestyle="none",
            fillstyle="none",
        )
        names = [_short(name, 12) for name in trend.batches]
        step = math.ceil(len(names) / _MOST_NAMES)
        axes.set_xticks(x[::step], names[::step], rotation=40, ha="right", fontsize=7.5)
        figure.subplots_adjust(bottom=0.3, left=0.16)
        axes.set_xlim(-0.5, len(x) - 0.5)
        return figures.svg(figure, f"chart_{trend.attribute}")


def effect(one: BatchEffect) -> str:
    """Mean effect by factor of the attribute, the margin, and where 90% of batches to come lie, as SVG."""
    with mpl.rc_context(figures.STYLE):
        figure = Figure(figsize=figures.SIZE)
        FigureCanvasAgg(figure)
        axes = figure.add_subplot()
        typical = float(one.effects[one.factors == 1.0][0])
        low, high = np.quantile(one.spread.factors(4000), (0.05, 0.95))
        axes.axvspan(low, high, color=figures.COLOURS[0], alpha=0.15, linewidth=0)
        axes.axhspan(
            typical - one.margin, typical + one.margin, color=figures.CONTROL, alpha=0.15, linewidth=0
        )
        axes.errorbar(
            one.factors,
            one.effects,
            1.96 * one.errors,
            color=figures.COLOURS[0],
            marker="o",
            markersize=4,
            linewidth=1.4,
        )
        for limit in one.limits:
            if limit is not None:
                axes.axvline(limit, color=_OUTSIDE, linewidth=1, linestyle=(0, (4, 3)))
        axes.set_xscale("log", base=2)
        axes.set_xticks([1 / 16, 1 / 4, 1, 4, 16], ["1/16", "1/4", "1", "4", "16"])
        axes.set_xlabel("factor of a typical batch")
        axes.set_ylabel(f"{one.scale} against control")
        figure.subplots_adjust(left=0.18)
        return figures.svg(figure, f"effect_{one.spread.attribute}")


def sketch(distribution: Sequence[float]) -> str:
    """A size distribution as a small SVG line, 20 to 1000 nm on a log scale; empty where there is none."""
    if not distribution:
        return ""
    middles = np.sqrt(GRID[1:] * GRID[:-1])
    inside = (middles > 20) & (middles < 1000)
    shares = np.array(distribution)[inside]
    if not shares.max() > 0:
        return ""
    x = 100 * np.log(middles[inside] / 20) / math.log(50)
    y = 20 - 18 * shares / shares.max()
    points = " ".join(f"{a:.0f},{b:.1f}" for a, b in zip(x, y, strict=True))
    return (
        '<svg class="sketch" viewBox="0 0 100 21" preserveAspectRatio="none" aria-hidden="true">'
        f'<polyline points="{points}"/></svg>'
    )


def _plain(value: float, _: int | None = None) -> str:
    return words.plain(value, 3)


def _short(name: str, most: int = 26) -> str:
    return name if len(name) <= most else f"{name[: most - 1]}…"
