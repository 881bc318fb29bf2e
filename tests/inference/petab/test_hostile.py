"""Damaged problems: a message or a number, never a traceback."""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exodyn.errors import InputError, MachineError
from exodyn.inference.petab import evaluate

CONVERSION = Path(__file__).parents[2] / "data" / "petab" / "conversion"
FILES = sorted(p.name for p in CONVERSION.iterdir())
SCRAPS = st.sampled_from(
    [b"", b"\t", b"\n", b"\x00", b"\xff", b'"', b"nan", b"inf", b"-1", b"1e999", b"0", b"k1", b"obs_a", b";",
     b"(", b"^^", b"piecewise(", b"[", b"{", b": ", b"- ", b"<", b"</", b"&x;", b"A" * 5000, b"\xc2\xb5"]
)  # fmt: skip
CELLS = st.sampled_from(
    ["", "nan", "inf", "-inf", "-1", "0", "1e308", "1e-320", "A", "k1", "obs_a", "plain", "V", "log(0)",
     "1;2;3", "sd_a;", "time", "forth", "noiseParameter1_obs_a", "1_0", "µ"]
)  # fmt: skip
NOT_A_PROBLEM = (
    "", "[]", "a: *b", "{" * 5000, "format_version: 1", "format_version: 1\nproblems: 3",
    "format_version: [1]\nparameter_file: {}\nproblems: [{}]",
    "format_version: 1\nparameter_file: 7\nproblems: [{sbml_files: 3}]",
    "format_version: 1\nparameter_file: https://x/y.tsv\nproblems: [{sbml_files: []}]",
)  # fmt: skip


def survives(folder: Path) -> None:
    """A number, or one of the two errors that the command line prints as one message."""
    with suppress(InputError, MachineError):
        evaluate(folder / "problem.yaml", gradient=True)


@settings(max_examples=120)
@given(file=st.sampled_from(FILES), place=st.floats(0, 1), length=st.integers(0, 12), scrap=SCRAPS)
def test_bytes_replaced(tmp_path_factory, file, place, length, scrap):
    folder = tmp_path_factory.mktemp("hostile") / "problem"
    shutil.copytree(CONVERSION, folder)
    content = (folder / file).read_bytes()
    at = int(place * len(content))
    (folder / file).write_bytes(content[:at] + scrap + content[at + length :])
    survives(folder)
    shutil.rmtree(folder)


@settings(max_examples=80)
@given(
    file=st.sampled_from([f for f in FILES if f.endswith(".tsv")]),
    row=st.integers(0, 9),
    column=st.integers(0, 7),
    cell=st.one_of(CELLS, st.text(max_size=6)),
)
def test_cells_replaced(tmp_path_factory, file, row, column, cell):
    folder = tmp_path_factory.mktemp("hostile") / "problem"
    shutil.copytree(CONVERSION, folder)
    lines = [line.split("\t") for line in (folder / file).read_text().splitlines()]
    chosen = lines[row % len(lines)]
    chosen[column % len(chosen)] = cell
    text = "\n".join("\t".join(line) for line in lines) + "\n"
    (folder / file).write_text(text, encoding="utf-8", errors="surrogatepass")
    survives(folder)
    shutil.rmtree(folder)


def test_files_that_are_no_files(tmp_path):
    shutil.copytree(CONVERSION, tmp_path / "p")
    folder = tmp_path / "p"
    (folder / "parameters.tsv").unlink()
    (folder / "parameters.tsv").mkdir()
    survives(folder)
    for text in NOT_A_PROBLEM:
        (folder / "problem.yaml").write_text(text)
        with pytest.raises(InputError, match=r"problem\.yaml"):
            evaluate(folder / "problem.yaml")
