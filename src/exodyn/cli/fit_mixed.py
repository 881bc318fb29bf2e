"""``exodyn fit MODEL.toml DATA.csv`` for a mixed-effects model and an event table."""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from exodyn.errors import InputError

if TYPE_CHECKING:
    from exodyn.inference.mixed.output import Checked


def run(
    model: str,
    data: str | None,
    directory: str | None,
    starts: int | None,
    threads: int,
    seed: int | None,
    as_json: bool,
) -> int:
    """Fit, check, write the directory and print the estimates."""
    from exodyn import __version__
    from exodyn.inference.mixed import output, read_model
    from exodyn.inference.mixed.fit import fit
    from exodyn.report.mixed import write_mixed_report
    from exodyn.study.directory import PartialDirectory, check_free

    if data is None:
        raise InputError(f"{model}: a mixed-effects model needs data: exodyn fit {model} DATA.csv")
    file = read_model(model)
    target = Path(directory) if directory else Path(Path(model).stem + "_fit")
    check_free(target)
    table = file.data(data)
    likelihood = file.likelihood(table, threads)
    seed = file.seed if seed is None else seed
    identity = {
        "exodyn": __version__,
        "model_sha256": _hash(model),
        "data_sha256": _hash(data),
        "seed": seed,
    }
    print(
        f"exodyn: {len(table.members or table.subjects)} subjects, {len(table.observations)} observations, "
        f"{len(file.model.free)} parameters, {likelihood.dimensions} random effects",
        file=sys.stderr,
    )
    fitted = fit(likelihood, file.starts if starts is None else starts, seed)
    found = output.check(fitted, file.replicates, seed)
    with PartialDirectory(target, identity) as partial:
        partial.write("model.toml", Path(model).read_bytes())
        partial.write("manifest.json", json.dumps(identity, indent=1).encode())
        output.write_all(file, found, partial.write)
        command = f"exodyn fit {Path(model).name} {Path(data).name} --seed {seed}"
        text = Path(model).read_text(encoding="utf-8-sig")
        write_mixed_report(file, found, identity, command, text, partial.write)
        partial.complete()
    printed = {"directory": str(target), **output.as_json(file, found)}
    if as_json:
        print(json.dumps(printed, ensure_ascii=False))
    else:
        _print(printed, found, target)
    return 0


def _print(printed: dict[str, Any], found: Checked, target: Path) -> None:
    from rich.console import Console
    from rich.table import Table

    fit = found.fit
    table = Table(title=printed["title"], title_justify="left", box=None, pad_edge=False)
    for heading in ("parameter", "estimate", "95% interval", "rse", "unit"):
        table.add_column(
            heading, justify="left" if heading in ("parameter", "unit") else "right", no_wrap=True
        )
    for one in fit.estimates:
        band = "at its bound" if one.at_bound else "-"
        if one.low is not None and one.high is not None:
            band = f"{one.low:.3g} to {one.high:.3g}"
        relative = f"{100 * one.se / abs(one.value):.0f}%" if one.se is not None and one.value else ""
        table.add_row(one.name, f"{one.value:.4g}", band, relative, "" if one.unit == "1" else one.unit)
    Console(soft_wrap=True, highlight=False, markup=False, emoji=False).print(table)
    print(f"log likelihood {fit.log_likelihood:.2f} (AIC {fit.aic:.1f}), {printed['method']}")
    for words in printed["remarks"]:
        print(f"remark: {words}")
    for words in fit.undetermined:
        print(f"not identifiable from these data: {words}; so there are no standard errors")
    if not fit.converged and not fit.undetermined:
        print(f"not converged: about {fit.gain:.2g} of log likelihood is still to be gained")
    if found.fit.shrinkage:
        shrunk = ", ".join(f"{name} {value:.0f}%" for name, value in fit.shrinkage.items())
        print(f"shrinkage: {shrunk}")
    errors = found.npde
    print(f"NPDE: mean {errors.mean:.3f} (p {errors.mean_p:.2g}), variance {errors.variance:.3f}", end=" ")
    print(f"(p {errors.variance_p:.2g}); 0 and 1 if the model holds")
    print(f"{target} has report.html, tables and figures. {printed['notice']}")


def _hash(path: str) -> str:
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()
