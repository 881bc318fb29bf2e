"""Synonyms: every word of the tables has its name, or a reason why it has none."""

import pint
import pytest

from exodyn.evidence import EvidenceError, all_records, canonical_names, names

COUNTED = """
    SMD cell cell_equivalents copies event fold fraction log10_fold odds_ratio patients points
    ratio risk_ratio
"""


def test_every_word_of_the_tables_is_known() -> None:
    for one in all_records():
        names("species", one.species)
        names("route", one.route)
        names("indication", one.indication)
        names("unit", one.unit)
        for column in ("dose_unit", "time_unit", "first_dose_unit"):
            names("unit", one.fields.get(column, ""))


def test_what_words_stand_for() -> None:
    assert names("species", "rhesus monkey") == ("macaque",)
    assert names("species", "rodents (pooled)") == ("mouse", "rat")
    assert names("route", "intravenous (tail vein)") == ("intravenous",)
    assert names("indication", "acute ischemic stroke") == ("stroke",)
    assert names("unit", "wk") == ("week",)
    assert names("species", "model") == names("unit", "rank") == ()
    assert names("indication", "tbi") == names("indication", "TBI") == ("traumatic_brain_injury",)


def test_every_unit_is_one() -> None:
    registry = pint.UnitRegistry()
    for name in COUNTED.split():
        registry.define(f"{name} = []")
    for unit in canonical_names("unit"):
        registry.parse_units(unit)


def test_an_unknown_word_is_refused_with_the_nearest() -> None:
    with pytest.raises(EvidenceError, match="'moose' is no known species; did you mean 'mouse'"):
        names("species", "moose")
