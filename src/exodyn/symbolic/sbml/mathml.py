"""Expressions as MathML."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from exodyn.symbolic.expr import HILL_FLOOR, TIME, Expr, Symbol, exp, log, maximum, power, walk

NAMESPACE = "http://www.w3.org/1998/Math/MathML"
TIME_SYMBOL = '<csymbol encoding="text" definitionURL="http://www.sbml.org/sbml/symbols/time">time</csymbol>'

WORDS: Mapping[str, str] = {
    "add": "plus", "sub": "minus", "mul": "times", "div": "divide", "neg": "minus", "pow": "power",
    "exp": "exp", "log": "ln", "log10": "log", "sqrt": "root", "abs": "abs",
    "floor": "floor", "ceil": "ceiling", "sin": "sin", "cos": "cos", "tan": "tan",
    "asin": "arcsin", "acos": "arccos", "atan": "arctan",
    "sinh": "sinh", "cosh": "cosh", "tanh": "tanh",
    "asinh": "arcsinh", "acosh": "arccosh", "atanh": "arctanh",
    "factorial": "factorial", "min": "min", "max": "max", "rem": "rem",
    "lt": "lt", "le": "leq", "gt": "gt", "ge": "geq", "eq": "eq", "ne": "neq",
    "and": "and", "or": "or", "xor": "xor", "not": "not",
}  # fmt: skip
"""Operators that MathML has under one word."""

CHAINED = {"add": "plus", "mul": "times", "and": "and", "or": "or"}
"""Operators whose left-nested chains are written as one with many arguments."""

LARGE = 40
"""Terms of fewer nodes are written out wherever they stand, larger ones once, as a parameter with a rule."""


class Formulas:
    """MathML of the expressions of one model.

    names: symbols to ids. named: expressions that have an id of their own, which is written in their place.
    Equal terms are one node of the graph, so written out in full a model could grow without bound: what is
    large and stands in several places gets a rule of its own (`shared`).
    """

    def __init__(
        self,
        names: Mapping[Symbol, str],
        named: Mapping[Expr, str],
        new_id: Callable[[str], str],
        roots: Sequence[Expr],
    ) -> None:
        self.names = names
        self.named = {e: name for e, name in named.items() if e.args and not e.is_condition}
        self.shared: dict[Expr, str] = {}
        self._share(roots, new_id)
        self.written: dict[Expr, str] = {}

    def _share(self, roots: Sequence[Expr], new_id: Callable[[str], str]) -> None:
        uses: dict[Expr, int] = {}
        size: dict[Expr, int] = {}
        order = list(walk(roots))
        for current in order:
            for argument in current.args:
                uses[argument] = uses.get(argument, 0) + (2 if current.op == "hill" else 1)
        for root in roots:
            uses[root] = uses.get(root, 0) + 1
        for current in order:
            if current in self.named:
                size[current] = 1
                continue
            size[current] = 1 + sum(size[a] for a in current.args)
            if size[current] >= LARGE and uses[current] > 1 and not current.is_condition:
                self.shared[current] = new_id(f"shared_{len(self.shared) + 1}")
                size[current] = 1

    def math(self, root: Expr) -> str:
        """The element ``math`` for an expression."""
        self._write(root)
        return _math(self.written[root])

    def definition(self, root: Expr) -> str:
        """The element ``math`` for an expression that has a name, as its definition."""
        for argument in root.args:
            self._write(argument)
        return _math(self._element(root, self.written))

    def plain(self, root: Expr) -> str:
        """The element ``math`` without any name but those of symbols (for values at the start)."""
        written: dict[Expr, str] = {}
        for current in walk([root]):
            written[current] = self._element(current, written)
        return _math(written[root])

    def _write(self, root: Expr) -> None:
        for current in walk([root]):
            if current not in self.written:
                name = self.named.get(current) or self.shared.get(current)
                self.written[current] = f"<ci>{name}</ci>" if name else self._element(current, self.written)

    def _element(self, current: Expr, written: dict[Expr, str]) -> str:
        if isinstance(current, Symbol):
            return TIME_SYMBOL if current is TIME else f"<ci>{self.names[current]}</ci>"
        if current.op == "const":
            return number(current.value)
        if current.op in ("true", "false"):
            return f"<{current.op}/>"
        if current.op == "where":
            condition, yes, no = (written[a] for a in current.args)
            return f"<piecewise><piece>{yes}{condition}</piece><otherwise>{no}</otherwise></piecewise>"
        word = WORDS.get(current.op)
        if word is None:
            return self._expanded(current, written)
        arguments = [written[a] for a in current.args]
        head = f"<apply><{word}/>"
        if current.op in CHAINED and arguments[0].startswith(head):
            arguments[0] = arguments[0].removeprefix(head).removesuffix("</apply>")
        return head + "".join(arguments) + "</apply>"

    def _expanded(self, current: Expr, written: dict[Expr, str]) -> str:
        """An operator that MathML does not have, by those that it has."""
        result = EXPANSIONS[current.op](*current.args)
        for term in walk([result]):
            if term not in written:
                written[term] = self._element(term, written)
        return written[result]


def _hill(x: Expr, half: Expr, n: Expr) -> Expr:
    raised = power(maximum(x, HILL_FLOOR), n)
    return raised / (power(half, n) + raised)


EXPANSIONS: Mapping[str, Callable[..., Expr]] = {
    "hill": _hill,
    "expm1": lambda x: exp(x) - 1.0,
    "log1p": lambda x: log(1.0 + x),
}


def _math(content: str) -> str:
    return f'<math xmlns="{NAMESPACE}">{content}</math>'


def number(value: float) -> str:
    """A number that reads back as the same, to the last bit."""
    if math.isnan(value):
        return "<notanumber/>"
    if math.isinf(value):
        return "<infinity/>" if value > 0 else "<apply><minus/><infinity/></apply>"
    text = repr(value)
    mantissa, _, exponent = text.partition("e")
    if not exponent:
        return f"<cn>{text}</cn>"
    if float(mantissa) * 10.0 ** int(exponent) == value:
        return f'<cn type="e-notation">{mantissa}<sep/>{int(exponent)}</cn>'
    return f"<cn>{np.format_float_positional(value)}</cn>"


def plain_number(value: float) -> str:
    """A number as the value of an attribute."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "INF" if value > 0 else "-INF"
    return repr(float(value))
