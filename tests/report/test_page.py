"""The page: whole in itself, the same each time, nothing left out, nothing let in."""

from __future__ import annotations

import dataclasses
import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser

import pytest

from exodyn.product import PRODUCTS
from exodyn.report import page, stoichiometry, words, write_report
from exodyn.study import Result, Study, run
from exodyn.study.figures import all_figures, png, svg
from exodyn.study.population import typical

TEXT = """
title = "Exosomes <script>alert(1)</script> & co"
indication = "stroke"
species = "human"
patients = 30
visits = ["1 d", "7 d", "90 d"]

[[arms]]
name = "untreated"

[[arms]]
name = "exosomes"
product = "adipose_msc_exosomes"
route = "intravenous"
dose = "5e11 particles"
start = "24 h"

[population.age]
kind = "constant"
center = 60
reason = "a young trial"

[parameters.k_hif]
value = 2
unit = "1/d"
status = "assumed"
reason = "to see what twice the call for vessels does"
"""

VOID = {"meta", "br", "link", "img", "hr", "input"}


class Checker(HTMLParser):
    """Tags that close, ids that are one of a kind."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)
        self.ids += [value or "" for name, value in attrs if name == "id"]
        self.links += [value or "" for name, value in attrs if name in ("src", "href", "xlink:href")]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def study() -> Study:
    bare = Study.parse(TEXT.split("[parameters")[0])
    drawn = bare.indication.person(bare.species, typical(bare.population))
    parameter = next(
        p
        for p in bare.models[0].parameters
        if p.name not in drawn and p.unit == "1/d" and (r := bare.record(p.name)) and r.low is None
    )
    return Study.parse(TEXT.replace("k_hif", parameter.name))


@pytest.fixture(scope="module")
def result(study: Study) -> Result:
    return run(study, threads=1)


@pytest.fixture(scope="module")
def files(study: Study, result: Result) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    write_report(study, result, found.__setitem__)
    return found


def test_the_page_is_whole_in_itself(files: dict[str, bytes]) -> None:
    text = files["report.html"].decode()
    checker = Checker()
    checker.feed(text)
    assert checker.open == []
    assert len(checker.ids) == len(set(checker.ids))
    assert all(link.startswith("#") for link in checker.links)
    assert {link[1:] for link in checker.links} <= set(checker.ids)
    assert not re.search(
        r"https?://(?!www\.w3\.org|doi\.org|purl\.org|creativecommons)", re.sub(r"<td>.*?</td>", "", text)
    )
    assert "<script>alert" not in text


def test_the_page_says_what_a_reader_must_know(study: Study, result: Result, files: dict[str, bytes]) -> None:
    text = files["report.html"].decode()
    assert "For research use only" in text
    assert "to see what twice the call for vessels does" in text
    assert "set by this study" in text
    assert "a young trial" in text
    assert stoichiometry(result)["exosomes"] in text
    assert result.manifest["identity_sha256"] in text
    assert "<math" in text
    for name in study.models[0].parameters:
        assert f"<code>{name.name}</code>" in text
    for remark in result.layout.remarks:
        assert remark[:40].split("'")[0] in text
    for record in result.manifest["records"]:
        assert f"<td>{record}</td>" in text


def test_figures_are_pictures_and_the_same_each_time(result: Result, files: dict[str, bytes]) -> None:
    figures = all_figures(result)
    assert {f"figures/{name}.{kind}" for name in figures for kind in ("png", "svg")} < set(files)
    for name in figures:
        root = ET.fromstring(files[f"figures/{name}.svg"])
        assert root.tag.endswith("svg")
        assert files[f"figures/{name}.png"].startswith(b"\x89PNG")
    name = "function_NIHSS"
    assert svg(figures[name](), name).encode() == files[f"figures/{name}.svg"]
    assert png(figures[name]()) == files[f"figures/{name}.png"]


def test_failures_are_shown(study: Study, result: Result) -> None:
    from exodyn.study.ensemble import Failure

    failed = dataclasses.replace(result, failures=(Failure(7, "exosomes", 3.5, "not a finite number"),))
    text = page(study, failed, {})
    assert "1 integrations failed" in text
    assert "not a finite number" in text
    assert "None: every patient" in page(study, result, {})


def test_the_product_and_what_it_rests_on_are_shown(files: dict[str, bytes]) -> None:
    one = PRODUCTS["adipose_msc_exosomes"]
    line = words.product(one)
    assert line in files["report.html"].decode()
    for value in (one.diameter, one.particles_per_ug, one.mirna_per_particle):
        assert words.plain(value) in line
    assert one.status in line


def test_accuracy_is_shown_and_warned_of(study: Study, result: Result) -> None:
    assert "mass balance" in page(study, result, {})
    assert "Warning" not in page(study, result, {})
    leaky = dataclasses.replace(result, manifest={**result.manifest, "balance_error": 0.25})
    assert "Warning: the mass balance of particles is off by 2.5e-01" in page(study, leaky, {})
    failed = dataclasses.replace(result, manifest={**result.manifest, "single_error": "infinity"})
    assert "off double by infinity of" in page(study, failed, {})


def test_plots_by_name(result: Result) -> None:
    assert result.plot("NIHSS").axes[0].get_ylabel() == "points"
    assert len(result.plot("deficit").axes[0].lines) == 2


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "–"),
        (float("nan"), "–"),
        (0.0, "0"),
        (3.0, "3"),
        (1234.5, "1234"),
        (float("inf"), "infinity"),
        (0.01234, "0.0123"),
        (-2.5, "-2.50"),
        (1.5e12, "1.50e12"),
        (4.45e-6, "4.45e-6"),
    ],
)
def test_numbers_in_words(value: float | None, text: str) -> None:
    assert words.number(value) == text


def test_plain_numbers() -> None:
    assert [words.plain(x) for x in (5e11, 0.05, 70, 1e-6, 2.5e-10, 1e10, None)] == [
        "5e11",
        "0.05",
        "70",
        "1e-6",
        "2.5e-10",
        "1e10",
        "–",
    ]
