"""The page of a mixed-effects fit: estimates, predictive checks, subjects, residuals."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from markupsafe import Markup

from exodyn.inference.mixed.enough import remarks
from exodyn.inference.mixed.figures import all_figures
from exodyn.report import words
from exodyn.report.template import template
from exodyn.study.figures import png, svg

if TYPE_CHECKING:
    from exodyn.inference.mixed.fit import MixedFit
    from exodyn.inference.mixed.model_file import ModelFile
    from exodyn.inference.mixed.output import Checked

SHRUNK = 50.0
"""Percent of shrinkage above which a random effect's figures say little of the subjects."""
METHODS = {
    "quadrature": "adaptive Gauss-Hermite quadrature",
    "focei": "FOCE with interaction",
    "laplace": "Laplace's approximation",
}


def write_mixed_report(
    file: ModelFile,
    found: Checked,
    identity: Mapping[str, Any],
    command: str,
    text: str,
    write: Callable[[str, bytes], None],
) -> None:
    """Write `report.html` and `figures/*.png`, `figures/*.svg` by `write(file name, content)`.

    identity: what makes the fit this one, such as hashes; command: what repeats it; text: of the model file.
    """
    drawn: dict[str, str] = {}
    for name, draw in all_figures(found.fit, found.predictions, found.npde, found.checks).items():
        figure = draw()
        drawn[name] = svg(figure, name)
        write(f"figures/{name}.svg", drawn[name].encode())
        write(f"figures/{name}.png", png(figure))
    table = found.fit.likelihood.table

    def figures(*groups: str, wide: bool = False) -> Markup:
        """Those whose names begin with one of the groups, side by side."""
        shown = [f'<figure role="img" aria-label="{n.replace("_", " ")}">{s}</figure>'
                 for n, s in drawn.items() if n.startswith(groups)]  # fmt: skip
        return Markup(f'<div class="figures{" wide" if wide else ""}">{"".join(shown)}</div>')

    page = template("mixed.html").render(
        file=file,
        fit=found.fit,
        table=table,
        errors=found.npde,
        censored=int(np.sum(table.observations.censoring != 0)),
        method=METHODS[found.fit.likelihood.method],
        doubts=[*doubts(found.fit), *(f"{r[0].upper()}{r[1:]}." for r in remarks(table))],
        drawn=drawn,
        figures=figures,
        number=words.number,
        identity=identity,
        command=command,
        text=text,
    )
    write("report.html", page.encode())


def doubts(fit: MixedFit) -> list[str]:
    """What a reader must know before the numbers."""
    found = [
        f"Not identifiable from these data: {direction}; so there are no standard errors."
        for direction in fit.undetermined
    ]
    if not fit.converged and not fit.undetermined:
        found.append(f"Not converged: about {fit.gain:.2g} of log likelihood is still to be gained.")
    bound = [one.name for one in fit.estimates if one.at_bound]
    if bound:
        found.append(f"At a bound: {', '.join(bound)}.")
    shrunk = [name for name, value in fit.shrinkage.items() if value > SHRUNK]
    if shrunk:
        found.append(
            f"The data of single subjects say little of {', '.join(shrunk)} (shrinkage above {SHRUNK:g}%): "
            "its values and curves by subject are mostly the population's."
        )
    return found
