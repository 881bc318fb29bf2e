"""What is not supported is refused by name; what is wrong is said with its place; nothing is a traceback."""

# ruff: noqa: E501 (XML reads best in one piece)
from __future__ import annotations

import bz2
import gzip
import random
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exodyn.symbolic.sbml import ModelRefused, SBMLError, read_sbml
from exodyn.symbolic.sbml.scan import DEEPEST

PARAMETERS = '<listOfParameters><parameter id="p" value="1" constant="false"/><parameter id="k" value="2" constant="true"/></listOfParameters>'
SPECIES = (
    '<listOfCompartments><compartment id="V" size="1" constant="true"/></listOfCompartments><listOfSpecies>'
    '<species id="S" compartment="V" initialAmount="1" hasOnlySubstanceUnits="false" boundaryCondition="false" constant="false"/>'
    "</listOfSpecies>"
)


def rules(*items: str) -> str:
    return f"<listOfRules>{''.join(items)}</listOfRules>"


REFUSED = {
    "algebraic rules": ((3, 2), PARAMETERS + rules("<algebraicRule>{{p - 1}}</algebraicRule>")),
    "assignmentRule 'p': the csymbol 'delay'": (
        (3, 2),
        PARAMETERS + rules('<assignmentRule variable="p">{{delay(k, 1)}}</assignmentRule>'),
    ),
    "reaction 'J': fast reactions": (
        (3, 1),
        SPECIES
        + '<listOfReactions><reaction id="J" reversible="false" fast="true"><listOfProducts><speciesReference species="S" stoichiometry="1" constant="true"/></listOfProducts><kineticLaw>{{1}}</kineticLaw></reaction></listOfReactions>',
    ),
}


@pytest.mark.parametrize("message", REFUSED)
def test_what_is_not_supported_is_refused_by_name(write, message):
    level, body = REFUSED[message]
    with pytest.raises(ModelRefused, match=message) as error:
        read_sbml(write(body, level))
    assert str(error.value).startswith(str(write(body, level)))


@pytest.mark.parametrize(
    ("package", "uri"),
    [
        ("qual", "http://www.sbml.org/sbml/level3/version1/qual/version1"),
        ("multi", "http://www.sbml.org/sbml/level3/version1/multi/version1"),
        ("distrib", "http://www.sbml.org/sbml/level3/version1/distrib/version1"),
        ("spatial", "http://www.sbml.org/sbml/level3/version1/spatial/version1"),
        ("arrays", "http://www.sbml.org/sbml/level3/version1/arrays/version1"),
        ("dyn", "http://www.sbml.org/sbml/level3/version1/dyn/version1"),
        ("unheard", "http://example.org/unheard"),
    ],
)
def test_packages_that_change_the_mathematics_are_refused(tmp_path, package, uri):
    path = tmp_path / "model.xml"
    text = (
        f'<sbml xmlns="http://www.sbml.org/sbml/level3/version1/core" xmlns:{package}="{uri}" level="3" version="1" '
        f'{package}:required="REQUIRED"><model id="m"/></sbml>'
    )
    path.write_text(text.replace("REQUIRED", "true"))
    with pytest.raises(ModelRefused, match=f"package '{package}'"):
        read_sbml(path)


def test_flux_balance_is_refused_and_the_package_alone_is_not(tmp_path):
    text = (
        '<sbml xmlns="http://www.sbml.org/sbml/level3/version1/core" level="3" version="1" '
        'xmlns:fbc="http://www.sbml.org/sbml/level3/version1/fbc/version2" fbc:required="false"><model id="m" fbc:strict="false">'
        '<listOfParameters><parameter id="p" value="1" constant="true"/></listOfParameters>{}</model></sbml>'
    )
    path = tmp_path / "model.xml"
    path.write_text(text.format(""))
    assert set(read_sbml(path).variables) == {"p"}
    path.write_text(
        text.format('<listOfReactions><reaction id="J" reversible="false" fast="false"/></listOfReactions>')
    )
    with pytest.raises(ModelRefused, match="flux balance"):
        read_sbml(path)


WRONG = {
    "uses 'q' that is not the id": PARAMETERS + rules('<rateRule variable="p">{{q}}</rateRule>'),
    "parameter with id 'k' should have a constant": PARAMETERS
    + rules('<rateRule variable="k">{{1}}</rateRule>'),
    "'zz' does not refer": PARAMETERS + rules('<rateRule variable="zz">{{1}}</rateRule>'),
    "Multiple rules for the same variable": PARAMETERS
    + rules('<rateRule variable="p">{{1}}</rateRule>', '<assignmentRule variable="p">{{1}}</assignmentRule>'),
    "'nofunction' which is not": PARAMETERS + rules('<rateRule variable="p">{{nofunction(1)}}</rateRule>'),
    "Circular dependencies": PARAMETERS + rules('<assignmentRule variable="p">{{p + 1}}</assignmentRule>'),
}


@pytest.mark.parametrize("message", WRONG)
def test_what_is_wrong_is_named_with_its_line(write, message):
    with pytest.raises(SBMLError, match=message) as error:
        read_sbml(write(WRONG[message]))
    assert "line" in str(error.value)


def test_a_rate_that_is_made_of_itself_is_an_error(write):
    """The rate of p depends on r, and r is that rate."""
    body = (
        PARAMETERS.replace("</listOfParameters>", '<parameter id="r" constant="false"/></listOfParameters>')
        + rules('<rateRule variable="p">{{2 * r}}</rateRule>', '<assignmentRule variable="r">{{rateOf(p)}}</assignmentRule>')
    )  # fmt: skip
    with pytest.raises(SBMLError, match="cycle"):
        read_sbml(write(body))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not well-formed XML"),
        (b"hello", "line 1: not well-formed XML"),
        (b"<sbml", "not well-formed XML"),
        (b"\xff\xfe\x00", "not well-formed XML"),
        (b"<html/>", "."),
        (b'<sbml xmlns="http://www.sbml.org/sbml/level3/version2/core" level="3" version="2"/>', "no model"),
        (b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "entity 'b'"),
        (b"<a>" * (DEEPEST + 1), "nested more than"),
        (b"\x1f\x8bnonsense", "damaged compressed file"),
        (b"BZhnonsense", "damaged compressed file"),
        (b"PK\x03\x04nonsense", "damaged compressed file"),
    ],
)
def test_files_that_are_no_models(tmp_path, content, message):
    path = tmp_path / "model.xml"
    path.write_bytes(content)
    with pytest.raises(SBMLError, match=message):
        read_sbml(path)


def test_paths_that_are_no_files(tmp_path):
    with pytest.raises(SBMLError, match="is a directory"):
        read_sbml(tmp_path)
    with pytest.raises(SBMLError, match="No such file"):
        read_sbml(tmp_path / "missing.xml")


@pytest.mark.parametrize(("suffix", "compress"), [(".gz", gzip.compress), (".bz2", bz2.compress)])
def test_compressed_files_are_read(write, suffix, compress):
    plain = write(PARAMETERS)
    packed = Path(f"{plain}{suffix}")
    packed.write_bytes(compress(plain.read_bytes()))
    assert set(read_sbml(packed).variables) == {"p", "k"}


LARGE = Path(__file__).with_name("everything.xml").read_bytes()


@given(st.integers(0, 2**32 - 1))
def test_a_damaged_file_is_read_or_refused_in_words(tmp_path_factory, seed):
    """Cut, doubled, shuffled and altered bytes of a model that uses all features."""
    path = tmp_path_factory.getbasetemp() / "damaged.xml"
    path.write_bytes(damaged(LARGE, random.Random(seed)))
    with suppress(SBMLError):
        read_sbml(path)


def damaged(content: bytes, draw: random.Random) -> bytes:
    data = bytearray(content)
    words = [
        b'"',
        b"<",
        b">",
        b"true",
        b"false",
        b"1",
        b"NaN",
        b"S1",
        b"p1",
        b"V",
        b"ci",
        b"cn",
        b"apply",
        b"-",
        b"",
    ]
    for _ in range(draw.randint(1, 4)):
        at, length = draw.randrange(len(data)), draw.randint(1, 40)
        kind = draw.randrange(5)
        if kind == 0:
            data[at : at + length] = draw.choice(words)
        elif kind == 1:
            data[at] = draw.randrange(256)
        elif kind == 2:
            other = draw.randrange(len(data))
            data[at:at] = data[other : other + length]
        elif kind == 3:
            _swap_attributes(data, draw)
        elif draw.random() < 0.2:
            del data[at:]
            data = data or bytearray(b" ")
    return bytes(data)


def _swap_attributes(data: bytearray, draw: random.Random) -> None:
    """Put the text between one pair of quotes between another: mostly still XML, hardly ever still a model."""
    quotes = [i for i, c in enumerate(data) if c == ord('"')]
    if len(quotes) < 4:
        return
    a, b = (2 * draw.randrange(len(quotes) // 2) for _ in range(2))
    data[quotes[a] + 1 : quotes[a + 1]] = data[quotes[b] + 1 : quotes[b + 1]]
