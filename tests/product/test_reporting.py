"""What a description reports, and what it lacks."""

import contextlib
import copy
import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exodyn.cli import main
from exodyn.errors import InputError
from exodyn.evidence import GUIDELINES, reporting_items
from exodyn.product.preparation import category, check_description, particles_per_ug, read_description
from exodyn.product.reporting import report

FILE = Path(__file__).parents[1] / "data" / "product" / "preparation.toml"
GIVEN: dict[str, Any] = tomllib.loads(FILE.read_text(encoding="utf-8"))


def _states(description: dict[str, Any]) -> dict[str, str]:
    found = report(description).verdicts
    return {f"{one.item.guideline} {one.item.key}": one.state for one in found}


def test_every_item_is_judged_once_and_says_why() -> None:
    items = reporting_items()
    assert {one.guideline for one in items} == set(GUIDELINES)
    assert len({(one.guideline, one.key) for one in items}) == len(items) == len(report(GIVEN).verdicts)
    assert sum(one.guideline == "EV-METRIC" for one in items) == 9
    for one in items:
        assert one.why and one.basis and (one.needs or one.check)


def test_a_full_description() -> None:
    states = _states(GIVEN)
    assert [key for key, state in states.items() if key.startswith("MISEV") and state == "missing"] == [
        "MISEV2023 category_5",
        "MISEV2023 topology",
    ]
    assert states["MISEV2023 dose"] == "not applicable"  # nothing functional is stated
    assert states["MIFlowCyt-EV acquisition"] == "not applicable"  # no flow cytometry


def test_the_score_is_the_share_of_what_applies() -> None:
    # Lysis does not apply; the gradient and the density are missing: six of eight.
    assert report(GIVEN).score == pytest.approx(75)
    bare = {"name": "x"}
    # Without ultracentrifugation, antibodies and lysis three components fall away; nothing is met.
    assert report(bare).score == 0
    assert sum(one.state == "missing" for one in report(bare).of("EV-METRIC")) == 6
    full = copy.deepcopy(GIVEN)
    full["separation"].append({"step": "iodixanol gradient", "details": "12 to 40%, 18 h"})
    full["density"] = {"g_per_ml": 1.09}
    full["lysis"] = {"buffer": "RIPA", "detergent": "1% Triton X-100"}
    assert report(full).score == 100


def test_what_is_missing_is_named() -> None:
    less = copy.deepcopy(GIVEN)
    del less["separation"][1]["rotor"], less["markers"][2], less["storage"]["container"]
    verdicts = {(one.item.guideline, one.item.key): one for one in report(less).verdicts}
    assert verdicts["EV-METRIC", "centrifugation"].missing == ("rotor of the step 'ultracentrifugation'",)
    assert "category 2" in verdicts["MISEV2023", "category_2"].missing[0]
    assert verdicts["MISEV2023", "storage"].missing == ("storage.container",)
    assert verdicts["MISEV2023", "three_positive"].state == "missing"


def test_what_does_not_apply_needs_a_reason_and_is_not_mandatory() -> None:
    excused = GIVEN | {"not_applicable": {"category_5": "no functional work", "image": "no microscope"}}
    states = _states(excused)
    assert states["MISEV2023 category_5"] == "not applicable"
    assert states["MISEV2023 image"] == "reported"
    del excused["image"]
    assert _states(excused)["MISEV2023 image"] == "missing"  # mandatory: a reason does not do
    with pytest.raises(InputError, match="with the reason why"):
        check_description({"not_applicable": {"category_5": ""}}, "x")


def test_particles_per_ug_needs_units_that_match() -> None:
    assert particles_per_ug(GIVEN) == pytest.approx(2.1e11 / 180)
    other = copy.deepcopy(GIVEN)
    other["quantities"][1]["unit"] = "ug"
    assert particles_per_ug(other) is None
    assert _states(other)["MISEV2023 ratio"] == "missing"


@pytest.mark.parametrize(
    ("name", "number"),
    [
        *[("CD9", 1), ("cd63", 1), ("integrin beta 1", 1), ("Rab7", 2), ("Alix", 2), ("Annexin A2", 2)],
        *[
            ("ApoB100", 3),
            ("Calnexin", 4),
            ("histone H3", 4),
            ("IL6", 5),
            ("unheard", None),
            ("CD9000x", None),
        ],
    ],
)
def test_categories_of_markers(name: str, number: int | None) -> None:
    assert category(name) == number


def test_the_paragraph_says_what_is_stated_and_nothing_else() -> None:
    said = report(GIVEN).paragraph
    for words in ("100000 × g", "SW 32 Ti", "NTA", "1.17e+09 particles per µg", "CD63", "-80 °C", "75%"):
        assert words in said
    assert "albumin" in said.split("Negative")[1]
    empty = report({}).paragraph
    assert empty == "EV-METRIC of the items stated here: 0%."


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[sauce]\nkind = 'cells'\n", "did you mean 'source'"),
        ("[source]\nkinds = 'cells'\n", "did you mean 'kind'"),
        ("markers = 'CD9'\n", "expected a list of tables"),
        ("[[markers]]\nnam = 'CD9'\n", "markers 1: no key 'nam'"),
        ("source = 3\n", "expected a table"),
        ("name = 3\n", "expected text"),
        ("name = \n", "expected a TOML or JSON file"),
    ],
)
def test_what_is_refused(tmp_path: Path, text: str, why: str) -> None:
    (tmp_path / "d.toml").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=why):
        read_description(tmp_path / "d.toml")


VALUE = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.just([]) | st.just({})
)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_no_value_breaks_it(data: st.DataObject) -> None:
    odd = copy.deepcopy(GIVEN)
    for _ in range(3):
        table = odd[data.draw(st.sampled_from(["source", "storage", "markers", "separation", "quantities"]))]
        table = data.draw(st.sampled_from(table)) if isinstance(table, list) else table
        table[data.draw(st.sampled_from(sorted(table)))] = data.draw(VALUE)
    with contextlib.suppress(InputError):  # of a number below zero
        check_description(odd, "odd")
    assert 0 <= report(odd).score <= 100


def test_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["checklist", str(FILE), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["ev_metric"] == 75
    assert "no gold standard" in document["separation"]
    assert {each["state"] for each in document["items"]} == {"reported", "missing", "not applicable"}
    assert main(["checklist", str(FILE), "--guideline", "EV-METRIC"]) == 0
    said = capsys.readouterr().out
    assert "EV-METRIC: 6 of 8 that apply are reported" in said and "MIFlowCyt" not in said


@pytest.mark.parametrize("value", [-5, float("nan"), float("inf")])
def test_an_impossible_number_is_refused(value):
    with pytest.raises(InputError, match=r"separation 1, g: .* expected a number of 0 or more"):
        check_description({"separation": [{"step": "ultracentrifugation", "g": value}]}, "x")
