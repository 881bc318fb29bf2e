"""Expressions laid out as printed mathematics, whatever the markup: LaTeX and MathML share this."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from exodyn.symbolic.expr import TIME, Expr, Symbol, substitute, walk
from exodyn.symbolic.model import Model
from exodyn.symbolic.text import number, text, whole_power


class Markup(Protocol):
    """What a markup must be able to set; every method takes and gives marked-up text."""

    def letter(self, letter: str) -> str: ...
    def word(self, word: str) -> str: ...
    def digits(self, digits: str) -> str: ...
    def greek(self, name: str) -> str: ...
    def sign(self, op: str) -> str: ...
    def row(self, *items: str) -> str: ...
    def below(self, base: str, index: str) -> str: ...
    def above(self, base: str, exponent: str) -> str: ...
    def fraction(self, upper: str, lower: str) -> str: ...
    def root(self, inner: str) -> str: ...
    def fence(self, inner: str, kind: str) -> str: ...
    def lines(self, left: str, rows: Sequence[str]) -> str: ...
    def cases(self, pieces: Sequence[tuple[str, str]], otherwise: str) -> str: ...


WIDTH = 90
"""Characters of an equation's text that still fit on a line of print."""

GREEK = frozenset(
    {"alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda", "mu"}
    | {"nu", "xi", "pi", "rho", "sigma", "tau", "upsilon", "phi", "chi", "psi", "omega"}
    | {"Gamma", "Delta", "Theta", "Lambda", "Xi", "Pi", "Sigma", "Phi", "Psi", "Omega"}
)

FUNCTIONS = {
    "exp": "exp",
    "log": "ln",
    "sin": "sin",
    "cos": "cos",
    "tan": "tan",
    "sinh": "sinh",
    "cosh": "cosh",
    "tanh": "tanh",
    "asin": "arcsin",
    "acos": "arccos",
    "atan": "arctan",
    "asinh": "arsinh",
    "acosh": "arcosh",
    "atanh": "artanh",
    "min": "min",
    "max": "max",
    "rem": "rem",
    "expm1": "expm1",
    "log1p": "log1p",
}

_CHOICE, _OR, _AND, _RELATION, _SUM, _PRODUCT, _SIGNED, _POWER, _ATOM = range(9)
_STRENGTH = {
    "or": _OR,
    "xor": _OR,
    "and": _AND,
    "add": _SUM,
    "sub": _SUM,
    "mul": _PRODUCT,
    **dict.fromkeys(("lt", "le", "gt", "ge", "eq", "ne"), _RELATION),
}


@dataclass(frozen=True)
class Equation:
    """One line of a printed model.

    ``kind`` is "rate" (the left side is d name / d time), "value" or "start" (name at time 0).
    """

    name: str
    kind: str
    right: Expr
    unit: str
    meaning: str


def equations(model: Model) -> tuple[Equation, ...]:
    """The model's equations; a readout that occurs in another equation stands there by its name."""
    readouts = [r for r in model.readouts if r.expression.args]
    names: dict[Expr, Expr] = {r.expression: Symbol(r.name) for r in readouts}

    def named(expression: Expr) -> Expr:
        return substitute([expression], names)[0]

    values = []
    for readout in model.readouts:
        others = {e: s for e, s in names.items() if e is not readout.expression}
        right = substitute([readout.expression], others)[0]
        values.append(Equation(readout.name, "value", right, readout.unit, readout.meaning))
    rates = [Equation(s.name, "rate", named(s.rate), s.unit, s.meaning) for s in model.states]
    starts = [Equation(s.name, "start", named(s.initial), s.unit, s.meaning) for s in model.states]
    return (*rates, *values, *starts)


def typeset(expression: Expr, markup: Markup) -> str:
    """The expression in the markup, with the parentheses that a reader needs."""
    done: dict[int, tuple[str, int]] = {}
    for current in walk([expression]):
        done[id(current)] = _one(current, done, markup)
    return done[id(expression)][0]


def equation(line: Equation, markup: Markup) -> str:
    """Left side, equals sign and right side."""
    left, time = symbol(line.name, markup), typeset(TIME, markup)
    if line.kind == "rate":
        d = markup.word("d")
        thin = markup.sign("thin")
        left = markup.fraction(markup.row(d, thin, left), markup.row(d, thin, time))
    elif line.kind == "start":
        left = markup.row(left, markup.fence(markup.digits("0"), "round"))
    equals = markup.row(left, markup.sign("eq"))
    rows = _rows(line.right, markup)
    return markup.row(equals, rows[0]) if len(rows) == 1 else markup.lines(equals, rows)


def _rows(right: Expr, markup: Markup) -> list[str]:
    """A sum that is too long for a line, as one row of terms a line; anything else as it is."""
    if len(text(right)) <= WIDTH:
        return [typeset(right, markup)]
    terms: list[tuple[str, Expr]] = []
    while right.op in ("add", "sub"):
        terms.append((right.op, right.args[1]))
        right = right.args[0]
    rows, row, length = [], typeset(right, markup), len(text(right))
    for op, term in reversed(terms):
        grouped = op == "sub" and term.op in ("add", "sub")
        if length > WIDTH - len(text(term)):
            rows.append(row)
            row, length = "", 0
        words = typeset(term, markup)
        words = markup.fence(words, "round") if grouped or term.op == "where" else words
        row = markup.row(*([row] if row else []), markup.sign(op), words)
        length += len(text(term)) + 3
    return [*rows, row]


def symbol(name: str, markup: Markup) -> str:
    """A name as a symbol: ``k_hif`` and ``vegf50`` with an index, ``mu`` as the Greek letter."""
    if name == TIME.name:
        return markup.letter("t")
    pieces = [piece for piece in name.split("_") if piece] or [name]
    # The letter of `liver_k_release` is k: what stands before it says whose.
    letters = [i for i, piece in enumerate(pieces) if re.fullmatch(r"[A-Za-z]\d*", piece) or piece in GREEK]
    first = letters[0] if letters else 0
    head, rest = pieces[first], [*pieces[first + 1 :], *pieces[:first]]
    numbered = re.fullmatch(r"(\D+)(\d+)", head)
    index = [*([numbered[2]] if numbered else []), *rest]
    base = _stem(numbered[1] if numbered else head, markup)
    if not index:
        return base
    items: list[str] = []
    for piece in index:
        items += [markup.sign("gap")] if items else []
        items.append(markup.digits(piece) if piece.isdigit() else _index(piece, markup))
    return markup.below(base, markup.row(*items))


def _stem(stem: str, markup: Markup) -> str:
    if stem in GREEK:
        return markup.greek(stem)
    return markup.letter(stem) if len(stem) == 1 else markup.word(stem)


def _index(piece: str, markup: Markup) -> str:
    return markup.greek(piece) if piece in GREEK else markup.word(piece)


def _one(current: Expr, done: dict[int, tuple[str, int]], markup: Markup) -> tuple[str, int]:
    """Markup and binding strength of one node whose arguments are done."""
    op, args = current.op, current.args
    inner = [done[id(a)][0] for a in args]

    def at_least(argument: Expr, strength: int) -> str:
        words, own = done[id(argument)]
        return words if own >= strength else markup.fence(words, "round")

    if isinstance(current, Symbol):
        return symbol(current.name or "?", markup), _ATOM
    if op == "const":
        return _number(current.value, markup)
    power = whole_power(current)
    if power:
        return markup.above(at_least(power[0], _ATOM), markup.digits(str(power[1]))), _POWER
    if op == "pow":
        return markup.above(at_least(args[0], _ATOM), inner[1]), _POWER
    if op == "div":
        return markup.fraction(*inner), _POWER
    if op == "neg":
        return markup.row(markup.sign("minus"), at_least(args[0], _PRODUCT)), _SIGNED
    if op == "add" and args[1].op == "neg":
        negated = at_least(args[1].args[0], _PRODUCT)
        return markup.row(at_least(args[0], _SUM), markup.sign("sub"), negated), _SUM
    if op in _STRENGTH:
        strength = _STRENGTH[op]
        right = strength + 1 if op == "sub" or strength == _RELATION else strength
        # A sign never follows another operator without a parenthesis.
        if done[id(args[1])][1] == _SIGNED:
            right = _POWER
        return markup.row(at_least(args[0], strength), markup.sign(op), at_least(args[1], right)), strength
    if op == "not":
        return markup.row(markup.sign("not"), at_least(args[0], _ATOM)), _SIGNED
    if op == "where":
        return _cases(current, done, markup), _CHOICE
    if op == "hill":
        x, half = (markup.above(at_least(a, _ATOM), inner[2]) for a in args[:2])
        return markup.fraction(x, markup.row(half, markup.sign("add"), x)), _POWER
    if op == "sqrt":
        return markup.root(inner[0]), _ATOM
    if op in ("abs", "floor", "ceil"):
        return markup.fence(inner[0], op), _ATOM
    if op == "factorial":
        return markup.row(at_least(args[0], _ATOM), markup.sign("factorial")), _POWER
    if not args:
        return markup.word(op), _ATOM
    listed = [inner[0]]
    for item in inner[1:]:
        listed += [markup.sign("comma"), item]
    name = markup.word(FUNCTIONS.get(op, op))
    if op == "log10":
        name = markup.below(markup.word("log"), markup.digits("10"))
    return markup.row(name, markup.fence(markup.row(*listed), "round")), _ATOM


def _cases(current: Expr, done: dict[int, tuple[str, int]], markup: Markup) -> str:
    """A chain of pieces as one brace."""
    pieces = []
    while current.op == "where":
        condition, yes, no = current.args
        pieces.append((done[id(yes)][0], done[id(condition)][0]))
        current = no
    return markup.cases(pieces, done[id(current)][0])


def _number(value: float, markup: Markup) -> tuple[str, int]:
    digits = number(value)
    if "inf" in digits or "nan" in digits:
        words = markup.sign("infinity") if "inf" in digits else markup.word("NaN")
        return (
            (markup.row(markup.sign("minus"), words), _SIGNED) if digits.startswith("-") else (words, _ATOM)
        )
    if value != 0.0 and not 1e-4 <= abs(value) < 1e6:
        # In scientific notation from here on, whatever Python's repr chooses.
        mantissa, exponent = _scientific(digits)
        ten = markup.above(markup.digits("10"), markup.digits(exponent))
        if mantissa == "1":
            return ten, _POWER
        minus = mantissa.startswith("-")
        words = markup.row(markup.digits(mantissa.removeprefix("-")), markup.sign("times"), ten)
        return (markup.row(markup.sign("minus"), words), _SIGNED) if minus else (words, _PRODUCT)
    if digits.startswith("-"):
        return markup.row(markup.sign("minus"), markup.digits(digits[1:])), _SIGNED
    return markup.digits(digits), _ATOM


def _scientific(digits: str) -> tuple[str, str]:
    """Shortest mantissa and exponent of a number in its shortest digits."""
    significant = len(digits.lstrip("-").partition("e")[0].replace(".", "").strip("0"))
    mantissa, _, exponent = f"{float(digits):.{max(significant - 1, 0)}e}".partition("e")
    return mantissa, str(int(exponent))
