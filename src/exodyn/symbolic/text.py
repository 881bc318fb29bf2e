"""An expression as one line of text, which Python reads back as the same node."""

from __future__ import annotations

import math

from exodyn.symbolic.expr import Expr, Symbol, walk

LONGEST = 2000
"""Characters of the longest text; what is longer says how many nodes it has instead."""

_INFIX = {
    "or": ("|", 2),
    "and": ("&", 3),
    "lt": ("<", 1),
    "le": ("<=", 1),
    "gt": (">", 1),
    "ge": (">=", 1),
    "add": ("+", 4),
    "sub": ("-", 4),
    "mul": ("*", 5),
    "div": ("/", 5),
}
_PRODUCT, _UNARY, _POWER, _ATOM = 5, 6, 7, 8
_NAMES = {"abs": "absolute", "min": "minimum", "max": "maximum", "true": "TRUE", "false": "FALSE"}


def text(expression: Expr) -> str:
    """The expression with as few parentheses as give the same node back.

    Products that stand for a whole power print as one (``x**2``). Functions carry the names that
    ``exodyn.symbolic`` exports; equality is ``eq(a, b)``.
    """
    if size(expression) > LONGEST:
        return f"<{expression.op} of {sum(1 for _ in walk([expression]))} nodes>"
    done: dict[int, tuple[str, int]] = {}
    for current in walk([expression]):
        done[id(current)] = _one(current, done)
    return done[id(expression)][0]


def size(expression: Expr) -> int:
    """How many nodes the expression has when written out (a shared node counts each time)."""
    sizes: dict[int, int] = {}
    for current in walk([expression]):
        sizes[id(current)] = 1 + sum(sizes[id(a)] for a in current.args)
    return sizes[id(expression)]


def whole_power(expression: Expr) -> tuple[Expr, int] | None:
    """Base and exponent where the node is a product that `power` builds for ``base ** 2, 3 or 4``."""
    if expression.op != "mul":
        return None
    a, b = expression.args
    square = a.op == "mul" and a.args[0] is a.args[1]
    if a is b:
        return (a.args[0], 4) if square else (a, 2)
    if square and a.args[0] is b:
        return b, 3
    return None


def number(value: float) -> str:
    """The shortest digits that give the same double."""
    if math.isinf(value):
        return "inf" if value > 0 else "-inf"
    if value == 0.0:
        return "-0.0" if math.copysign(1.0, value) < 0 else "0"
    digits = repr(value)
    return digits.removesuffix(".0")


def _one(current: Expr, done: dict[int, tuple[str, int]]) -> tuple[str, int]:
    """Text and binding strength of one node whose arguments are done."""

    def at_least(argument: Expr, strength: int) -> str:
        words, own = done[id(argument)]
        return words if own >= strength else f"({words})"

    op = current.op
    if isinstance(current, Symbol):
        return current.name or "?", _ATOM
    if op == "const":
        words = number(current.value)
        return words, _UNARY if words.startswith("-") else _ATOM
    power = whole_power(current)
    if power:
        return f"{at_least(power[0], _ATOM)}**{power[1]}", _POWER
    if op in _INFIX:
        sign, strength = _INFIX[op]
        left, right = current.args
        # The relations do not chain and bind weaker than `&`: both their sides stand tighter.
        first = at_least(left, 4 if strength == 1 else strength)
        return f"{first} {sign} {at_least(right, 4 if strength == 1 else strength + 1)}", strength
    if op == "pow":
        base, exponent = current.args
        return f"{at_least(base, _ATOM)}**{at_least(exponent, _UNARY)}", _POWER
    if op == "neg":
        inner = current.args[0]
        if inner.op in ("mul", "div") and _leftmost(inner).op != "const":
            return f"-{done[id(inner)][0]}", _PRODUCT  # Python takes the sign first: the same node
        return f"-{at_least(inner, _UNARY)}", _UNARY
    if op == "not":
        return f"~{at_least(current.args[0], _UNARY)}", _UNARY
    name = _NAMES.get(op, op)
    if not current.args:
        return name, _ATOM
    return f"{name}({', '.join(done[id(a)][0] for a in current.args)})", _ATOM


def _leftmost(product: Expr) -> Expr:
    while product.op in ("mul", "div"):
        product = product.args[0]
    return product
