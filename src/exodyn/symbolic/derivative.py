"""Derivatives of expressions by the chain rule, sparse and shared over the whole graph."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from exodyn.symbolic.expr import Expr, Symbol, const, exp, log, node, power, sqrt, walk, where
from exodyn.symbolic.model import ModelError

ONE, ZERO = const(1.0), const(0.0)

FLAT = frozenset({"floor", "ceil"})
"""Operators whose derivative is zero wherever it exists."""

CHOICES: Mapping[str, Callable[..., tuple[Expr, Expr, Expr]]] = {
    "where": lambda condition, a, b: (condition, a, b),
    "min": lambda a, b: (a <= b, a, b),
    "max": lambda a, b: (a >= b, a, b),
}
"""Operators that pick one of two values, as (condition, then, otherwise)."""


def gradients(roots: Sequence[Expr], by: Iterable[Symbol]) -> list[dict[Symbol, Expr]]:
    """For each root its non-zero partial derivatives by the symbols.

    A partial that is zero by structure is left out: what remains is the sparsity pattern.
    """
    wanted = {id(s) for s in by}
    found: dict[int, dict[Symbol, Expr]] = {}
    for current in walk(roots):
        if isinstance(current, Symbol):
            found[id(current)] = {current: ONE} if id(current) in wanted else {}
            continue
        result: dict[Symbol, Expr] = {}
        if current.op in CHOICES:
            condition, yes, no = CHOICES[current.op](*current.args)
            then, otherwise = found[id(yes)], found[id(no)]
            # Chosen, not multiplied by 0 or 1: the other branch may be infinite where it doesn't count.
            result = {
                s: where(condition, then.get(s, ZERO), otherwise.get(s, ZERO)) for s in then | otherwise
            }
        elif not current.is_condition and current.op not in FLAT and current.op != "const":
            depends = [bool(found[id(a)]) for a in current.args]
            for argument, partial in zip(current.args, _partials(current, depends), strict=True):
                if partial is None:
                    continue
                for symbol, inner in found[id(argument)].items():
                    term = partial * inner if inner is not ONE else partial
                    result[symbol] = result[symbol] + term if symbol in result else term
        found[id(current)] = result
    return [found[id(r)] for r in roots]


def _partials(f: Expr, depends: list[bool]) -> list[Expr | None]:
    """The partial derivatives by the arguments that depend on what is asked for, None for the others."""
    if not any(depends):
        return [None] * len(f.args)
    full = _binary(f, depends) if len(f.args) > 1 else [_unary(f)]
    return [p if d else None for p, d in zip(full, depends, strict=True)]


def _binary(f: Expr, depends: list[bool]) -> list[Expr | None]:
    op = f.op
    if op == "hill":
        return _hill(f)
    a, b = f.args
    if op == "add":
        return [ONE, ONE]
    if op == "sub":
        return [ONE, const(-1.0)]
    if op == "mul":
        return [b, a]
    if op == "div":
        inverse = ONE / b  # once, since a division costs many products
        return [inverse, -(f * inverse)]
    if op == "pow":
        # b * a^(b-1) rather than f * b / a: it stays finite at a = 0.
        return [
            b * power(a, b - 1.0) if depends[0] else None,
            where(node("eq", f, 0.0), ZERO, f * log(a)) if depends[1] else None,
        ]
    if op == "rem":
        quotient = a / b
        return [ONE, -where(quotient >= 0.0, node("floor", quotient), node("ceil", quotient))]
    raise ModelError(f"no derivative is known for '{op}', which a rate depends on: `{f}`")


def _hill(f: Expr) -> list[Expr | None]:
    from exodyn.symbolic.expr import HILL_FLOOR, maximum

    x, half, n = f.args
    slope = n * f * (1.0 - f)
    positive = maximum(x, HILL_FLOOR)
    return [slope / positive, -slope / half, f * (1.0 - f) * (log(positive) - log(half))]


def _unary(f: Expr) -> Expr:
    (x,) = f.args
    op = f.op
    if op == "neg":
        return const(-1.0)
    if op == "exp":
        return f
    if op == "expm1":
        return exp(x)
    if op == "log":
        return ONE / x
    if op == "log1p":
        return ONE / (1.0 + x)
    if op == "log10":
        return ONE / (x * 2.302585092994046)
    if op == "sqrt":
        return 0.5 / f
    if op == "abs":
        return where(x >= 0.0, ONE, const(-1.0))
    if op == "sin":
        return node("cos", x)
    if op == "cos":
        return -node("sin", x)
    if op == "tan":
        return 1.0 + f * f
    if op == "asin":
        return ONE / sqrt(1.0 - x * x)
    if op == "acos":
        return -(ONE / sqrt(1.0 - x * x))
    if op == "atan":
        return ONE / (1.0 + x * x)
    if op == "sinh":
        return node("cosh", x)
    if op == "cosh":
        return node("sinh", x)
    if op == "tanh":
        return 1.0 - f * f
    if op == "asinh":
        return ONE / sqrt(x * x + 1.0)
    if op == "acosh":
        return ONE / (sqrt(x - 1.0) * sqrt(x + 1.0))
    if op == "atanh":
        return ONE / (1.0 - x * x)
    if op == "factorial":
        # By a difference: the exact derivative would need a function of its own, and hardly ever counts.
        step = 1e-4
        return (node("factorial", x + step) - node("factorial", x - step)) / (2.0 * step)
    raise ModelError(f"no derivative is known for '{op}', which a rate depends on: `{f}`")
