"""Properties of all formats: variants of one file agree, and what is broken ends in one clear message."""

from __future__ import annotations

import csv
import io
import math
import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.product.instruments.conftest import HERE
from tests.product.instruments.made import nanosight_rows, rows_as_text

from exodyn.errors import InputError
from exodyn.product.instruments import Source, describe, read_source

LONG = "sample,size (nm),particles_per_ml\nA,50,1.5e6\nA,100,3e6\nA,150,1e6\n"
TRACKS = "Particle ID,Size/nm,Included in distribution?\n1,100.2,True\n2,100.9,True\n3,50.5,False\n"
WIDE = "size (nm)\ta b\tc\n50.5\t1\t2\n100.5\t3\t4.5\n150.5\t1\t0\n"
POSITIONS = (
    "Use\tPosition\tConc. (p./mL)\tOrig. Conc. (p./cm^3)\tX50 (nm)\tRemoval\n"
    "X\t0.10\t2.2E+8\t2.2E+11\t105.0\t\n\t0.15\t1.7E+8\t1.7E+11\t62.5\tGRUBBS_SIZE\n"
)
TEXTS = {
    "positions": POSITIONS,
    "nanosight": rows_as_text(nanosight_rows()),
    "tracks": TRACKS,
    "long": LONG,
    "wide": WIDE,
    "zetaview": (HERE / "zetaview/made_lognormal_120nm_size_488.txt").read_text("latin-1"),
    "trps": (HERE / "trps_qnano/made_legacy_blockade_1.csv").read_text("latin-1"),
    "zetasizer": (HERE / "dls_zetasizer/mxd_particleSize.txt").read_bytes().decode("latin-1"),
}
DELIMITERS = {"zetaview": "\t", "positions": "\t", "zetasizer": "\t", "wide": "\t"}


def content(data: bytes):
    """What was measured, without the name and the hash of the file, which differ."""
    measurement = read_source(Source("same", data))
    return replace(measurement, sha256="", header="")


def cells(name: str) -> list[list[str]]:
    return list(csv.reader(re.split(r"\r?\n", TEXTS[name]), delimiter=DELIMITERS.get(name, ",")))


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_separators_and_line_ends_change_nothing(name, delimiter, line_end):
    text = rows_as_text(cells(name), delimiter, line_end)
    assert content(text.encode("latin-1")) == content(TEXTS[name].encode("latin-1"))


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "latin-1", "cp1252", "utf-16", "utf-16-le", "utf-16-be"]
)
def test_encodings_change_nothing(name, encoding):
    assert content(TEXTS[name].encode(encoding)) == content(TEXTS[name].encode("utf-8"))


@pytest.mark.parametrize("name", ["nanosight", "tracks", "long", "wide", "trps"])
def test_decimal_commas_change_nothing_but_what_is_quoted_as_written(name):
    rows = [[re.sub(r"^([+-]?\d*)\.(\d+)", r"\1,\2", cell) for cell in row] for row in cells(name)]
    comma, point = (content(rows_as_text(table, ";").encode()) for table in (rows, cells(name)))
    for one, other in zip(comma.replicates, point.replicates, strict=True):
        assert replace(one, settings={}) == replace(other, settings={})
    assert comma.averages == point.averages


SPREADSHEET = {
    "all cells quoted": lambda rows: as_csv(rows, ",", quoting=csv.QUOTE_ALL),
    "rows filled up": lambda rows: as_csv([row + [""] * (max(map(len, rows)) - len(row)) for row in rows]),
    "a line that names the separator": lambda rows: "sep=;\r\n" + as_csv(rows),
    "empty lines first": lambda rows: "\n  \n" + as_csv(rows),
    "empty lines last": lambda rows: as_csv(rows) + "\n\n",
    "spaces around cells": lambda rows: as_csv([[f" {cell} " for cell in row] for row in rows]),
    "an end mark": lambda rows: as_csv(rows) + "\x1a",
    "decimal commas in quotes": lambda rows: as_csv(
        [[re.sub(r"^([+-]?\d*)\.(\d+)", r"\1,\2", cell) for cell in row] for row in rows], ","
    ),
}


def as_csv(rows: list[list[str]], delimiter: str = ";", quoting: int = csv.QUOTE_MINIMAL) -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="\n", quoting=quoting).writerows(rows)
    return out.getvalue()


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("change", SPREADSHEET)
def test_a_spreadsheet_changes_nothing(name, change):
    same, before = (
        content(text.encode()) for text in (SPREADSHEET[change](cells(name)), as_csv(cells(name)))
    )
    assert [replace(one, settings={}) for one in same.replicates] == [
        replace(one, settings={}) for one in before.replicates
    ]
    assert same.averages == before.averages


def test_lines_are_counted_as_in_the_file():
    with pytest.raises(InputError, match=r"^x, line 5: expected 2 cells, found 1"):
        read_source(Source("x", b"sep=,\n\nsize,count\n50,1\n60\n"))


def test_what_may_mean_thousands_is_refused():
    text = rows_as_text(nanosight_rows(dilution="1,000"))
    with pytest.raises(InputError, match="dilution factor: '1,000' may mean thousands"):
        read_source(Source("x", text.encode()))


@pytest.mark.parametrize("first", ["nanosight", "tracks", "zetaview", "trps"])
@pytest.mark.parametrize("second", ["nanosight", "tracks", "zetaview", "trps", "zetasizer"])
def test_two_files_in_one_are_refused_where_the_second_begins(first, second):
    start = len(TEXTS[first].rstrip().splitlines()) + 1
    # The line that tells a ZetaView file is its fourth.
    line = start + 3 if second == "zetaview" else start
    with pytest.raises(InputError, match=rf"^mixed, line {line}: a second file begins here"):
        read_source(Source("mixed", f"{TEXTS[first].rstrip()}\n{TEXTS[second]}".encode("latin-1")))


def outcome(data: bytes) -> str:
    """'read' or 'refused'; any other exception fails the test, as do figures that are no numbers."""
    try:
        measurement = read_source(Source("mutated", data))
    except InputError as refused:
        message = str(refused)
    else:
        message = ""
    if message:
        assert message.startswith("mutated") and len(message) < 500 and "\n" not in message
        return "refused"
    assert measurement.replicates
    for description in describe(measurement):
        for sizes in filter(None, (description.ours, description.pooled)):
            assert all(map(math.isfinite, (sizes.d10, sizes.d50, sizes.d90, sizes.mean, sizes.mode)))
            assert 0 <= sizes.share_40_150 <= 1 + 1e-9
            assert sizes.d10 <= sizes.d50 <= sizes.d90
        assert all(map(math.isfinite, description.instrument.values()))
        assert description.particles_per_ml is None or description.particles_per_ml >= 0
    return "read"


def mutated(data: bytes, draw: st.DataObject) -> bytes:
    """One to four edits: bytes overwritten, cut, doubled, put in, or the tail lost."""
    for _ in range(draw.draw(st.integers(1, 4))):
        start = draw.draw(st.integers(0, len(data)))
        end = min(len(data), start + draw.draw(st.integers(0, 300)))
        edit = draw.draw(st.sampled_from(["cut", "double", "truncate", "insert", "overwrite"]))
        piece = draw.draw(st.one_of(st.binary(max_size=12), st.sampled_from(PIECES)))
        data = {
            "cut": data[:start] + data[end:],
            "double": data[:end] + data[start:],
            "truncate": data[:end],
            "insert": data[:start] + piece + data[start:],
            "overwrite": data[:start] + piece + data[start + len(piece) :],
        }[edit]
    return data


PIECES = [
    b",",
    b";",
    b"\t",
    b"\n",
    b'"',
    b"\0",
    b"-1",
    b"nan",
    b"inf",
    b"1e999",
    b"1e308",
    b"9" * 400,
    b"\xff\xfe",
    b"1,5",
]


@pytest.mark.parametrize("name", TEXTS)
@settings(max_examples=40)
@given(draw=st.data())
def test_mutated_files_give_a_result_or_one_message(name, draw):
    outcome(mutated(TEXTS[name].encode("latin-1"), draw))


@given(draw=st.data())
def test_mutated_fcs_files_give_a_result_or_one_message(draw):
    outcome(mutated((HERE / "fcs/variable_int_example.fcs").read_bytes(), draw))


@given(data=st.binary(max_size=300))
def test_any_bytes_give_a_result_or_one_message(data):
    outcome(data)
