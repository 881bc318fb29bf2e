"""Forest and funnel plots of a meta-analysis."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from exodyn.evidence.meta import Pooled

NORMAL_95 = 1.959963984540054


def forest(
    effects: ArrayLike, variances: ArrayLike, names: Sequence[str], pooled: Pooled, *, label: str = "effect"
) -> Figure:
    """Each study's effect with its 95% interval, its square as large as its weight, and the pooled one below.

    The thin line beside the diamond is the prediction interval: where a new study's true effect may lie.
    """
    y, half = np.asarray(effects, dtype=float), NORMAL_95 * np.sqrt(np.asarray(variances, dtype=float))
    rows = np.arange(len(y), 0, -1)
    figure = Figure(figsize=(7.0, 1.2 + 0.3 * len(y)), layout="constrained")
    axes = figure.add_subplot()
    axes.hlines(rows, y - half, y + half, color="0.4", linewidth=1)
    axes.scatter(y, rows, s=8 + 6 * pooled.weights, marker="s", color="tab:blue", zorder=2)
    middle, low, high = (float(each[0]) for each in (pooled.estimate, pooled.low, pooled.high))
    axes.hlines(0, *pooled.prediction(), color="tab:red", linewidth=1)
    axes.fill([low, middle, high, middle], [0, 0.3, 0, -0.3], color="tab:red", zorder=2)
    axes.axvline(0.0, color="0.7", linewidth=0.8, zorder=0)
    axes.set_yticks([*rows, 0], [*names, f"{pooled.method}, {middle:.2f} ({low:.2f} to {high:.2f})"])
    axes.set_ylim(-0.8, len(y) + 0.8)
    axes.set_xlabel(label)
    return figure


def funnel(effects: ArrayLike, variances: ArrayLike, pooled: Pooled, *, label: str = "effect") -> Figure:
    """Effects against their standard errors, the most precise on top; between the lines lie 95% of studies
    that share one effect.
    """
    y, se = np.asarray(effects, dtype=float), np.sqrt(np.asarray(variances, dtype=float))
    figure = Figure(figsize=(5.0, 4.0), layout="constrained")
    axes = figure.add_subplot()
    middle, deep = float(pooled.estimate[0]), 1.05 * float(se.max())
    reach = NORMAL_95 * deep
    axes.plot([middle - reach, middle, middle + reach], [deep, 0, deep], color="0.6", linewidth=0.8)
    axes.axvline(middle, color="tab:red", linewidth=0.8)
    axes.scatter(y, se, s=16, color="tab:blue", zorder=2)
    axes.set_ylim(deep, 0)
    axes.set_xlabel(label)
    axes.set_ylabel("standard error")
    return figure
