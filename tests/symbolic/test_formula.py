"""Formulas as text: what is read, what is refused, and that printing is undone."""

from __future__ import annotations

import pytest

from exodyn.symbolic import ModelError, Symbol, text
from exodyn.symbolic.formula import formula

NAMES = {name: Symbol(name) for name in ("cl", "WT", "AGE")}


@pytest.mark.parametrize(
    "written",
    [
        "cl * (WT / 70)**0.75",
        "where((AGE > 40) & ~(WT < 3), cl, -cl)",
        "exp(-cl) + log(WT) - sqrt(AGE) / maximum(cl, 2)",
        "hill(cl, WT, 2.5) + tanh(AGE)",
    ],
)
def test_what_is_read_prints_alike(written: str) -> None:
    assert formula(text(formula(written, NAMES)), NAMES) is formula(written, NAMES)


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("cl * exq(WT)", "no function 'exq'"),
        ("cl * WTT", "no 'WTT'; did you mean 'WT'"),
        ("cl.__class__", "is not read"),
        ("__import__('os')", "no function '__import__'"),
        ("1 if cl else 2", "is not read"),
        ("(AGE > 4) + 1", "is true or false, not a number"),
        ("cl < WT < AGE", "is not read"),
        ("cl & WT", "between conditions"),
        ("~cl", "not a condition"),
        ("where(cl, 1, 2)", "begins with a condition"),
        ("exp(cl, 2)", "takes 1 argument, not 2"),
        ("(", "is not a formula"),
        ("", "is not a formula"),
        ("1e999", "too large"),
        ("True", "expected a number"),
        ("cl" + " + cl" * 1000, "characters"),
        ("(" * 900 + "1" + ")" * 900, "formula"),
    ],
)
def test_what_is_refused(written: str, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        formula(written, NAMES)
