"""`exodyn simulate`: the time course of one SBML model, every variable in the quantity asked for.

Only what this needs is imported, and when it is needed: a small model's time is mostly the program's start.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from exodyn.errors import InputError, nearest

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from exodyn.symbolic.sbml import Quantity, Variable

    Floats = NDArray[np.float64]

MOST_POINTS = 10_000_000


def register(subparsers: Any) -> None:
    """Add the command to a parser's subcommands."""
    parser = subparsers.add_parser("simulate", help="simulate an SBML model", description=__doc__)
    parser.add_argument("model", metavar="MODEL.xml", help="an SBML file, level 1, 2 or 3")
    parser.add_argument(
        "--times",
        required=True,
        metavar="T0:T1:POINTS",
        help="report at POINTS times from T0 to T1, both included; the model starts at 0 whatever T0 is",
    )
    parser.add_argument("--amount", default="", metavar="ID,..", help="species to report as amounts")
    parser.add_argument(
        "--concentration",
        default="",
        metavar="ID,..",
        help="species to report as concentrations; others are reported as what their ids mean in the model",
    )
    parser.add_argument("--json", action="store_true", help="one JSON document instead of a table")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """The command; returns the exit status."""
    result = simulate(arguments.model, arguments.times, _ids(arguments.amount), _ids(arguments.concentration))
    (_print_json if arguments.json else _print_table)(result)
    return 0


def simulate(
    path: str, times: str, amounts: Iterable[str] = (), concentrations: Iterable[str] = ()
) -> dict[str, Any]:
    """The time course of the model in a file.

    times: ``T0:T1:POINTS``. Returns "time" as f64[points], "values" as f64[points] by id, "quantity" by id as
    "amount", "concentration" or "value".
    Raises InputError (also for a model that is refused) or MachineError (the integration failed).
    """
    from exodyn.engine import time_course
    from exodyn.symbolic.sbml import read_sbml

    points = _times(times)
    source = read_sbml(path)
    asked = _asked(source.variables, amounts, concentrations)
    values = time_course(
        source.model, [v.readout(asked[v.id]).expression for v in source.variables.values()], points
    )
    return {
        "time": points,
        "values": {name: values[:, k] for k, name in enumerate(source.variables)},
        "quantity": asked,
    }


def _ids(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _times(text: str) -> Floats:
    import numpy as np

    wanted = "--times: expected T0:T1:POINTS, e.g. 0:10:101"
    parts = text.split(":")
    if len(parts) != 3:
        raise InputError(f"{wanted}, not '{text}'")
    try:
        first, last, points = float(parts[0]), float(parts[1]), int(parts[2])
    except ValueError:
        raise InputError(f"{wanted}, not '{text}'") from None
    if not (math.isfinite(first) and math.isfinite(last)) or first < 0 or last < first:
        raise InputError(f"{wanted} with 0 <= T0 <= T1, not '{text}'")
    if not 1 <= points <= MOST_POINTS or (points == 1 and first != last):
        raise InputError(f"{wanted} with POINTS from 2 to {MOST_POINTS}, not '{text}'")
    return np.linspace(first, last, points)


def _asked(
    variables: Mapping[str, Variable], amounts: Iterable[str], concentrations: Iterable[str]
) -> dict[str, Quantity]:
    """The quantity in which each variable is reported."""
    asked: dict[str, Quantity] = {name: v.quantity for name, v in variables.items()}
    listed: dict[str, Quantity] = {}
    wishes: list[tuple[Quantity, Iterable[str]]] = [("amount", amounts), ("concentration", concentrations)]
    for quantity, names in wishes:
        for name in names:
            if name not in variables:
                raise InputError(
                    f"--{quantity}: the model has no variable '{name}'{nearest(name, variables)}"
                )
            if listed.setdefault(name, quantity) != quantity:
                raise InputError(f"'{name}' is asked for as amount and as concentration: give it once")
            if variables[name].kind == "species":
                asked[name] = quantity
    return asked


def _print_json(result: Mapping[str, Any]) -> None:
    import json

    document = {
        "time": _numbers(result["time"]),
        "values": {name: _numbers(column) for name, column in result["values"].items()},
        "quantity": result["quantity"],
    }
    json.dump(document, sys.stdout, allow_nan=False)
    sys.stdout.write("\n")


def _numbers(column: Floats) -> list[float | str]:
    """JSON has no infinity and no NaN: they are written as text."""
    words = {"inf": "INF", "-inf": "-INF", "nan": "NaN"}
    return [x if math.isfinite(x) else words[repr(x)] for x in column.tolist()]


def _print_table(result: Mapping[str, Any]) -> None:
    columns = [_numbers(result["time"]), *(_numbers(column) for column in result["values"].values())]
    sys.stdout.write(",".join(["time", *result["values"]]) + "\n")
    for row in zip(*columns, strict=True):
        sys.stdout.write(",".join(map(str, row)) + "\n")
