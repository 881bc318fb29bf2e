"""Synonyms: every word of the tables has its name, or a reason why it has none."""

import pint
import pytest

from exodyn.evidence import EvidenceError, all_records, canonical_names, names, names_in

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


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("BALB/c nu/nu mice", ("mouse",)),
        ("athymic nude rats", ("rat",)),
        ("C57BL/6J", ("mouse",)),
        ("nude mice with human glioma", ("mouse",)),
        ("Göttingen minipig", ("pig",)),
        ("guinea pigs", ("guinea_pig",)),
        ("cynomolgus monkeys (Macaca fascicularis)", ("macaque",)),
        ("African green monkey", ("vervet",)),
        ("New Zealand White rabbits", ("rabbit",)),
        ("cancer patients", ("human",)),
        ("several", ()),
        ("", ()),
    ],
)
def test_animals_in_a_text(text: str, found: tuple[str, ...]) -> None:
    assert names_in("species", text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("i.v.", ("intravenous",)),
        ("IV bolus, tail vein", ("intravenous",)),
        ("retro-orbital injection", ("intravenous",)),
        ("IN", ("intranasal",)),
        ("in vivo", ()),
        ("s.c. or i.p.", ("subcutaneous", "intraperitoneal")),
        ("oral gavage", ("oral",)),
        ("nebulised", ("inhaled",)),
        ("portal vein", ("intraportal",)),
        ("by post", ()),
    ],
)
def test_routes_in_a_text(text: str, found: tuple[str, ...]) -> None:
    assert names_in("route", text) == found
