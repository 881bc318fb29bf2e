"""What a batch file says, and what is refused of one."""

import json
import math
from pathlib import Path

import pytest

from exodyn.errors import InputError
from exodyn.product.dose_batch import read_batch

TOML = 'particles_per_ml = 2e11\nparticles_per_ml_sd = 2e10\nprotein_ug_per_ml = 180\nsource = "AD-MSC"\n'


def _file(folder: Path, name: str, text: str) -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


def test_the_same_batch_in_three_formats(tmp_path: Path) -> None:
    keys = {
        "particles_per_ml": 2e11,
        "particles_per_ml_sd": 2e10,
        "protein_ug_per_ml": 180,
        "source": "AD-MSC",
    }
    found = [
        read_batch(_file(tmp_path, "b.toml", TOML)),
        read_batch(_file(tmp_path, "b.json", json.dumps({"batch": keys}))),
        read_batch(
            _file(tmp_path, "b.csv", ",".join(keys) + "\n" + ",".join(map(str, keys.values())) + "\n")
        ),
    ]
    for one in found:
        assert one.particles is not None and one.protein is not None
        assert one.particles.value == pytest.approx(math.log10(2e11))
        assert one.particles.error == pytest.approx(0.0433, abs=1e-4)  # a tenth, log-normal
        assert one.source == "AD-MSC" and one.cells is None


def test_cells_and_the_volume_that_they_gave(tmp_path: Path) -> None:
    one = read_batch(_file(tmp_path, "b.toml", "cells = 4e7\nvolume_ml = 2\n"))
    assert one.cells is not None and 10**one.cells.value == pytest.approx(2e7)
    with pytest.raises(InputError, match="expected one of them"):
        read_batch(_file(tmp_path, "d.toml", "cells = 4e7\nvolume_ml = 2\ncells_per_ml = 1e8\n"))
    with pytest.raises(InputError, match="'cells' needs 'volume_ml'"):
        read_batch(_file(tmp_path, "c.toml", "cells = 4e7\n"))


def test_the_file_of_an_instrument(tmp_path: Path) -> None:
    rows = [(80, 1e8), (90, 1e8), (100, 1e9), (110, 1e8)]
    table = "diameter_nm,particles_per_ml\n" + "".join(f"{size},{count}\n" for size, count in rows)
    one = read_batch(_file(tmp_path, "nta.csv", table))
    assert one.particles is not None and 10**one.particles.value == pytest.approx(1.3e9, rel=0.01)
    assert one.diameter is not None and one.protein is None


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("b.toml", "particles_per_mL = 1e9\n", "did you mean 'particles_per_ml'"),
        ("b.toml", "particles_per_ml = -1\n", "expected a number above 0"),
        ("b.toml", "particles_per_ml = 1e300\n", "from 1e-15 to 1e[+]18"),
        ("b.toml", "particles_per_ml = nan\n", "expected a number above 0"),
        ("b.toml", "particles_per_ml = true\n", "expected a number above 0"),
        ("b.toml", "particles_per_ml = \n", "no TOML"),
        ("b.toml", 'source = "AD-MSC"\n', "nothing measured"),
        ("b.toml", "protein_ug_per_ml_sd = 3\nparticles_per_ml = 1e9\n", "no 'protein_ug_per_ml' beside it"),
        ("b.toml", "particles_per_ml = 1e9\nparticles_per_ml_sd = 1\nparticles_per_ml_se = 1\n", "sd and se"),
        ("b.json", "[1]", "expected keys"),
        ("b.csv", "particles_per_ml,protein_ug_per_ml\n1e9,2\n2e9,3\n", "line 3: a second batch"),
        ("b.csv", "hello,world\nno,table\n", "not a known format"),
    ],
)
def test_what_is_refused(tmp_path: Path, name: str, text: str, why: str) -> None:
    with pytest.raises(InputError, match=why):
        read_batch(_file(tmp_path, name, text))


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none.toml: .*expected a file of a batch"):
        read_batch(tmp_path / "none.toml")
