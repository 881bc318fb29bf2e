"""Figures of a mixed-effects fit: subjects, residuals, predictive checks, as pharmacometricians draw them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray
from scipy.special import ndtri

from exodyn.inference.mixed.checks import QUANTILES, VPC, Npde, Predictions
from exodyn.inference.mixed.event_table import EventTable, Observations
from exodyn.inference.mixed.fit import MixedFit
from exodyn.inference.mixed.lanes import Lanes
from exodyn.study.figures import COLOURS, CONTROL, INK, PUBLISHED, SIZE, STYLE

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Floats = NDArray[np.float64]

SUBJECTS_SHOWN = 12
POINTS = 200
"""Of a subject's curve."""
BLUE, ORANGE = COLOURS[0], COLOURS[1]


def all_figures(
    fit: MixedFit, predicted: Predictions, errors: Npde, checks: dict[str, VPC]
) -> dict[str, Callable[[], Figure]]:
    """Every figure by name. checks: visual predictive checks by the name of their figure."""
    figures: dict[str, Callable[[], Figure]] = {
        name: partial(visual_check, fit, check) for name, check in checks.items()
    }
    figures["individual_fits"] = partial(individual_fits, fit, predicted)
    figures["observed_population"] = partial(observed, fit, predicted.population, "population prediction")
    figures["observed_individual"] = partial(observed, fit, predicted.individual, "individual prediction")
    seen = fit.likelihood.table.observations
    figures["cwres_time"] = partial(residuals, predicted.cwres, seen.time, "CWRES", _time(fit))
    figures["cwres_prediction"] = partial(
        residuals, predicted.cwres, predicted.population, "CWRES", "population prediction"
    )
    figures["npde_time"] = partial(residuals, errors.values, seen.time, "NPDE", _time(fit))
    figures["npde_quantiles"] = partial(npde_quantiles, errors)
    if fit.likelihood.dimensions:
        figures["random_effects"] = partial(random_effects, fit)
    return figures


def visual_check(fit: MixedFit, check: VPC) -> Figure:
    """Percentiles of the data (lines) on bands that hold those of 90% of simulated data sets."""
    seen = fit.likelihood.table.observations
    panels = 2 if check.below is not None else 1
    with mpl.rc_context(STYLE):
        figure = _blank(1 + 0.6 * (panels - 1))
        axes = figure.add_subplot(panels, 1, 1)
        if not check.corrected:
            shown = seen.censoring == 0
            axes.plot(
                seen.time[shown], seen.value[shown], ".", color=CONTROL, markersize=3, alpha=0.6, zorder=1
            )
        for k, q in enumerate(QUANTILES):
            colour = ORANGE if q == 0.5 else BLUE
            axes.fill_between(
                check.middle, check.low[k], check.high[k], color=colour, alpha=0.25, linewidth=0
            )
            style = "-" if q == 0.5 else (0, (4, 2))
            axes.plot(check.middle, check.observed[k], color=INK, linestyle=style, linewidth=1.3)
        for edge in check.edges:
            axes.axvline(edge, ymax=0.02, color=CONTROL, linewidth=0.8)
        words = "prediction-corrected visual check" if check.corrected else "visual predictive check"
        axes.set_title(f"{words}: 5, 50, 95%")
        axes.set_ylabel("observations" + (", corrected" if check.corrected else ""))
        if check.below is not None and check.below_low is not None and check.below_high is not None:
            figure.subplots_adjust(hspace=0.35)
            under = figure.add_subplot(panels, 1, 2, sharex=axes)
            under.fill_between(
                check.middle, check.below_low, check.below_high, color=BLUE, alpha=0.25, linewidth=0
            )
            under.plot(check.middle, check.below, color=INK, linewidth=1.3)
            under.set_ylabel("share below limit")
            under.set_ylim(-0.02, 1.02)
            axes = under
        axes.set_xlabel(_time(fit))
    return figure


def individual_fits(fit: MixedFit, predicted: Predictions) -> Figure:
    """Curves of the first subjects: individual (line) and population (dashed), with their observations."""
    likelihood = fit.likelihood
    table, seen = likelihood.table, likelihood.table.observations
    shown = [s for s in range(len(table.subjects)) if np.any(seen.subject == s)][:SUBJECTS_SHOWN]
    dense = _dense(table)
    lanes = Lanes(likelihood.model, dense, likelihood.lanes.rtol)
    phi = likelihood.individuals(fit.theta, np.stack([fit.u, np.zeros_like(fit.u)])).phi
    curves = lanes.predict(phi)
    columns = min(3, len(shown))
    rows = -(-len(shown) // columns)
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(SIZE[0] * 2, 0.6 + 1.9 * rows))
        FigureCanvasAgg(figure)
        for place, subject in enumerate(shown):
            axes = figure.add_subplot(rows, columns, place + 1)
            mine = dense.observations.subject == subject
            for segment in np.unique(dense.observations.segment[mine]):
                for k, output in enumerate(dict.fromkeys(dense.observations.output)):
                    here = (dense.observations.segment == segment) & _is(dense.observations, output)
                    at = dense.observations.time[here]
                    axes.plot(at, curves[0, here], color=COLOURS[k % len(COLOURS)], linewidth=1.3)
                    axes.plot(at, curves[1, here], color=CONTROL, linestyle=(0, (4, 2)), linewidth=1)
            measured = (seen.subject == subject) & (seen.censoring == 0)
            hidden = (seen.subject == subject) & (seen.censoring != 0)
            axes.plot(seen.time[measured], seen.value[measured], "o", color=INK, markersize=3)
            axes.plot(seen.time[hidden], seen.value[hidden], "v", color=PUBLISHED, markersize=4)
            axes.set_title(table.subjects[subject], fontsize=8.5)
            axes.tick_params(labelsize=7)
        figure.subplots_adjust(
            left=0.06, right=0.99, bottom=0.5 / (0.6 + 1.9 * rows), top=0.95, hspace=0.45, wspace=0.22
        )
        figure.supxlabel(_time(fit), fontsize=9)
    return figure


def observed(fit: MixedFit, prediction: Floats, name: str) -> Figure:
    """Observations over predictions, with the line of identity."""
    seen = fit.likelihood.table.observations
    shown = seen.censoring == 0
    with mpl.rc_context(STYLE):
        figure = _blank()
        axes = figure.add_subplot()
        axes.plot(prediction[shown], seen.value[shown], "o", color=BLUE, markersize=3, alpha=0.6)
        both = np.concatenate([prediction[shown], seen.value[shown]])
        ends = [np.nanmin(both), np.nanmax(both)]
        axes.plot(ends, ends, color=INK, linewidth=1)
        axes.set_xlabel(name)
        axes.set_ylabel("observed")
        axes.set_title(f"observed against {name}")
    return figure


def residuals(values: Floats, over: Floats, name: str, other: str) -> Figure:
    """Residuals over time or prediction; nearly all lie between the dashed lines if the model holds."""
    with mpl.rc_context(STYLE):
        figure = _blank()
        axes = figure.add_subplot()
        axes.axhline(0, color=INK, linewidth=1)
        for edge in (-1.96, 1.96):
            axes.axhline(edge, color=CONTROL, linestyle=(0, (4, 2)), linewidth=1)
        axes.plot(over, values, "o", color=BLUE, markersize=3, alpha=0.6)
        _trend(axes, over, values)
        axes.set_xlabel(other)
        axes.set_ylabel(name)
        axes.set_title(f"{name} over {other}")
    return figure


def npde_quantiles(errors: Npde) -> Figure:
    """Quantiles of the errors against those of the normal distribution."""
    values = np.sort(errors.values[np.isfinite(errors.values)])
    normal = ndtri((np.arange(len(values)) + 0.5) / len(values))
    with mpl.rc_context(STYLE):
        figure = _blank()
        axes = figure.add_subplot()
        axes.plot(normal, values, "o", color=BLUE, markersize=3)
        ends = [min(normal[0], values[0]), max(normal[-1], values[-1])]
        axes.plot(ends, ends, color=INK, linewidth=1)
        axes.set_xlabel("quantile of N(0, 1)")
        axes.set_ylabel("NPDE")
        axes.set_title(f"NPDE: mean {errors.mean:.2f}, variance {errors.variance:.2f}")
    return figure


def random_effects(fit: MixedFit) -> Figure:
    """The random effects of all subjects, in standard deviations of the population, with their shrinkage."""
    names = fit.likelihood.model.varying
    with mpl.rc_context(STYLE):
        figure = _blank()
        axes = figure.add_subplot()
        for edge in (-1.96, 0, 1.96):
            axes.axhline(edge, color=CONTROL, linestyle="-" if edge == 0 else (0, (4, 2)), linewidth=1)
        for k in range(len(names)):
            ordered = np.argsort(fit.u[:, k])
            spread = (np.argsort(ordered) + 0.5) / len(ordered) - 0.5
            axes.plot(k + 0.6 * spread, fit.u[:, k], "o", color=COLOURS[k % len(COLOURS)], markersize=3)
        labels = [f"{n}\nshrinkage {fit.shrinkage[n]:.0f}%" if n in fit.shrinkage else n for n in names]
        axes.set_xticks(range(len(names)), labels, fontsize=8)
        axes.set_ylabel("standard deviations")
        axes.set_title("random effects of the subjects")
    return figure


def _trend(axes: Axes, x: Floats, y: Floats) -> None:
    """Running mean of a fifth of the points."""
    good = np.isfinite(x) & np.isfinite(y)
    width = max(5, int(np.sum(good)) // 5)
    if np.sum(good) < 2 * width:
        return
    order = np.argsort(x[good], kind="stable")
    kernel = np.ones(width) / width
    axes.plot(
        np.convolve(x[good][order], kernel, "valid"),
        np.convolve(y[good][order], kernel, "valid"),
        color=ORANGE,
        linewidth=1.6,
    )


def _dense(table: EventTable) -> EventTable:
    """The table with many instants of every output in place of its observations."""
    seen = table.observations
    segment, time, output = [], [], []
    for k in range(len(table.segments)):
        mine = seen.segment == k
        if not np.any(mine):
            continue
        first = min([0.0, *seen.time[mine]] if seen.time[mine].min() >= 0 else seen.time[mine])
        grid = np.linspace(first, seen.time[mine].max(), POINTS)
        for name in dict.fromkeys(seen.output):
            segment += [k] * POINTS
            time += list(grid)
            output += [name] * POINTS
    count = len(time)
    place = np.array(segment, dtype=np.int64)
    zeros = np.zeros(count, dtype=np.int64)
    subject = np.array([s.subject for s in table.segments], dtype=np.int64)[place]
    nothing = np.full(count, np.nan)
    dense = Observations(place, subject, np.array(time), nothing, tuple(output), zeros, nothing, zeros, zeros)
    return replace(table, observations=dense)


def _is(seen: Observations, output: str) -> NDArray[np.bool_]:
    return np.array([name == output for name in seen.output])


def _time(fit: MixedFit) -> str:
    unit = fit.likelihood.model.structure.time_unit
    return f"time, {unit}" if unit else "time"


def _blank(height: float = 1.0) -> Figure:
    figure = Figure(figsize=(SIZE[0], SIZE[1] * height))
    FigureCanvasAgg(figure)
    return figure
