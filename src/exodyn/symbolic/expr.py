"""Expressions: a graph in which equal terms are one node.

A node is an operator and its arguments. Building the same term twice returns the same node, so common
subexpressions need no search, and a derivative shares what it can with the function it came from.
Why this is our own small graph and not a library: ``docs/decisions/expressions.md``.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from threading import Lock
from typing import Any, Self, TypeAlias
from weakref import WeakValueDictionary

import numpy as np

Operand: TypeAlias = "Expr | float | int"

RELATIONS = frozenset({"lt", "le", "gt", "ge", "eq", "ne"})
LOGIC = frozenset({"and", "or", "xor", "not", "true", "false"})

_interned: WeakValueDictionary[tuple[Any, ...], Expr] = WeakValueDictionary()
_interning = Lock()


class Expr:
    """One node: ``op``, its ``args`` and, for a constant, its ``value``.

    Compare nodes with ``is`` (or ``==``, which means the same); ``eq(a, b)`` builds an equation.
    """

    __slots__ = ("__weakref__", "args", "op", "value")
    __array_ufunc__ = None  # numpy leaves `array * expression` to us, and we refuse it

    op: str
    args: tuple[Expr, ...]
    value: float

    def __repr__(self) -> str:
        from exodyn.symbolic.text import text

        return text(self)

    def __add__(self, other: Operand) -> Expr:
        return add(self, as_expr(other))

    def __radd__(self, other: Operand) -> Expr:
        return add(as_expr(other), self)

    def __sub__(self, other: Operand) -> Expr:
        return sub(self, as_expr(other))

    def __rsub__(self, other: Operand) -> Expr:
        return sub(as_expr(other), self)

    def __mul__(self, other: Operand) -> Expr:
        return mul(self, as_expr(other))

    def __rmul__(self, other: Operand) -> Expr:
        return mul(as_expr(other), self)

    def __truediv__(self, other: Operand) -> Expr:
        return div(self, as_expr(other))

    def __rtruediv__(self, other: Operand) -> Expr:
        return div(as_expr(other), self)

    def __pow__(self, other: Operand) -> Expr:
        return power(self, as_expr(other))

    def __rpow__(self, other: Operand) -> Expr:
        return power(as_expr(other), self)

    def __neg__(self) -> Expr:
        return neg(self)

    def __lt__(self, other: Operand) -> Expr:
        return node("lt", self, as_expr(other))

    def __le__(self, other: Operand) -> Expr:
        return node("le", self, as_expr(other))

    def __gt__(self, other: Operand) -> Expr:
        return node("gt", self, as_expr(other))

    def __ge__(self, other: Operand) -> Expr:
        return node("ge", self, as_expr(other))

    def __and__(self, other: Expr) -> Expr:
        return node("and", self, other)

    def __or__(self, other: Expr) -> Expr:
        return node("or", self, other)

    def __invert__(self) -> Expr:
        return node("not", self)

    def __bool__(self) -> bool:
        raise TypeError(
            "an expression has no truth value while a model is written: use `where(condition, a, b)`"
        )

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self  # a copy would be equal to nothing

    @property
    def is_condition(self) -> bool:
        """Whether the node is true or false rather than a number."""
        return self.op in RELATIONS or self.op in LOGIC


class Symbol(Expr):
    """A named quantity. Two symbols are equal only if they are the same object."""

    __slots__ = ("name",)

    def __init__(self, name: str = "") -> None:
        self.op = "symbol"
        self.args = ()
        self.value = math.nan
        self.name = name


def _make(op: str, args: tuple[Expr, ...], value: float = math.nan) -> Expr:
    # Symbols and their parents are told apart by identity; the sign of zero and NaN by their bits.
    key = (op, *map(id, args)) if args else (op, np.float64(value).tobytes())
    found = _interned.get(key)
    if found is not None:
        return found
    made = Expr()
    made.op, made.args, made.value = op, args, value
    with _interning:  # of two threads that build one term at once, both get the node of the first
        return _interned.setdefault(key, made)


def const(value: float) -> Expr:
    """The number itself (also infinities and NaN)."""
    return _make("const", (), float(value))


def as_expr(value: Operand) -> Expr:
    """A node for a node or a number."""
    if isinstance(value, Expr):
        return value
    if not isinstance(value, int | float | np.number):
        raise TypeError(f"expected an expression or a number, not {type(value).__name__}")
    return const(value)


def node(op: str, *args: Operand) -> Expr:
    """A node, folded to a constant where all its arguments are constants."""
    nodes = tuple(as_expr(a) for a in args)
    if nodes and all(a.op in ("const", "true", "false") for a in nodes) and op in EVALUATE:
        with np.errstate(all="ignore"):
            result = EVALUATE[op](*(_constant(a) for a in nodes))
        if op in RELATIONS or op in LOGIC:
            return TRUE if result else FALSE
        return const(float(result))
    return _make(op, nodes)


def _constant(a: Expr) -> Any:
    return np.float64(a.value) if a.op == "const" else a.op == "true"


def _is(a: Expr, value: float) -> bool:
    return a.op == "const" and a.value == value


# Only what IEEE arithmetic makes equal is rewritten (but for the sign of a zero sum): no reordering of sums,
# no cancelling of x / x. Signs move outwards, where they merge into a sum.


def add(a: Expr, b: Expr) -> Expr:
    if _is(a, 0.0):
        return b
    if _is(b, 0.0):
        return a
    if b.op == "neg":
        return sub(a, b.args[0])
    if a.op == "neg":
        return sub(b, a.args[0])
    return node("add", a, b)


def sub(a: Expr, b: Expr) -> Expr:
    if _is(b, 0.0):
        return a
    if _is(a, 0.0):
        return neg(b)
    if b.op == "neg":
        return add(a, b.args[0])
    return node("sub", a, b)


def mul(a: Expr, b: Expr) -> Expr:
    # 0 * x stays: it is NaN where x is infinite, and NaN must be seen.
    if _is(a, 1.0):
        return b
    if _is(b, 1.0):
        return a
    if _is(a, -1.0):
        return neg(b)
    if _is(b, -1.0):
        return neg(a)
    if a.op == "neg":
        return neg(mul(a.args[0], b))
    if b.op == "neg":
        return neg(mul(a, b.args[0]))
    return node("mul", a, b)


def div(a: Expr, b: Expr) -> Expr:
    if _is(b, 1.0):
        return a
    if a.op == "neg":
        return neg(div(a.args[0], b))
    if b.op == "neg":
        return neg(div(a, b.args[0]))
    return node("div", a, b)


def neg(a: Expr) -> Expr:
    if a.op == "neg":
        return a.args[0]
    return node("neg", a)


def power(a: Expr, b: Expr) -> Expr:
    """``a ** b``; whole powers up to 4 become products, halves a square root."""
    if a.op != "const" and b.op == "const":
        if b.value == 0.0:
            return const(1.0)  # also of NaN, as IEEE 754 has it
        if b.value == 0.5:
            return sqrt(a)
        if b.value == 1.0:
            return a
        if b.value == 2.0:
            return mul(a, a)
        if b.value == 3.0:
            return mul(mul(a, a), a)
        if b.value == 4.0:
            square = mul(a, a)
            return mul(square, square)
        if b.value == -1.0:
            return div(const(1.0), a)
    return node("pow", a, b)


def exp(x: Operand) -> Expr:
    return node("exp", x)


def log(x: Operand) -> Expr:
    return node("log", x)


def sqrt(x: Operand) -> Expr:
    return node("sqrt", x)


def tanh(x: Operand) -> Expr:
    return node("tanh", x)


def sin(x: Operand) -> Expr:
    return node("sin", x)


def cos(x: Operand) -> Expr:
    return node("cos", x)


def absolute(x: Operand) -> Expr:
    return node("abs", x)


def minimum(a: Operand, b: Operand) -> Expr:
    return node("min", a, b)


def maximum(a: Operand, b: Operand) -> Expr:
    return node("max", a, b)


def eq(a: Operand, b: Operand) -> Expr:
    return node("eq", a, b)


def ne(a: Operand, b: Operand) -> Expr:
    return node("ne", a, b)


def where(condition: Expr, then: Operand, otherwise: Operand) -> Expr:
    """``then`` while ``condition`` holds, else ``otherwise`` (a piecewise of one piece)."""
    asked: object = condition  # `x == 1` is Python's own and comes as False
    if not (isinstance(asked, Expr) and asked.is_condition):
        raise TypeError("`where` needs a condition such as `a < b`; equality is `eq(a, b)`")
    yes, no = as_expr(then), as_expr(otherwise)
    if condition.op == "true" or yes is no:
        return yes
    if condition.op == "false":
        return no
    return _make("where", (condition, yes, no))


def hill(x: Operand, half: Operand, n: Operand = 1.0) -> Expr:
    """``x^n / (half^n + x^n)`` for ``x >= 0``.

    The order 1 is the plain fraction. Any other goes through logarithms, with its own derivative, and a state
    that undershoots zero counts as zero there.
    """
    x, half, n = as_expr(x), as_expr(half), as_expr(n)
    if _is(n, 1.0):
        return x / (half + x)
    return node("hill", x, half, n)


def total(terms: Iterable[Operand]) -> Expr:
    """The sum of all terms, left to right; 0 for none."""
    result: Expr = const(0.0)
    for term in terms:
        result = result + term
    return result


def _factorial(a: np.float64) -> float:
    # SBML defines it for whole numbers; the gamma function is its extension and what peers compute.
    try:
        return math.gamma(float(a) + 1.0)
    except (OverflowError, ValueError):
        return math.inf if a > 0 else math.nan


def _hill(x: Any, half: Any, n: Any) -> Any:
    # Not x^n / (half^n + x^n): its powers overflow long before the quotient leaves 0..1.
    return 1.0 / (1.0 + (half / np.maximum(x, HILL_FLOOR)) ** n)


HILL_FLOOR = 1e-30
"""Smallest argument of a Hill term: the logarithm of zero would be infinite."""

EVALUATE: Mapping[str, Any] = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": lambda a, b: a / b,
    "neg": lambda a: -a,
    "pow": lambda a, b: a**b,
    "exp": np.exp,
    "expm1": np.expm1,
    "log": np.log,
    "log1p": np.log1p,
    "log10": np.log10,
    "sqrt": np.sqrt,
    "abs": np.abs,
    "floor": np.floor,
    "ceil": np.ceil,
    "sin": np.sin,
    "cos": np.cos,
    "tan": np.tan,
    "asin": np.arcsin,
    "acos": np.arccos,
    "atan": np.arctan,
    "sinh": np.sinh,
    "cosh": np.cosh,
    "tanh": np.tanh,
    "asinh": np.arcsinh,
    "acosh": np.arccosh,
    "atanh": np.arctanh,
    "factorial": _factorial,
    "min": np.minimum,
    "max": np.maximum,
    "rem": np.fmod,
    "hill": _hill,
    "lt": lambda a, b: a < b,
    "le": lambda a, b: a <= b,
    "gt": lambda a, b: a > b,
    "ge": lambda a, b: a >= b,
    "eq": lambda a, b: a == b,
    "ne": lambda a, b: a != b,
    "and": lambda a, b: bool(a) and bool(b),
    "or": lambda a, b: bool(a) or bool(b),
    "xor": lambda a, b: bool(a) != bool(b),
    "not": lambda a: not bool(a),
    "where": lambda c, a, b: a if c else b,
}
"""Every operator with its meaning on numbers: the reference that compiled code is tested against."""

TRUE = _make("true", ())
FALSE = _make("false", ())
TIME = Symbol("time")
"""Time since the start of the model, in its time unit."""


def walk(roots: Iterable[Expr]) -> Iterator[Expr]:
    """Every node below the roots once, arguments before their users, in a fixed order."""
    done: set[int] = set()
    for root in roots:
        stack: list[tuple[Expr, bool]] = [(root, False)]
        while stack:
            current, expanded = stack.pop()
            if id(current) in done:
                continue
            if expanded or not current.args:
                done.add(id(current))
                yield current
                continue
            stack.append((current, True))
            stack.extend((a, False) for a in reversed(current.args) if id(a) not in done)


def symbols(roots: Iterable[Expr]) -> list[Symbol]:
    """The symbols that the roots depend on, in order of first use."""
    return [n for n in walk(roots) if isinstance(n, Symbol)]


def substitute(roots: Iterable[Expr], replace: Mapping[Expr, Expr] | Mapping[Symbol, Expr]) -> list[Expr]:
    """The roots with each node that is a key replaced by its value, in one pass."""
    roots = list(roots)
    new: dict[int, Expr] = {id(k): v for k, v in replace.items()}
    for current in walk(roots):
        if id(current) in new:
            continue
        new[id(current)] = rebuild(current, tuple(new[id(a)] for a in current.args))
    return [new[id(r)] for r in roots]


_BUILDERS: Mapping[str, Any] = {
    "add": add,
    "sub": sub,
    "mul": mul,
    "div": div,
    "neg": neg,
    "pow": power,
    "where": where,
}


def rebuild(original: Expr, args: tuple[Expr, ...]) -> Expr:
    """The node with other arguments, simplified as if it had been written so."""
    if all(a is b for a, b in zip(args, original.args, strict=True)):
        return original
    build = _BUILDERS.get(original.op)
    return build(*args) if build else node(original.op, *args)


def evaluate(roots: Iterable[Expr], values: Mapping[Symbol, Any]) -> list[Any]:
    """The roots as numbers (or arrays, where the values are arrays): slow, and the reference for all else."""
    roots = list(roots)
    found: dict[int, Any] = {
        id(k): v if isinstance(v, np.ndarray) else np.float64(v) for k, v in values.items()
    }
    with np.errstate(all="ignore"):
        for current in walk(roots):
            if id(current) in found:
                continue
            if current.op == "const":
                found[id(current)] = np.float64(current.value)
            elif current.op in ("true", "false"):
                found[id(current)] = current.op == "true"
            elif isinstance(current, Symbol):
                raise KeyError(f"no value for '{current.name}'")
            else:
                found[id(current)] = _apply(current.op, [found[id(a)] for a in current.args])
    return [found[id(r)] for r in roots]


LOGICAL: Mapping[str, Any] = {
    "and": np.logical_and,
    "or": np.logical_or,
    "xor": np.logical_xor,
    "not": np.logical_not,
}
"""The operators on truth values, for arrays of them."""


def _apply(op: str, args: list[Any]) -> Any:
    if any(isinstance(a, np.ndarray) for a in args):
        if op == "where":
            return np.where(*args)
        if op in LOGIC:
            return LOGICAL[op](*args)
    return EVALUATE[op](*args)
