r"""Models as LaTeX and as Markdown: every equation with unit and meaning, every parameter with its source.

``latex`` gives mathematics alone, ``latex_document`` and ``markdown`` give whole documents of a model.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from exodyn.symbolic import typeset
from exodyn.symbolic.expr import Expr
from exodyn.symbolic.model import Event, Model, ParameterValue
from exodyn.symbolic.text import number
from exodyn.symbolic.typeset import Equation, equations

_SIGNS = {
    "add": " + ",
    "sub": " - ",
    "minus": "-",
    "mul": r" \cdot ",
    "times": r" \times ",
    "lt": " < ",
    "le": r" \leq ",
    "gt": " > ",
    "ge": r" \geq ",
    "eq": " = ",
    "ne": r" \neq ",
    "and": r" \wedge ",
    "or": r" \vee ",
    "xor": r" \oplus ",
    "not": r"\neg ",
    "comma": ", ",
    "gap": r"\ ",
    "thin": r"\,",
    "infinity": r"\infty",
    "factorial": "!",
}
_FENCES = {
    "round": (r"\left(", r"\right)"),
    "abs": (r"\left|", r"\right|"),
    "floor": (r"\left\lfloor ", r"\right\rfloor "),
    "ceil": (r"\left\lceil ", r"\right\rceil "),
}
_SPECIAL = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "µ": r"\ensuremath{\mu}",
    **{c: "\\" + c for c in "&%$#_{}"},
}


class _Latex:
    def letter(self, letter: str) -> str:
        return escape(letter)

    def word(self, word: str) -> str:
        return rf"\mathrm{{{escape(word)}}}"

    def digits(self, digits: str) -> str:
        return digits

    def greek(self, name: str) -> str:
        # A command ends in a space, or it would swallow a letter that follows.
        return f"{{\\{name}}}"

    def sign(self, op: str) -> str:
        return _SIGNS[op]

    def row(self, *items: str) -> str:
        return "".join(items)

    def below(self, base: str, index: str) -> str:
        return f"{base}_{{{index}}}"

    def above(self, base: str, exponent: str) -> str:
        return f"{{{base}}}^{{{exponent}}}"

    def fraction(self, upper: str, lower: str) -> str:
        return rf"\frac{{{upper}}}{{{lower}}}"

    def root(self, inner: str) -> str:
        return rf"\sqrt{{{inner}}}"

    def fence(self, inner: str, kind: str) -> str:
        left, right = _FENCES[kind]
        return f"{left}{inner}{right}"

    def lines(self, left: str, rows: Sequence[str]) -> str:
        body = r" \\ &\quad ".join(rows)
        return rf"\begin{{aligned}} {left}&{body} \end{{aligned}}"

    def cases(self, pieces: Sequence[tuple[str, str]], otherwise: str) -> str:
        rows = [rf"{value} & \text{{if }} {condition}" for value, condition in pieces]
        rows.append(rf"{otherwise} & \text{{otherwise}}")
        return r"\begin{cases} " + r" \\ ".join(rows) + r" \end{cases}"


_MARKUP = _Latex()


def latex(expression: Expr) -> str:
    """The expression as LaTeX mathematics, without the dollar signs."""
    return typeset.typeset(expression, _MARKUP)


def latex_symbol(name: str) -> str:
    """A name as LaTeX mathematics: ``k_hif`` with an index, ``mu`` as the Greek letter."""
    return typeset.symbol(name, _MARKUP)


def latex_equation(line: Equation) -> str:
    """An equation as LaTeX mathematics, without the dollar signs."""
    return typeset.equation(line, _MARKUP)


def escape(text: str) -> str:
    """Plain text for LaTeX."""
    return "".join(_SPECIAL.get(c, c) for c in text)


def markdown(model: Model) -> str:
    """The model as a Markdown page with ``$...$`` mathematics."""
    lines = [f"# {_cell(model.name)}", ""]
    lines += [f"Time is in {_cell(model.time_unit or 'an unstated unit')}. For research use only.", ""]
    for title, kind in _SECTIONS:
        of_kind = [e for e in equations(model) if e.kind == kind]
        lines += [f"## {title}", ""] if of_kind else []
        for line in of_kind:
            meaning = f": {_cell(line.meaning)}" if line.meaning else ""
            lines += [f"**{_cell(line.name)}** [{_cell(line.unit or '?')}]{meaning}", ""]
            lines += ["$$", latex_equation(line), "$$", ""]
    if model.events:
        lines += ["## Events", ""]
        for event in model.events:
            lines += [f"**{_cell(event.name)}**: ${_event(event)}$", ""]
    if model.parameters:
        lines += ["## Parameters", "", "| " + " | ".join(_HEADS) + " |", "|" + " --- |" * len(_HEADS)]
        for p in model.parameters:
            cells = [f"${latex_symbol(p.name)}$", *(_cell(c) for c in _parameter(p))]
            lines.append("| " + " | ".join(cells) + " |")
        lines.append("")
    return "\n".join(lines)


def latex_document(model: Model) -> str:
    """The model as a LaTeX article; needs no packages but amsmath and longtable."""
    lines = [
        r"\documentclass{article}",
        r"\usepackage[utf8]{inputenc}",
        r"\usepackage{amsmath,longtable}",
        r"\allowdisplaybreaks",
        rf"\title{{{escape(model.name)}}}",
        r"\date{}",
        r"\begin{document}",
        r"\maketitle",
        rf"Time is in {escape(model.time_unit or 'an unstated unit')}. For research use only.",
    ]
    for title, kind in _SECTIONS:
        of_kind = [e for e in equations(model) if e.kind == kind]
        lines += [rf"\section*{{{title}}}"] if of_kind else []
        for line in of_kind:
            unit = f" [{escape(line.unit or '?')}]"
            meaning = f": {escape(line.meaning)}" if line.meaning else ""
            lines += [rf"\noindent\textbf{{{escape(line.name)}}}{unit}{meaning}"]
            lines += [r"\begin{equation*}", latex_equation(line), r"\end{equation*}"]
    if model.events:
        lines += [r"\section*{Events}"]
        for event in model.events:
            lines += [rf"\noindent\textbf{{{escape(event.name)}}}: ${_event(event)}$", ""]
    if model.parameters:
        lines += [r"\section*{Parameters}", r"\small"]
        lines += [r"\begin{longtable}{lrlp{3.5cm}llp{3.5cm}}", _row(_HEADS), r"\hline"]
        for p in model.parameters:
            lines.append(_row([f"${latex_symbol(p.name)}$", *(escape(c) for c in _parameter(p))]))
        lines += [r"\end{longtable}"]
    return "\n".join([*lines, r"\end{document}", ""])


_SECTIONS = (("Rates", "rate"), ("Quantities", "value"), ("Initial values", "start"))
_HEADS = ("symbol", "value", "unit", "meaning", "record", "status", "source")


def _parameter(p: ParameterValue) -> tuple[str, ...]:
    return number(p.value), p.unit, p.meaning, p.record, p.status, p.source


def _row(cells: Iterable[str]) -> str:
    return " & ".join(cells) + r" \\"


def _event(event: Event) -> str:
    sets = ", \\ ".join(rf"{latex(s)} \leftarrow {latex(value)}" for s, value in event.assignments)
    late = "" if event.delay.op == "const" and event.delay.value == 0.0 else latex(event.delay)
    after = rf"\ \mathrm{{after}}\ {late}" if late else ""
    return rf"\mathrm{{when}}\ {latex(event.trigger)}{after}:\ {sets}"


def _cell(text: str) -> str:
    """Plain text for Markdown, also within a table."""
    for special in "\\|*_`<$[]":
        text = text.replace(special, "\\" + special)
    return " ".join(text.split())
