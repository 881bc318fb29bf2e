"""The page of a fit: estimates, what the data can tell apart, checks against the data, searches, sources."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

from exodyn.inference.optimise import SAME
from exodyn.inference.study.predictive import Check, Predictive, predictive
from exodyn.report import words
from exodyn.report.template import template
from exodyn.study import figures

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from exodyn.inference.study.fit import Fit

PLAIN = FuncFormatter(lambda value, _: f"{value:g}")
COLOUR, PRIOR, SEEN = "#0b84c6", "#8a8a8a", "#d1495b"


def write_fit_report(fit: Fit, write: Callable[[str, bytes], None]) -> None:
    """Write `report.html` and `figures/*.png`, `figures/*.svg` by `write(file name, content)`."""
    checks = predictive(fit.likelihood, fit.draws, fit.seed)
    drawn: dict[str, str] = {}
    for name, figure in all_figures(fit, checks).items():
        drawn[name] = figures.svg(figure, name)
        write(f"figures/{name}.svg", drawn[name].encode())
        write(f"figures/{name}.png", figures.png(figure))
    write("report.html", page(fit, checks, drawn).encode())


def page(fit: Fit, checks: Predictive, drawn: dict[str, str]) -> str:
    """The page's HTML; drawn: figures as SVG by name."""
    groups: dict[str, dict[str, str]] = {}
    for name, svg in drawn.items():
        groups.setdefault(name.split("_", 1)[0], {})[name] = svg
    return template("fit.html").render(
        fit=fit,
        study=fit.problem.study,
        rows=fit.table(),
        checks=checks,
        groups=groups,
        number=words.number,
    )


def all_figures(fit: Fit, checks: Predictive) -> dict[str, Figure]:
    """Every figure by name: checks, posterior, profiles, searches."""
    found: dict[str, Figure] = {}
    arms = [arm.name for arm in fit.problem.study.arms]
    with mpl.rc_context(figures.STYLE):
        for one in checks.checks:
            found[f"check_{one.readout}_{one.arm}"] = _check(one, arms[one.arm], _unit(fit, one.readout))
        for free in fit.problem.settings.free:
            found[f"posterior_{free.name}"] = _posterior(fit, free.name)
        for name in fit.profiles:
            found[f"profile_{name}"] = _profile(fit, name)
        if len(fit.problem.settings.free) > 1:
            found["posterior-pairs"] = _pairs(fit)
        found["searches"] = _waterfall(fit)
    return found


def _check(one: Check, arm: str, unit: str) -> Figure:
    """A visual predictive check: readings over the band of 90% of what the fit would have given."""
    figure, axes = _figure()
    axes.fill_between(one.times, one.low, one.high, color=COLOUR, alpha=0.2, linewidth=0)
    axes.plot(one.times, one.median, color=COLOUR, label="predicted median, 90%")
    exact = [r for r in one.readings if r.low == r.high]
    if exact:
        seen = [r.time for r in exact], [r.low for r in exact]
        axes.plot(*seen, "o", color=SEEN, markersize=3.5, label="readings")
    for r in one.readings:
        if r.low != r.high:
            ends = np.clip([r.low, r.high], *axes.get_ylim())
            axes.plot([r.time, r.time], ends, color=SEEN, linewidth=1, linestyle=":")
    for m in one.means:
        axes.errorbar(m.time, m.value, yerr=m.sd or 0.0, fmt="D", color=SEEN, markersize=4, capsize=2)
    axes.set_title(f"{one.readout}, {arm}")
    axes.set_xlabel("days after the injury")
    axes.set_ylabel("" if unit == "1" else unit)
    axes.legend(loc="best")
    return figure


def _posterior(fit: Fit, name: str) -> Figure:
    """Draws of a parameter over its prior."""
    free = next(one for one in fit.problem.settings.free if one.name == name)
    figure, axes = _figure()
    drawn = np.asarray(fit.draws.posterior[name]).ravel()
    log = free.scale != "lin"
    x = np.log10(drawn) if log else drawn
    prior = np.array([free.value(free.draw(p)) for p in (np.arange(2000) + 0.5) / 2000])
    shown = np.log10(prior) if log else prior
    low, high = min(x.min(), np.quantile(shown, 0.02)), max(x.max(), np.quantile(shown, 0.98))
    bins = np.linspace(low, high, 50).tolist()
    axes.hist(shown, bins, density=True, color=PRIOR, alpha=0.4, label="prior")
    axes.hist(x, bins, density=True, color=COLOUR, alpha=0.7, label="posterior")
    axes.set_title(name)
    axes.set_xlabel(f"{'log10 of ' if log else ''}{name}" + ("" if free.unit == "1" else f", {free.unit}"))
    axes.set_yticks([])
    axes.legend(loc="best")
    return figure


def _profile(fit: Fit, name: str) -> Figure:
    """How the fit gets worse when one parameter is held elsewhere."""
    one = fit.profiles[name]
    figure, axes = _figure()
    axes.plot(one.values, one.drop, color=COLOUR, marker=".", markersize=4)
    axes.axhline(one.threshold, color=PRIOR, linestyle="--", linewidth=1, label=f"{100 * one.level:g}%")
    axes.set_ylim(-0.1, 2 * one.threshold)
    if one.free.scale != "lin":
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        axes.xaxis.set_major_formatter(PLAIN)
        axes.xaxis.set_minor_locator(NullLocator())
    axes.set_title(f"profile of {name}")
    axes.set_xlabel(name + ("" if one.free.unit == "1" else f", {one.free.unit}"))
    axes.set_ylabel("log density below the best")
    axes.legend(loc="best")
    return figure


def _pairs(fit: Fit) -> Figure:
    """Correlations of posterior draws on the scales of the fit."""
    free = fit.problem.settings.free
    x = np.array([[f.scaled(v) for v in np.asarray(fit.draws.posterior[f.name]).ravel()] for f in free])
    with np.errstate(invalid="ignore"):
        matrix = np.corrcoef(x)
    figure, axes = _figure(max(figures.SIZE[1], 0.9 + 0.35 * len(free)))
    image = axes.imshow(matrix, vmin=-1, vmax=1, cmap="RdBu_r")
    names = [one.name for one in free]
    axes.set_xticks(range(len(names)), names, rotation=45, ha="right", fontsize=7)
    axes.set_yticks(range(len(names)), names, fontsize=7)
    figure.subplots_adjust(left=0.3, bottom=0.3, right=0.95)
    figure.colorbar(image, ax=axes, ticks=[-1, 0, 1], shrink=0.8)
    axes.set_title("correlation of draws")
    return figure


def _waterfall(fit: Fit) -> Figure:
    """How far each search ended below the best."""
    figure, axes = _figure()
    below = fit.optima.waterfall
    axes.plot(np.arange(1, len(below) + 1), below, "o-", color=COLOUR, markersize=4)
    axes.set_yscale("symlog", linthresh=SAME)
    axes.set_ylim(-SAME / 4, max(2 * SAME, 1.5 * float(below[np.isfinite(below)].max())))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.yaxis.set_major_formatter(PLAIN)
    axes.set_title("searches for the optimum")
    axes.set_xlabel("search, best first")
    axes.set_ylabel("log density below the best")
    return figure


def _unit(fit: Fit, readout: str) -> str:
    from exodyn.inference.study.data import outputs_of

    units = {scale.name: scale.unit for scale in fit.problem.study.scales}
    for model in fit.problem.study.models:
        units |= outputs_of(model)
    return units[readout]


def _figure(height: float | None = None) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(figures.SIZE[0], height or figures.SIZE[1]))
    FigureCanvasAgg(figure)
    return figure, figure.add_subplot()
