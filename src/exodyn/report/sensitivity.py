"""Sobol's indices drawn: a panel a question, bars of the parameters that matter most."""

from __future__ import annotations

from collections.abc import Mapping

import matplotlib as mpl
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from exodyn.inference.sobol import Indices
from exodyn.study import figures

SHOWN = 10


def figure(found: Mapping[str, Indices]) -> str:
    """Total (line: 90% interval) and first-order indices as SVG."""
    with mpl.rc_context(figures.STYLE):
        drawn = Figure(figsize=(6.4, 0.6 + 2.6 * len(found)))
        FigureCanvasAgg(drawn)
        for place, (name, one) in enumerate(found.items(), 1):
            axes = drawn.add_subplot(len(found), 1, place)
            count = min(SHOWN, len(one.names))
            rows = np.arange(count, 0, -1)
            axes.barh(rows, one.total[:count], height=0.7, color=figures.CONTROL, alpha=0.5, label="total")
            axes.barh(rows, one.first[:count], height=0.35, color=figures.COLOURS[0], label="first order")
            axes.hlines(rows, one.low[:count, 1], one.high[:count, 1], color=figures.INK, linewidth=1)
            axes.set_yticks(rows, [_label(each) for each in one.names[:count]])
            axes.set_xlim(0, 1.05)
            axes.set_title(name)
            axes.legend(loc="lower right")
        axes.set_xlabel("share of the variance")
        drawn.subplots_adjust(left=0.3, bottom=0.2 / len(found), top=1 - 0.12 / len(found), hspace=0.35)
        return figures.svg(drawn, "sensitivity")


def _label(name: str) -> str:
    """A parameter's name; of what places a population, the trait's."""
    return name.removeprefix("population.").replace(".center", ", median").replace("_", " ")
