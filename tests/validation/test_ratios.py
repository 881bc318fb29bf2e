"""Records of products: particles and protein per microgram and per cell."""

import math
from pathlib import Path

import pytest

from exodyn.evidence import Record, read_records, records
from exodyn.evidence.table import DATA
from exodyn.validation import Given, Scored, validate
from exodyn.validation.predictors import PREDICTORS
from exodyn.validation.predictors.ratios import RATIOS


def scored(rows: list[Record]) -> dict[str, Scored]:
    return {one.record.id: one for one in validate(rows, PREDICTORS, Given(file=rows))}


def table(folder: Path, name: str, *changes: dict[str, str]) -> list[Record]:
    """Rows of a table: its first line with these cells changed."""
    header, first = (DATA / "records" / f"{name}.csv").read_text().splitlines()[:2]
    import csv
    import io

    cells = dict(zip(header.split(","), next(csv.reader([first])), strict=True))
    text = io.StringIO()
    writer = csv.DictWriter(text, header.split(","), lineterminator="\n")
    writer.writeheader()
    for number, change in enumerate(changes):
        writer.writerow(cells | {"id": f"NEW{number:03}", "study": "New", "source": "new"} | change)
    file = folder / f"{name}.csv"
    file.write_text(text.getvalue())
    return read_records(file)


def test_ratios_of_the_tables():
    found = scored([one for one in records("dose_units") if RATIOS.claims(one)])
    assert {id for id, one in found.items() if one.inside} == {
        f"DSU0{n:02}" for n in (1, 2, 3, 4, 5, 6, 11, 12)
    }


def test_limits_of_purity_are_no_preparations():
    found = scored([one for one in records("production") if RATIOS.claims(one)])
    assert {one.skipped for one in found.values()} == {"a limit that its authors set, no preparation"}


def test_a_study_is_not_predicted_from_itself():
    """The band of a calibration record is that without it."""
    known = {one.id: one for one in records("dose_units")}
    own, other = scored([known["DSU001"]])["DSU001"], scored([known["DSU002"]])["DSU002"]
    assert own.band.median < other.band.median / 2  # the highest value on file is missing


@pytest.mark.parametrize(
    ("unit", "per_ug", "per_cell"),
    [
        ("particles/mg", 1e3, 0),
        ("particles/ug protein", 1, 0),
        ("EVs per µg of EV protein", 1, 0),
        ("fg/particle", -1e9, 0),
        ("particles/1e6 cells", 0, 1e6),
        ("particles/cell/day", 0, 0.5),
        ("vesicles per million cells per 24 h", 0, 0.5e6),
    ],
)
def test_units(tmp_path, unit, per_ug, per_cell):
    given = {"parameter": "yield per cell", "value": "1", "unit": unit, "method": "", "source_cell": ""}
    plain = [given | {"unit": "particles/ug"}, given | {"unit": "particles/cell"}]
    found = scored(table(tmp_path, "dose_units", given, *plain))
    middle = [found[f"NEW00{n}"].band.median for n in range(3)]
    expected = per_ug * middle[1] if per_ug > 0 else per_cell * middle[2]
    if per_ug < 0:
        expected = -per_ug / middle[1]
    assert middle[0] == pytest.approx(expected, rel=1e-9)


def test_protein_per_cell_is_the_one_by_the_other(tmp_path):
    given = {"parameter": "protein yield", "value": "1", "method": "UC", "source_cell": "BM-MSC"}
    units = ("ug/1e6 cells", "ug/cell", "particles/ug", "particles/cell")
    found = scored(table(tmp_path, "dose_units", *({**given, "unit": unit} for unit in units)))
    per_million, per_cell, ug, cell = (found[f"NEW00{n}"].band for n in range(4))
    assert per_million.median == pytest.approx(1e6 * per_cell.median)
    assert math.log10(per_cell.median) == pytest.approx(math.log10(cell.median / ug.median), abs=0.15)
    assert "ultracentrifugation" in found["NEW000"].basis


def test_particles_that_cells_take_up_are_no_yield():
    (kupffer,) = (one for one in records("kinetics") if one.id == "KIN046")
    assert not RATIOS.claims(kupffer)
