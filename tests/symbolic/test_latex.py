"""Printed equations: LaTeX that a renderer takes, MathML that is well formed, documents that hold it all."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.mathtext import MathTextParser

from exodyn.symbolic import (
    TIME,
    Event,
    Parameter,
    ParameterValue,
    Process,
    Quantity,
    State,
    Symbol,
    absolute,
    compose,
    const,
    exp,
    hill,
    log,
    node,
    sqrt,
    text,
    total,
    where,
)
from exodyn.symbolic.latex import escape, latex, latex_document, latex_equation, latex_symbol, markdown
from exodyn.symbolic.mathml import mathml, mathml_equation, mathml_symbol
from exodyn.symbolic.typeset import Equation, equations

x, y, k_hif = Symbol("x"), Symbol("mu_d"), Symbol("k_hif")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("x", "x"),
        ("vegf", r"\mathrm{vegf}"),
        ("k_hif", r"k_{\mathrm{hif}}"),
        ("vegf50", r"\mathrm{vegf}_{50}"),
        ("mu_d", r"{\mu}_{\mathrm{d}}"),
        ("Delta", r"{\Delta}"),
        ("core_k_hif2", r"k_{\mathrm{hif2}\ \mathrm{core}}"),
        ("liver_taken_in", r"\mathrm{liver}_{\mathrm{taken}\ \mathrm{in}}"),
        ("k1_alpha", r"k_{1\ {\alpha}}"),
        ("_", r"\_"),
        ("time", "t"),
    ],
)
def test_names(name, expected):
    assert latex_symbol(name) == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        (x - (x + y), r"x - \left(x + {\mu}_{\mathrm{d}}\right)"),
        (x + (x + y), r"x + x + {\mu}_{\mathrm{d}}"),
        (x + -y, r"x - {\mu}_{\mathrm{d}}"),
        (x * -y, r"-x \cdot {\mu}_{\mathrm{d}}"),
        (x ** -(x / y), r"{x}^{-\frac{x}{{\mu}_{\mathrm{d}}}}"),
        (
            log(x) * exp(x + -y),
            r"\mathrm{ln}\left(x\right) \cdot \mathrm{exp}\left(x - {\mu}_{\mathrm{d}}\right)",
        ),
        ((x / y) ** 2, r"{\left(\frac{x}{{\mu}_{\mathrm{d}}}\right)}^{2}"),
        (2.5e-30 * x, r"2.5 \times {10}^{-30} \cdot x"),
        (const(1e9) * x, r"{10}^{9} \cdot x"),
        (const(150000.0) + x, r"150000 + x"),
        (x * -2, r"x \cdot \left(-2\right)"),
        (hill(x, k_hif, 2), r"\frac{{x}^{2}}{{k_{\mathrm{hif}}}^{2} + {x}^{2}}"),
        (sqrt(x + 1), r"\sqrt{x + 1}"),
        (absolute(x), r"\left|x\right|"),
        (log(x), r"\mathrm{ln}\left(x\right)"),
        (
            where(x < 1, 1, where(x < 2, 2, 3)),
            r"\begin{cases} 1 & \text{if } x < 1 \\ 2 & \text{if } x < 2 \\ 3 & \text{otherwise} \end{cases}",
        ),
    ],
)
def test_expressions(expression, expected):
    assert latex(expression) == expected


leaves = st.sampled_from([x, y, k_hif, TIME]) | st.floats().map(const)


def larger(inner):
    binary = st.sampled_from(["add", "sub", "mul", "div", "pow", "min", "max", "rem"])
    unary = st.sampled_from(["neg", "exp", "sqrt", "abs", "floor", "ceil", "log10", "asinh", "factorial"])
    return (
        st.tuples(binary, inner, inner).map(lambda p: node(*p))
        | st.tuples(unary, inner).map(lambda p: node(*p))
        | st.tuples(inner, inner, inner).map(lambda p: hill(*p))
    )


terms = st.recursive(leaves, larger, max_leaves=8)


@given(terms)
def test_a_renderer_takes_every_term(term):
    MathTextParser("path").parse(f"${latex(term)}$")


@given(terms, terms)
def test_braces_and_environments_balance_and_mathml_is_well_formed(a, b):
    term = where((a < b) & ~(b <= 0.0), where(a > 1.0, a, b), a * b)
    words = latex(term)
    assert words.count("{") == words.count("}")
    assert words.count(r"\left") == words.count(r"\right") + words.count(r"\leftarrow")
    assert words.count(r"\begin{cases}") == words.count(r"\end{cases}")
    for element in ET.fromstring(mathml(term)).iter():
        wanted = {"mfrac": 2, "msup": 2, "msub": 2, "msqrt": 1, "mtr": 2, "mtd": 1}.get(element.tag)
        assert wanted in (None, len(element)), f"{element.tag} of {text(term)}"
        if element.tag in ("mi", "mn", "mo", "mtext"):
            assert element.text
            assert len(element) == 0


def test_mathml_symbols():
    assert mathml_symbol("mu_d") == '<math><msub><mi>μ</mi><mi mathvariant="normal">d</mi></msub></math>'
    assert mathml_symbol("Omega") == "<math><mi>Ω</mi></math>"
    assert mathml_symbol("sigma") == "<math><mi>σ</mi></math>"
    assert "&lt;" in mathml_symbol("a<b")


class Printed(Process):
    k_loss = Parameter("1/d", "loss | with a bar")
    half = Parameter("ng/mL", "half & half")
    vegf = State("ng/mL", "VEGF-A, 5% of <all>", start=half / 2)
    effect = Quantity("1", "share")
    double = Quantity("1", "twice the share")

    effect.value = hill(vegf, half, 2)
    double.value = 2 * effect
    vegf.rate = -k_loss * vegf * (1 - effect) * exp(-double)
    relapse = Event(when=vegf < half, then={vegf: 2 * half}, delay=1 / k_loss)


VALUES = {
    "k_loss": ParameterValue(
        Symbol("k_loss"), 0.1, "1/d", record="VEGF_1", status="assumed", source="A|B_2019"
    ),
    "half": ParameterValue(Symbol("half"), 2.0, "ng/mL", record="VEGF_2", status="measured", source="C & D"),
}


def test_quantities_stand_by_name_in_other_equations():
    model = compose("printed_model", {"p": Printed}, VALUES, "d")
    lines = {(e.name, e.kind): e for e in equations(model)}
    assert text(lines["vegf", "rate"].right) == "-k_loss * vegf * (1 - effect) * exp(-double)"
    assert text(lines["double", "value"].right) == "2 * effect"
    assert text(lines["effect", "value"].right) == "hill(vegf, half, 2)"
    rate = latex_equation(lines["vegf", "rate"])
    assert rate.startswith(
        r"\frac{\mathrm{d}\,\mathrm{vegf}}{\mathrm{d}\,t} = -k_{\mathrm{loss}} \cdot \mathrm{vegf}"
    )
    assert ET.fromstring(mathml_equation(lines["vegf", "start"])).get("display") == "block"


def test_a_long_sum_is_broken_between_its_terms():
    signal, other = Symbol("a_signal_of_some_length"), Symbol("another_signal_of_some_length")
    right = total(i * signal for i in range(2, 9)) - (signal + other) + where(signal < 1, signal, 0.0)
    line = Equation("x", "rate", right, "1", "")
    words = latex_equation(line)
    rows = words.removeprefix(r"\begin{aligned} ").removesuffix(r" \end{aligned}").split(r" \\ &\quad ")
    assert len(rows) > 2
    # Joined again, and without the name's markup, it is what the unbroken sum says.
    unbroken = "".join(rows).replace("&", "", 1)
    assert unbroken == rf"\frac{{\mathrm{{d}}\,x}}{{\mathrm{{d}}\,t}} = {latex(right)}"
    table = ET.fromstring(mathml_equation(line)).find("mtable")
    assert table is not None
    assert len(table) == len(rows)


def test_markdown_holds_every_equation_unit_and_source():
    page = markdown(compose("printed_model", {"p": Printed}, VALUES, "d"))
    assert "**vegf** [ng/mL]: VEGF-A, 5% of \\<all>" in page
    rows = [line for line in page.splitlines() if line.startswith("| ")]
    assert len(rows) == 2 + len(VALUES)
    assert all(len(re.findall(r"(?<!\\)\|", row)) == 8 for row in rows)
    assert "| VEGF\\_1 | assumed | A\\|B\\_2019 |" in page
    for formula in re.findall(r"\$\$\n(.*?)\n\$\$", page):
        MathTextParser("path").parse(f"${formula}$")
    assert r"\leftarrow 2 \cdot \mathrm{half}" in page


def test_latex_document_is_balanced():
    document = latex_document(compose("printed_model", {"p": Printed}, VALUES, "d"))
    for environment in re.findall(r"\\begin\{(\w+\*?)\}", document):
        assert document.count(rf"\begin{{{environment}}}") == document.count(rf"\end{{{environment}}}")
    assert document.replace(r"\{", "").replace(r"\}", "").count("{") == document.count("}")
    assert r"half \& half" in document
    assert r"printed\_model" in document


def test_plain_text_is_escaped_for_latex():
    assert escape("5% of A_1 & B#2 {x} $ ~ ^ \\") == (
        r"5\% of A\_1 \& B\#2 \{x\} \$ \textasciitilde{} \textasciicircum{} \textbackslash{}"
    )


def test_a_long_sum_needs_no_deep_stack():
    assert latex(total(i * x for i in range(2, 5000))).count("+") == 4997
