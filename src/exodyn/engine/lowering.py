"""From expressions to vector instructions: what is prepared once per patient, and the order of terms."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from exodyn.engine.emit import Function, Type, Value
from exodyn.engine.vectormath import FUNCTIONS, exp2_core, log_core
from exodyn.symbolic.expr import HILL_FLOOR, Expr, Symbol, const, log, node, rebuild, walk

COSTLY = frozenset({"exp", "log", "exp2_core", "log_core", "pow", "tanh", "expm1", "log1p"})
"""Long chains of dependent instructions: emitted side by side, so that the processor overlaps them."""

LOG2_E = 1.4426950408889634


def rewrite(roots: Sequence[Expr], constants: AbstractSet[Symbol]) -> list[Expr]:
    """Hill terms through logarithms, and divisions that cost least.

    x^n / (K^n + x^n) = 1 / (1 + exp(n (ln K - ln x))); ln K is then a term of parameters alone. A divisor
    that is constant for a patient, or that divides several terms, is inverted once.
    """
    fixed = _constant_nodes(roots, constants)
    divisors = Counter(id(n.args[1]) for n in walk(roots) if n.op == "div")
    new: dict[int, Expr] = {}
    one = const(1.0)
    for current in walk(roots):
        args = tuple(new[id(a)] for a in current.args)
        if current.op == "hill":
            x, half, n = args
            distance = (n * LOG2_E) * (log(half) - node("log_core", node("max", x, HILL_FLOOR)))
            new[id(current)] = one / (one + node("exp2_core", distance))
        elif current.op == "div" and current.args[0] is not one:
            divisor = current.args[1]
            inverted = id(current) not in fixed and (id(divisor) in fixed or divisors[id(divisor)] > 1)
            new[id(current)] = args[0] * (one / args[1]) if inverted else args[0] / args[1]
        else:
            new[id(current)] = rebuild(current, args)
    return [new[id(r)] for r in roots]


def _constant_nodes(roots: Iterable[Expr], constants: AbstractSet[Symbol]) -> set[int]:
    fixed: set[int] = set()
    for current in walk(roots):
        if isinstance(current, Symbol):
            constant = current in constants
        else:
            constant = all(id(a) in fixed for a in current.args)
        if constant:
            fixed.add(id(current))
    return fixed


@dataclass(frozen=True)
class Prepared:
    """Terms of parameters alone, each computed once per patient and known by a symbol afterwards."""

    symbols: tuple[Symbol, ...]
    terms: tuple[Expr, ...]
    roots: tuple[Expr, ...]


def prepare(roots: Sequence[Expr], constants: AbstractSet[Symbol]) -> Prepared:
    """Take the largest terms that depend on `constants` alone out of the roots."""
    fixed = _constant_nodes(roots, constants)
    taken: dict[int, Symbol] = {}
    terms: list[Expr] = []
    new: dict[int, Expr] = {}

    def replaced(n: Expr) -> Expr:
        # Numbers and conditions stay where they are used; so does a bare parameter.
        if not n.args or id(n) not in fixed or n.is_condition:
            return new[id(n)]
        if id(n) not in taken:
            taken[id(n)] = Symbol(f"prepared_{len(terms)}")
            terms.append(n)
        return taken[id(n)]

    for current in walk(roots):
        if id(current) in fixed:
            new[id(current)] = current
        else:
            new[id(current)] = rebuild(current, tuple(replaced(a) for a in current.args))
    results = tuple(replaced(r) for r in roots)
    return Prepared(tuple(taken.values()), tuple(terms), results)


class Lowering:
    """Emits expressions into one function; a node that was emitted is reused."""

    def __init__(self, fn: Function, kind: Type, leaf: Callable[[Symbol], Value]) -> None:
        self.fn = fn
        self.kind = kind
        self.leaf = leaf
        self._done: dict[int, Value] = {}
        self._kept: list[Expr] = []

    def costly(self, roots: Sequence[Expr]) -> None:
        """The logarithms and exponentials below the roots, level by level, and what they need."""
        self._kept.extend(roots)
        level: dict[int, int] = {}
        found: list[tuple[int, Expr]] = []
        for n in walk(roots):
            below = max((level[id(a)] for a in n.args), default=0)
            level[id(n)] = below + (n.op in COSTLY)
            if n.op in COSTLY:
                found.append((below, n))
        for _, n in sorted(found, key=lambda item: item[0]):
            self(n)

    def __call__(self, root: Expr) -> Value:
        for n in walk([root]) if id(root) not in self._done else ():
            if id(n) not in self._done:
                self._done[id(n)] = self._emit(n)
        return self._done[id(root)]

    def _emit(self, n: Expr) -> Value:
        if isinstance(n, Symbol):
            return self.leaf(n)
        if n.op == "const":
            return self.fn.const(self.kind, n.value)
        if n.op in ("true", "false"):
            return self.fn.const(self.kind.mask, n.op == "true")
        args = [self._done[id(a)] for a in n.args]
        emit = _OPERATORS.get(n.op)
        if emit is not None:
            return emit(self.fn, *args)
        return FUNCTIONS[n.op](*args)


_OPERATORS: dict[str, Callable[..., Value]] = {
    "add": lambda f, a, b: a + b,
    "sub": lambda f, a, b: a - b,
    "mul": lambda f, a, b: a * b,
    "div": lambda f, a, b: a / b,
    "neg": lambda f, a: -a,
    "min": lambda f, a, b: f.select((a < b) | a.unordered(), a, b),
    "max": lambda f, a, b: f.select((a > b) | a.unordered(), a, b),
    "lt": lambda f, a, b: a < b,
    "le": lambda f, a, b: a <= b,
    "gt": lambda f, a, b: a > b,
    "ge": lambda f, a, b: a >= b,
    "eq": lambda f, a, b: a.eq(b),
    "ne": lambda f, a, b: a.ne(b),
    "and": lambda f, a, b: a & b,
    "or": lambda f, a, b: a | b,
    "xor": lambda f, a, b: a ^ b,
    "not": lambda f, a: ~a,
    "where": lambda f, c, a, b: f.select(c, a, b),
    "exp2_core": lambda f, x: exp2_core(x),
    "log_core": lambda f, x: log_core(x),
}
