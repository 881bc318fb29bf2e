"""Which library holds the expressions: our own graph, CasADi's SX, SymEngine or SymPy, by measurement.

Each writes the same generated network of states with Hill terms, takes its sparse Jacobian and shares common
subexpressions; the numbers of all are compared at one point. Every measurement is a process of its own.

    python benchmarks/expressions.py             # table; docs/decisions/expressions.md keeps one
    python benchmarks/expressions.py --json

The peers are no dependency of exodyn: pip install casadi symengine sympy.
"""

from __future__ import annotations

import json
import math
import random
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

SIZES = (36, 144)
REPEATS = 5
NO_OPERATION = frozenset({"input", "output", "const", "symbol"})
ELEMENTARY = {"pow": 3, "hill": 8}
TRANSCENDENTAL = {"exp": 1, "log": 1, "pow": 2, "hill": 3}
"""Elementary operations, and calls of exp and log among them: a power is exp(n log x), our Hill term is
1 / (1 + exp(n (log half - log max(x, floor))))."""


def network(
    n: int, symbol: Callable[[str], Any], hill: Callable[..., Any]
) -> tuple[list[Any], list[Any], list[Any]]:
    """States, parameters and rates of a network like the therapy's: each state has one activator of variable
    Hill order, one inhibitor of order 1, a first-order loss and a mass-action exchange with a neighbour.
    """
    draw = random.Random(1)
    states = [symbol(f"x{i}") for i in range(n)]
    parameters: list[Any] = []

    def parameter(name: str) -> Any:
        parameters.append(symbol(name))
        return parameters[-1]

    rates = []
    for i, x in enumerate(states):
        a, b = (states[draw.randrange(n)] for _ in range(2))
        up = parameter(f"make{i}") * hill(a, parameter(f"half{i}"), parameter(f"order{i}"))
        down = 1 + b / parameter(f"inhibit{i}")
        exchange = parameter(f"exchange{i}") * x * states[(i + 1) % n]
        rates.append(up / down - parameter(f"loss{i}") * x - exchange)
    return states, parameters, rates


def power_hill(x: Any, half: Any, order: Any) -> Any:
    return x**order / (half**order + x**order)


def logistic_hill(library: Any) -> Callable[..., Any]:
    """The form of our primitive, written out: each library at its best."""
    return lambda x, half, order: 1 / (1 + library.exp(order * (library.log(half) - library.log(x))))


def own(n: int, form: str) -> Iterator[Any]:
    from exodyn.symbolic import expr
    from exodyn.symbolic.derivative import gradients
    from exodyn.symbolic.expr import Symbol, evaluate, walk

    yield "imported"
    forms = {"primitive": expr.hill, "powers": power_hill, "logistic": logistic_hill(expr)}
    states, parameters, rates = network(n, Symbol, forms[form])
    yield "built"
    partials = gradients(rates, states)
    entries = [row[s] for row in partials for s in states if s in row]
    yield "differentiated"
    ops = [e.op for e in walk([*rates, *entries]) if e.args]  # one node per term: nothing to search
    yield "shared"
    values = dict(zip([*states, *parameters], point(len(states) + len(parameters)), strict=True))
    yield ops, [float(v) for v in evaluate([*rates, *entries], values)]


def casadi(n: int, logistic: bool) -> Iterator[Any]:
    import casadi as ca

    yield "imported"
    states, parameters, rates = network(n, ca.SX.sym, logistic_hill(ca) if logistic else power_hill)
    yield "built"
    x, p, f = ca.vertcat(*states), ca.vertcat(*parameters), ca.vertcat(*rates)
    jacobian = ca.jacobian(f, x)
    yield "differentiated"
    # The entries row by row, as the others give them.
    rows, columns = jacobian.sparsity().get_triplet()
    order = sorted(range(len(rows)), key=lambda k: (rows[k], columns[k]))
    entries = ca.vertcat(*(jacobian.nz[k] for k in order))
    function = ca.Function("f", [x, p], ca.cse([f, entries]))
    names = {getattr(ca, k): k[3:].lower() for k in dir(ca) if k.startswith("OP_")}
    codes = [names[function.instruction_id(k)] for k in range(function.n_instructions())]
    yield "shared"
    ops = [{"sq": "mul", "inv": "div", "twice": "mul", "constpow": "pow"}.get(c, c) for c in codes]
    values = point(len(states) + len(parameters))
    found = function(values[: len(states)], values[len(states) :])
    yield ops, [float(v) for part in found for v in ca.DM(part).full().ravel()]


def symengine(n: int, logistic: bool) -> Iterator[Any]:
    import symengine as se

    yield "imported"
    yield from _sympy_like(n, se, logistic_hill(se) if logistic else power_hill)


def sympy(n: int) -> Iterator[Any]:
    import sympy as sp

    yield "imported"
    yield from _sympy_like(n, sp, power_hill)


def _sympy_like(n: int, library: Any, hill: Callable[..., Any]) -> Iterator[Any]:
    states, parameters, rates = network(n, library.Symbol, hill)
    yield "built"
    entries = [rate.diff(s) for rate in rates for s in states if s in rate.free_symbols]
    yield "differentiated"
    replaced, reduced = library.cse([*rates, *entries])
    yield "shared"
    ops = [op for expression in [*(e for _, e in replaced), *reduced] for op in _operations(expression)]
    values = dict(zip([*states, *parameters], point(len(states) + len(parameters)), strict=True))
    if library.__name__ == "sympy":  # its substitution takes minutes
        numbers = library.lambdify([*states, *parameters], [*rates, *entries], "math", cse=True)(
            *values.values()
        )
    else:
        numbers = [e.subs(values) for e in [*rates, *entries]]
    yield ops, [float(v) for v in numbers]


def _operations(e: Any) -> Iterator[str]:
    """The binary operations of a SymPy or SymEngine tree, at its best: a quotient is one, a - b is one."""
    for argument in e.args:
        yield from _operations(argument)
    kind, count = type(e).__name__, len(e.args)
    if kind == "Add":
        yield from ["add"] * (count - 1)
    elif kind == "Mul":
        signs = sum(1 for a in e.args if not a.args and a == -1)
        quotients = sum(1 for a in e.args if type(a).__name__ == "Pow" and _is_negative(a.args[1]))
        yield from ["mul"] * (count - 1 - signs - quotients)  # the power yields its division
    elif kind == "Pow" and e.args[1].is_Integer:
        power = abs(int(e.args[1]))
        yield from ["mul"] * (power.bit_length() - 1 + power.bit_count() - 1)
        yield from ["div"] * _is_negative(e.args[1])
    elif count and kind != "Symbol":
        yield {"Pow": "pow", "exp": "exp", "log": "log"}.get(kind, "other")


def _is_negative(exponent: Any) -> bool:
    return bool(exponent.is_Integer) and int(exponent) < 0


MEASURE: dict[str, Callable[[int], Iterator[Any]]] = {
    "own, primitive": lambda n: own(n, "primitive"),
    "own, powers": lambda n: own(n, "powers"),
    "own, logistic": lambda n: own(n, "logistic"),
    "casadi, powers": lambda n: casadi(n, logistic=False),
    "casadi, logistic": lambda n: casadi(n, logistic=True),
    "symengine, powers": lambda n: symengine(n, logistic=False),
    "symengine, logistic": lambda n: symengine(n, logistic=True),
    "sympy, powers": sympy,
}


def point(count: int) -> list[float]:
    draw = random.Random(2)
    return [draw.uniform(0.5, 2.0) for _ in range(count)]


def measure(library: str, n: int) -> dict[str, Any]:
    """Seconds of each step, operations and memory, in this process."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    result: dict[str, Any] = {"library": library, "states": n}
    last = time.perf_counter()
    for step in MEASURE[library](n):
        if isinstance(step, str):
            now = time.perf_counter()
            result[step] = now - last
            if step == "imported":
                before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            elif step == "shared":
                result["mb"] = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
            last = time.perf_counter()
        else:
            ops, result["numbers"] = step
            ops = [op for op in ops if op not in NO_OPERATION]
            result["operations"] = sum(ELEMENTARY.get(op, 1) for op in ops)
            result["divisions"] = sum(op in ("div", "hill") for op in ops)
            result["transcendental"] = sum(TRANSCENDENTAL.get(op, 0) for op in ops)
    return result


def honesty() -> dict[str, dict[str, str]]:
    """What each library makes of terms that are NaN for some arguments, and of the order of a sum."""
    import casadi as ca
    import symengine as se
    import sympy as sp

    from exodyn.symbolic.expr import Symbol

    makers: Iterable[tuple[str, Callable[[str], Any]]] = (
        ("own", Symbol),
        ("casadi", ca.SX.sym),
        ("symengine", se.Symbol),
        ("sympy", sp.Symbol),
    )
    table = {}
    for name, symbol in makers:
        x, y = symbol("x"), symbol("y")
        table[name] = {
            "0 * x": str(0.0 * x),
            "x - x": str(x - x),
            "x / x": str(x / x),
            "y + (x + 1.5) + 2.5": str(y + (x + 1.5) + 2.5),
        }
    return table


def main(arguments: list[str]) -> int:
    if arguments[:1] == ["--one"]:
        print(json.dumps(measure(arguments[1], int(arguments[2]))))
        return 0
    rows = []
    for n in SIZES:
        reference = None
        for library in MEASURE:
            command = [sys.executable, __file__, "--one", library, str(n)]
            repeats = 1 if library.startswith("sympy") else REPEATS
            runs = [json.loads(subprocess.check_output(command)) for _ in range(repeats)]
            row = runs[0]
            for step in ("imported", "built", "differentiated", "shared", "mb"):
                row[step] = min(r[step] for r in runs)  # the least disturbed
            numbers = row.pop("numbers")
            reference = reference or numbers
            row["largest_difference"] = max(
                abs(a - b) / max(1.0, abs(b)) for a, b in zip(numbers, reference, strict=True)
            )
            if not math.isfinite(row["largest_difference"]) or row["largest_difference"] > 1e-12:
                print(f"{library} computes another model: {row['largest_difference']}", file=sys.stderr)
                return 1
            rows.append(row)
    if "--json" in arguments:
        print(json.dumps({"rows": rows, "honesty": honesty()}, indent=2))
        return 0
    print(
        "| library, Hill term as | states | import s | build ms | Jacobian ms | sharing ms | MB "
        "| operations | divisions | exp + log |"
    )
    print("| --- |" + " ---: |" * 9)
    for r in rows:
        times = " | ".join(f"{1000 * r[step]:.1f}" for step in ("built", "differentiated", "shared"))
        print(
            f"| {r['library']} | {r['states']} | {r['imported']:.2f} | {times} | {r['mb']:.0f} "
            f"| {r['operations']} | {r['divisions']} | {r['transcendental']} |"
        )
    for library, terms in honesty().items():
        print(f"\n{library}: " + "; ".join(f"`{term}` becomes `{result}`" for term, result in terms.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
