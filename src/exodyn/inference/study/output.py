"""The files that a fit leaves behind."""

from __future__ import annotations

import csv
import io
import json
import math
from typing import Any

from exodyn import __version__
from exodyn.evidence import stamp
from exodyn.inference.study.fit import Fit
from exodyn.inference.study.kept import netcdf

NOTICE = "A model fitted for research use only; not medical advice."


def files(fit: Fit) -> dict[str, bytes]:
    """Tables and draws, by file name."""
    rows = fit.table()
    optima = [
        {
            "place": place,
            "log_density": one.log_density,
            "below_best": fit.optima.best.log_density - one.log_density,
            "converged": one.converged,
            "ended": one.message,
            **dict(
                zip(
                    (f.name for f in fit.optima.free),
                    (f.value(x) for f, x in zip(fit.optima.free, one.x, strict=True)),
                    strict=True,
                )
            ),
        }
        for place, one in enumerate(fit.optima.runs, 1)
    ]
    points = [
        {"parameter": name, "value": value, "drop": drop}
        for name, one in fit.profiles.items()
        for value, drop in zip(one.values.tolist(), one.drop.tolist(), strict=True)
    ]
    manifest = {
        "notice": NOTICE,
        "title": fit.problem.study.title,
        "identity": fit.problem.identity(fit.seed),
        **stamp(fit.command, fit.seed, __version__),
        "measurements": fit.problem.data.path,
        "values": fit.problem.data.count,
        "remarks": list(fit.remarks),
        "log_density": fit.optima.best.log_density,
        "searches": len(fit.optima.runs),
        "agreeing": fit.optima.agreeing,
    }
    return {
        "parameters.csv": _csv(rows),
        "optima.csv": _csv(optima),
        "profiles.csv": _csv(points),
        "identifiability.txt": ("\n".join(fit.report.lines) + "\n").encode(),
        "posterior.nc": netcdf(fit.draws),
        "draws.parquet": fit.kept().to_bytes(),
        "study.toml": fit.problem.source.text.encode(),
        "data.csv": fit.problem.data_file,
        "manifest.json": json.dumps(manifest, indent=1, ensure_ascii=False).encode(),
    }


def _csv(rows: list[dict[str, Any]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(rows[0]) if rows else [], lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow(
            {k: "" if isinstance(v, float) and not math.isfinite(v) else v for k, v in row.items()}
        )
    return text.getvalue().encode()
