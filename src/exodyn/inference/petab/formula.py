"""Formulas of PEtab tables to expressions: the mathematics of the PEtab specification.

+  -  *  /  ^        with their usual precedence; ``^`` binds from the right and before a sign
<  <=  >  >=  ==  !=  &&  ||  !
piecewise(value, condition, ..., otherwise) and the functions below; ``log`` is the natural logarithm
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping

from exodyn.errors import InputError, nearest
from exodyn.symbolic import FALSE, TRUE, Expr, const, node, where
from exodyn.symbolic.expr import power

DEEPEST = 100
"""Nesting of brackets and signs in a formula."""

TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|(?P<name>[A-Za-z_]\w*)"
    r"|(?P<operator>\*\*|&&|\|\||[<>=!]=|[-+*/^<>!(),]))"
)

COMPARE = {"<": "lt", "<=": "le", ">": "gt", ">=": "ge", "==": "eq", "!=": "ne"}
BINDING = {
    "&&": 1, "||": 1, **dict.fromkeys(COMPARE, 2), "+": 3, "-": 3, "*": 4, "/": 4, "^": 6, "**": 6,
}  # fmt: skip
SIGN = 5


def parse(text: str, name: Callable[[str], Expr]) -> Expr:
    """The expression that a formula states; `name` gives what a name stands for.

    Raises InputError with the column where the formula cannot be read.
    """
    parser = _Parser(text, name)
    result = parser.expression(0, 0)
    if parser.token != "":
        raise parser.error("expected an operator")
    return _number(result)


def names(text: str) -> list[str]:
    """The names in a formula that are no functions, in order; raises as `parse` does."""
    found: dict[str, None] = {}

    def note(name: str) -> Expr:
        found[name] = None
        return const(math.nan)

    parse(text, note)
    return list(found)


def _number(a: Expr) -> Expr:
    return where(a, 1.0, 0.0) if a.is_condition else a


def _condition(a: Expr) -> Expr:
    return a if a.is_condition else node("ne", a, 0.0)


class _Parser:
    """Precedence climbing over tokens; `token` is the next one, empty at the end."""

    def __init__(self, text: str, name: Callable[[str], Expr]) -> None:
        self.text = text
        self.name = name
        self.tokens = self._split()
        self.column = 0
        self.kind = self.token = ""
        self.advance()

    def _split(self) -> Iterator[tuple[str, str, int]]:
        text, at = self.text.rstrip(), 0
        while at < len(text):
            found = TOKEN.match(text, at)
            if found is None:
                rest = text[at:].lstrip()
                self.column, self.token = len(text) - len(rest), rest.split()[0]
                raise self.error("expected a number, a name or an operator")
            kind = found.lastgroup or ""
            yield kind, found[kind], found.start(kind)
            at = found.end()

    def advance(self) -> str:
        passed = self.token
        self.kind, self.token, self.column = next(self.tokens, ("", "", len(self.text)))
        return passed

    def error(self, expected: str) -> InputError:
        at = f"'{self.token[:40]}'" if self.token else "the end"
        return InputError(f"formula '{_short(self.text)}', column {self.column + 1}, at {at}: {expected}")

    def take(self, token: str) -> None:
        if self.token != token:
            raise self.error(f"expected '{token}'")
        self.advance()

    def expression(self, least: int, depth: int) -> Expr:
        """What binds more tightly than `least`."""
        if depth > DEEPEST:
            raise self.error(f"nested more than {DEEPEST} deep")
        left = self.operand(depth)
        while self.kind == "operator" and (binding := BINDING.get(self.token, -1)) > least:
            operator = self.advance()
            right = self.expression(binding - (binding == BINDING["^"]), depth + 1)
            left = _join(operator, left, right)
        return left

    def operand(self, depth: int) -> Expr:
        kind = self.kind
        if kind == "number":
            return const(float(self.advance()))
        if kind == "name":
            return self.named(self.advance(), depth)
        if self.token in ("-", "+", "!"):
            sign = self.advance()
            inner = self.expression(SIGN, depth + 1)
            if sign == "!":
                return ~_condition(inner)
            return -_number(inner) if sign == "-" else _number(inner)
        if self.token == "(":
            self.advance()
            inner = self.expression(0, depth + 1)
            self.take(")")
            return inner
        raise self.error("expected a number, a name or '('")

    def named(self, name: str, depth: int) -> Expr:
        if self.token != "(":
            return CONSTANTS[name.lower()] if name.lower() in CONSTANTS else self.name(name)
        if name != "piecewise" and name not in FUNCTIONS:
            raise self.error(f"unknown function '{name}'{nearest(name, [*FUNCTIONS, 'piecewise'])}")
        self.advance()
        arguments = [self.expression(0, depth + 1)]
        while self.token == ",":
            self.advance()
            arguments.append(self.expression(0, depth + 1))
        self.take(")")
        if name == "piecewise":
            if len(arguments) % 2 == 0:
                raise self.error("piecewise: expected value, condition, ..., otherwise")
            return _piecewise(arguments)
        allowed, build = FUNCTIONS[name]
        if len(arguments) not in allowed:
            raise self.error(f"{name}: {len(arguments)} arguments, expected {' or '.join(map(str, allowed))}")
        return build(*map(_number, arguments))


def _join(operator: str, a: Expr, b: Expr) -> Expr:
    if operator == "&&":
        return _condition(a) & _condition(b)
    if operator == "||":
        return _condition(a) | _condition(b)
    a, b = _number(a), _number(b)
    if operator in COMPARE:
        return node(COMPARE[operator], a, b)
    if operator in ("^", "**"):
        return power(a, b)
    return {"+": a.__add__, "-": a.__sub__, "*": a.__mul__, "/": a.__truediv__}[operator](b)


def _piecewise(arguments: list[Expr]) -> Expr:
    result = _number(arguments[-1])
    for index in reversed(range(len(arguments) // 2)):
        result = where(_condition(arguments[2 * index + 1]), _number(arguments[2 * index]), result)
    return result


def _log(x: Expr, base: Expr | None = None) -> Expr:
    return node("log", x) if base is None else node("log", x) / node("log", base)


def _sign(x: Expr) -> Expr:
    return where(x > 0.0, 1.0, where(x < 0.0, -1.0, 0.0))


def _plain(op: str) -> tuple[tuple[int, ...], Callable[..., Expr]]:
    return (1,), lambda x: node(op, x)


def _inverse(op: str) -> tuple[tuple[int, ...], Callable[..., Expr]]:
    return (1,), lambda x: 1.0 / node(op, x)


def _of_inverse(op: str) -> tuple[tuple[int, ...], Callable[..., Expr]]:
    return (1,), lambda x: node(op, 1.0 / x)


FUNCTIONS: Mapping[str, tuple[tuple[int, ...], Callable[..., Expr]]] = {
    "exp": _plain("exp"),
    "ln": _plain("log"),
    "log": ((1, 2), _log),
    "log10": _plain("log10"),
    "log2": ((1,), lambda x: node("log", x) / math.log(2.0)),
    "sqrt": _plain("sqrt"),
    "abs": _plain("abs"),
    "sign": ((1,), _sign),
    "pow": ((2,), power),
    "min": ((2,), lambda a, b: node("min", a, b)),
    "max": ((2,), lambda a, b: node("max", a, b)),
    **{name: _plain(name) for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh")},
    **{f"arc{name}": _plain(f"a{name}") for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh")},
    "sec": _inverse("cos"), "csc": _inverse("sin"), "cot": _inverse("tan"),
    "sech": _inverse("cosh"), "csch": _inverse("sinh"), "coth": _inverse("tanh"),
    "arcsec": _of_inverse("acos"), "arccsc": _of_inverse("asin"), "arccot": _of_inverse("atan"),
    "arcsech": _of_inverse("acosh"), "arccsch": _of_inverse("asinh"), "arccoth": _of_inverse("atanh"),
}  # fmt: skip

CONSTANTS: Mapping[str, Expr] = {
    "inf": const(math.inf),
    "nan": const(math.nan),
    "true": TRUE,
    "false": FALSE,
}


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "..."
