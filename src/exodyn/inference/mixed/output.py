"""What a fit leaves behind: tables that any program reads."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exodyn.inference.mixed.checks import VPC, Npde, Predictions, npde, predictions, simulated, vpc
from exodyn.inference.mixed.enough import remarks
from exodyn.inference.mixed.fit import MixedFit
from exodyn.inference.mixed.model_file import ModelFile

Floats = NDArray[np.float64]
Write = Callable[[str, bytes], None]


@dataclass(frozen=True)
class Checked:
    """A fit with its predictions and predictive checks. checks: by the name of their figure."""

    fit: MixedFit
    predictions: Predictions
    npde: Npde
    checks: dict[str, VPC]


def check(fit: MixedFit, replicates: int, seed: int) -> Checked:
    """Predict, simulate and compare; one visual check for each output, plain and prediction-corrected."""
    simulations = simulated(fit, replicates, seed)
    found: dict[str, VPC] = {}
    errors = fit.likelihood.model.residuals
    for k, error in enumerate(errors):
        name = f"_{error.output}" if len(errors) > 1 else ""
        found[f"vpc{name}"] = vpc(fit, simulations, k)
        found[f"vpc_corrected{name}"] = vpc(fit, simulations, k, corrected=True)
    return Checked(fit, predictions(fit), npde(fit, simulations), found)


def as_json(file: ModelFile, found: Checked) -> dict[str, Any]:
    """The fit as JSON values."""
    fit, errors = found.fit, found.npde
    table = fit.likelihood.table
    return {
        "notice": "For research use only; not medical advice.",
        "title": file.title,
        "method": fit.likelihood.method,
        "nodes": file.nodes if file.method == "quadrature" else 1,
        "subjects": len(table.members or table.subjects),
        **({"studies": len(table.subjects)} if table.members else {}),
        "observations": len(table.observations),
        "censored": int(np.sum(table.observations.censoring != 0)),
        "log_likelihood": fit.log_likelihood,
        "objective": -2 * fit.log_likelihood,
        "aic": fit.aic,
        "bic": fit.bic,
        "converged": fit.converged,
        "undetermined": list(fit.undetermined),
        "remarks": remarks(table),
        "estimates": {
            one.name: {
                "value": one.value,
                "unit": one.unit,
                "se": one.se,
                "low95": one.low,
                "high95": one.high,
                "at_bound": one.at_bound,
            }
            for one in fit.estimates
        },
        "shrinkage_percent": fit.shrinkage,
        "npde": {
            name: value if np.isfinite(value := getattr(errors, name)) else None
            for name in ("mean", "mean_p", "variance", "variance_p", "normal_p")
        },
        "starts": [one.log_density for one in fit.optima.runs],
    }


def write_all(file: ModelFile, found: Checked, write: Write) -> None:
    """Write `fit.json`, `estimates.csv`, `subjects.csv` and `predictions.csv`."""
    fit = found.fit
    write("fit.json", (json.dumps(as_json(file, found), indent=1, ensure_ascii=False) + "\n").encode())
    write("estimates.csv", _estimates(fit))
    write("subjects.csv", _subjects(fit))
    write("predictions.csv", _predictions(found))


def _estimates(fit: MixedFit) -> bytes:
    rows = [(e.name, e.value, e.unit, e.se, e.low, e.high, e.at_bound) for e in fit.estimates]
    return _csv(("parameter", "value", "unit", "se", "low95", "high95", "at_bound"), rows)


def _subjects(fit: MixedFit) -> bytes:
    """Individual parameters and random effects at the modes, and each subject's log likelihood.

    Where studies differ too, the random effects are theirs, and the likelihood is one of whole studies.
    """
    phi, eta = fit.phi(), fit.eta()
    table = fit.likelihood.table
    if table.members:
        of = fit.likelihood.lanes.periods.subject[fit.likelihood.firsts()]
        names = ("ID", "STUDY", *phi, *(f"eta({name}, study)" for name in eta))
        studies = [table.subjects[k] for k in of]
        return _csv(names, list(zip(table.members, studies, *phi.values(), *eta.values(), strict=True)))
    alone = fit.likelihood.by_subject(fit.theta)
    names = ("ID", *phi, *(f"eta({name})" for name in eta), "log_likelihood")
    columns = [table.subjects, *phi.values(), *eta.values(), alone]
    return _csv(names, list(zip(*columns, strict=True)))


def _predictions(found: Checked) -> bytes:
    table = found.fit.likelihood.table
    seen, predicted = table.observations, found.predictions
    names = ("line", "ID", "TIME", "DVID", "DV", "CENS", "PRED", "IPRED", "IWRES", "CWRES", "NPDE")
    columns = [
        seen.line,
        [table.name(s) for s in table.group()],
        seen.time,
        seen.output,
        seen.value,
        seen.censoring,
        predicted.population,
        predicted.individual,
        predicted.iwres,
        predicted.cwres,
        found.npde.values,
    ]
    return _csv(names, list(zip(*columns, strict=True)))


def _csv(names: Sequence[str], rows: Sequence[Sequence[object]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    for row in rows:
        writer.writerow([_cell(value) for value in row])
    return text.getvalue().encode()


def _cell(value: object) -> object:
    """Shortest digits of a number, nothing for none."""
    if value is None or (isinstance(value, float) and not np.isfinite(value)):
        return ""
    return repr(float(value)) if isinstance(value, float) else value
