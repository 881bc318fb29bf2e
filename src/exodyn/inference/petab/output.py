"""What a fitted PEtab problem leaves behind: tables that other programs read, and figures."""

from __future__ import annotations

import io
import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from exodyn.inference.petab.fit import Fit

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NOTICE = "A model prediction for research use only; not medical advice."
PANELS_A_ROW = 4
MOST_PANELS = 40

Write = Callable[[str, bytes], None]


def summary(fit: Fit) -> dict[str, Any]:
    """The fit as JSON values."""
    best = fit.optima.best
    at_bounds = set(fit.optima.at_bounds())
    return {
        "problem": str(fit.objective.compiled.problem.file),
        "llh": fit.outcome.llh,
        "chi2": fit.outcome.chi2,
        "log_prior": best.log_density - fit.outcome.llh,
        "points": len(fit.objective.compiled.problem.measurements),
        "starts": len(fit.optima.runs),
        "agreeing": fit.optima.agreeing,
        "converged": best.converged,
        "ended": best.message,
        "estimates": {
            name: {
                "value": value,
                "scale": one.scale,
                "at_bound": name in at_bounds,
                "verdict": fit.report.verdicts[name],
            }
            for one, (name, value) in zip(fit.optima.free, fit.optima.values.items(), strict=True)
        },
        "identifiability": list(fit.report.lines),
        "notice": NOTICE,
    }


def write_all(fit: Fit, write: Write) -> None:
    """Write parameters, starts, residuals, draws and figures."""
    write("parameters.tsv", _parameters(fit).encode())
    write("starts.csv", _starts(fit).encode())
    write("measurements.csv", _measurements(fit).encode())
    write("waterfall.png", _png(waterfall(fit)))
    write("fit.png", _png(curves(fit)))
    if fit.draws is not None:
        frame = fit.draws.posterior.to_dataframe().reset_index()
        write("draws.csv", frame.to_csv(index=False).encode())


def _parameters(fit: Fit) -> str:
    """The problem's parameter table with the estimates as nominal values, to be used in its place."""
    from exodyn.inference.petab.tables import read_table

    problem = fit.objective.compiled.problem
    value = dict(zip(problem.parameter_names(), fit.table.tolist(), strict=True))
    files = list(dict.fromkeys(p.file for p in problem.parameters))
    rows = [row for file in files for row in read_table(file, ("parameterId",))]
    columns = list(dict.fromkeys([*(c for row in rows for c in row.cells), "nominalValue"]))
    lines = ["\t".join(columns)]
    for row in rows:
        cells = {**row.cells, "nominalValue": repr(value[row.text("parameterId")])}
        lines.append("\t".join(cells.get(c, "") for c in columns))
    return "\n".join(lines) + "\n"


def _starts(fit: Fit) -> str:
    names = [one.name for one in fit.optima.free]
    lines = [",".join(["start", "log_density", "iterations", "converged", "ended", *names])]
    for run in fit.optima.runs:
        values = [repr(one.value(float(x))) for one, x in zip(fit.optima.free, run.x, strict=True)]
        head = [str(run.number), repr(float(run.log_density)), str(run.iterations)]
        lines.append(",".join([*head, str(run.converged).lower(), run.message, *values]))
    return "\n".join(lines) + "\n"


def _measurements(fit: Fit) -> str:
    lines = ["observableId,time,measurement,simulation,noise,log_density"]
    for i, m in enumerate(fit.objective.compiled.problem.measurements):
        numbers = (m.time, m.value, fit.outcome.simulated[i], fit.outcome.sigma[i], fit.outcome.densities[i])
        lines.append(",".join([m.observable, *(repr(float(n)) for n in numbers)]))
    return "\n".join(lines) + "\n"


def waterfall(fit: Fit) -> Figure:
    """How far each start ended below the best."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5, 3.5), layout="constrained")
    axes = figure.subplots()
    below = np.maximum(fit.optima.waterfall, 1e-3)
    axes.plot(np.arange(1, len(below) + 1), below, "o-", color="#00695c", markersize=4)
    axes.set_yscale("log")
    axes.set_xlabel("start, best first")
    axes.set_ylabel("log density below the best (at least 0.001)")
    axes.set_title(f"{fit.optima.agreeing} of {len(below)} starts reached the optimum", fontsize=10)
    return figure


def curves(fit: Fit) -> Figure:
    """Measured points and what the fitted model says at their times, a panel for each observable.

    A colour is an experiment; a steady state stands right of the last time.
    """
    from matplotlib.figure import Figure

    measurements = fit.objective.compiled.problem.measurements
    names = list(dict.fromkeys(m.observable for m in measurements))[:MOST_PANELS]
    rows = math.ceil(len(names) / PANELS_A_ROW)
    across = min(PANELS_A_ROW, len(names))
    figure = Figure(figsize=(3.2 * across, 2.6 * rows), layout="constrained")
    panels = figure.subplots(rows, across, squeeze=False).ravel()
    for axes, name in zip(panels, names, strict=False):
        chosen = [i for i, m in enumerate(measurements) if m.observable == name]
        last = max((measurements[i].time for i in chosen if math.isfinite(measurements[i].time)), default=1.0)
        groups: dict[tuple[Any, ...], list[int]] = {}
        for i in chosen:
            m = measurements[i]
            groups.setdefault((m.experiment, m.observable_parameters), []).append(i)
        for colour, group in enumerate(groups.values()):
            group.sort(key=lambda i: measurements[i].time)
            times = [min(measurements[i].time, 1.1 * last) for i in group]
            style = f"C{colour % 10}"
            axes.plot(times, [measurements[i].value for i in group], "o", color=style, markersize=3)
            axes.plot(times, fit.outcome.simulated[group], "-", color=style, linewidth=1)
        if measurements[chosen[0]].observable:
            scale = fit.objective.compiled.problem.observables[name].transformation
            if scale != "lin":
                axes.set_yscale("log")
        axes.set_title(name, fontsize=8)
        axes.tick_params(labelsize=7)
    for axes in panels[len(names) :]:
        axes.set_visible(False)
    figure.supxlabel("time", fontsize=9)
    figure.suptitle("points: measured; lines: the fitted model", fontsize=9)
    return figure


def _png(figure: Figure) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=150)
    return buffer.getvalue()
