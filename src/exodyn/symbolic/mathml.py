"""Expressions and equations as presentation MathML, which browsers set without any script."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from exodyn.symbolic import typeset
from exodyn.symbolic.expr import Expr
from exodyn.symbolic.typeset import Equation

_SIGNS = {
    "add": "+",
    "sub": "−",
    "minus": "−",
    "mul": "⋅",
    "times": "×",
    "lt": "<",
    "le": "≤",
    "gt": ">",
    "ge": "≥",
    "eq": "=",
    "ne": "≠",
    "and": "∧",
    "or": "∨",
    "xor": "⊕",
    "not": "¬",
    "comma": ",",
    "factorial": "!",
}
_OTHER = {"infinity": "<mi>∞</mi>", "gap": '<mspace width="0.3em"/>', "thin": '<mspace width="0.15em"/>'}
_LEFT = '<mtd style="text-align: left">'
_FENCES = {"round": ("(", ")"), "abs": ("|", "|"), "floor": ("⌊", "⌋"), "ceil": ("⌈", "⌉")}
# The Greek block of Unicode in its order, with both forms of sigma.
_ORDER = (
    *("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda", "mu"),
    *("nu", "xi", "omicron", "pi", "rho", "final sigma", "sigma", "tau", "upsilon", "phi", "chi", "psi"),
    "omega",
)
_GREEK = {name: chr(ord("α") + i) for i, name in enumerate(_ORDER)}


class _MathML:
    def letter(self, letter: str) -> str:
        return f"<mi>{escape(letter)}</mi>"

    def word(self, word: str) -> str:
        return f'<mi mathvariant="normal">{escape(word)}</mi>'

    def digits(self, digits: str) -> str:
        return f"<mn>{digits.replace('-', '−')}</mn>"

    def greek(self, name: str) -> str:
        small = _GREEK[name.lower()]
        return f"<mi>{small if name.islower() else small.upper()}</mi>"

    def sign(self, op: str) -> str:
        return _OTHER[op] if op in _OTHER else f"<mo>{escape(_SIGNS[op])}</mo>"

    def row(self, *items: str) -> str:
        return items[0] if len(items) == 1 else f"<mrow>{''.join(items)}</mrow>"

    def below(self, base: str, index: str) -> str:
        return f"<msub>{base}{index}</msub>"

    def above(self, base: str, exponent: str) -> str:
        return f"<msup>{base}{exponent}</msup>"

    def fraction(self, upper: str, lower: str) -> str:
        return f"<mfrac>{upper}{lower}</mfrac>"

    def root(self, inner: str) -> str:
        return f"<msqrt>{inner}</msqrt>"

    def fence(self, inner: str, kind: str) -> str:
        left, right = _FENCES[kind]
        return f"<mrow><mo>{left}</mo>{inner}<mo>{right}</mo></mrow>"

    def lines(self, left: str, rows: Sequence[str]) -> str:
        lefts = [left, *[""] * (len(rows) - 1)]
        table = "".join(
            f"<mtr><mtd>{a}</mtd>{_LEFT}<mrow>{b}</mrow></mtd></mtr>"
            for a, b in zip(lefts, rows, strict=True)
        )
        return f'<mtable displaystyle="true">{table}</mtable>'

    def cases(self, pieces: Sequence[tuple[str, str]], otherwise: str) -> str:
        rows = [(value, f"<mrow><mtext>if&#160;</mtext>{condition}</mrow>") for value, condition in pieces]
        rows.append((otherwise, "<mtext>otherwise</mtext>"))
        table = "".join(f"<mtr>{_LEFT}{value}</mtd>{_LEFT}{when}</mtd></mtr>" for value, when in rows)
        return f"<mrow><mo>{{</mo><mtable>{table}</mtable></mrow>"


_MARKUP = _MathML()


def mathml(expression: Expr) -> str:
    """A ``<math>`` element to stand within a line of HTML."""
    return f"<math>{typeset.typeset(expression, _MARKUP)}</math>"


def mathml_symbol(name: str) -> str:
    """A ``<math>`` element of a name alone."""
    return f"<math>{typeset.symbol(name, _MARKUP)}</math>"


def mathml_equation(line: Equation) -> str:
    """A ``<math>`` element of an equation, to stand on a line of its own."""
    return f'<math display="block">{typeset.equation(line, _MARKUP)}</math>'
