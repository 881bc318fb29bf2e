"""Measurements: what a table may say, and one clear complaint for what it may not."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from tests.inference.study.simulated import load

from exodyn.errors import InputError
from exodyn.inference.study import Data, read

HEAD = "arm,time,readout,value,subject,n,sd,severity"


def data(tmp_path: Path, *lines: str, head: str = HEAD) -> Data:
    file = tmp_path / "d.csv"
    file.write_text("\n".join([head, *lines]) + "\n")
    return read(file, load()[1])


def test_readings_means_and_counts_are_told_apart(tmp_path: Path) -> None:
    found = data(
        tmp_path,
        "none,7 d,deficit,5.5,a,,,12",
        "none,168 h,hazard,<0.1,a,,,12",
        "none,9,deficit,1 to 3,a,,,",
        "vesicles,7,deficit,4.5,,12,2.0,",
    )
    one, group = found.units
    assert (one.name, one.arm, dict(one.covariates)) == ("a", 0, {"severity": 12.0})
    assert [(r.time, r.low, r.high) for r in one.readings] == [
        (7.0, 5.5, 5.5),
        (7.0, -math.inf, 0.1),
        (9.0, 1.0, 3.0),
    ]
    assert (group.arm, group.means[0].value, group.means[0].sd, group.means[0].n) == (1, 4.5, 2.0, 12)
    assert found.count == 4


def test_levels_of_a_scale_are_counts(tmp_path: Path) -> None:
    head = "arm,time,readout,value,n,level"
    found = data(tmp_path, "none,7,Score,4,10,3", "none,7,Score,6,10,5", head=head)
    assert found.units[0].counts[0].counts == {3.0: 4.0, 5.0: 6.0}
    with pytest.raises(InputError, match=r"add up to 9, n is 10"):
        data(tmp_path, "none,7,Score,4,10,3", "none,7,Score,5,10,5", head=head)


def test_spreads_and_units_are_converted(tmp_path: Path) -> None:
    found = data(tmp_path, "none,7,plasma,5,9,2,kparticles", head="arm,time,readout,value,n,sem,unit")
    mean = found.units[0].means[0]
    assert (mean.value, mean.sd) == (pytest.approx(5000), pytest.approx(6000))


def test_what_is_missing_is_said_never_dropped(tmp_path: Path) -> None:
    found = data(
        tmp_path,
        "none,7,deficit,5,a,,,12",
        "none,7,deficit,6,b,,,",
        "none,9,deficit,,b,,,",
    )
    assert "1 lines have no value and say nothing (lines 4)" in found.remarks
    assert (
        "severity is missing for 1 of 2 subjects or groups: integrated over the study's population"
        in found.remarks
    )
    assert found.units[1].covariates == {}
    dots = data(tmp_path, "none,7,deficit,5,a,,.,NA", "none,9,deficit,.,a,,,")
    assert dots.units[0].covariates == {} and "1 lines have no value" in dots.remarks[0]


def test_readings_that_tell_little_are_remarked_on(tmp_path: Path) -> None:
    assert (
        data(tmp_path, "none,7,deficit,<5,a,,,", "none,9,deficit,<4,a,,,")
        .remarks[0]
        .startswith("every reading of deficit is censored")
    )
    same = data(tmp_path, "none,7,deficit,5,a,,,", "none,9,deficit,5,a,,,").remarks
    assert same[0] == "all readings of deficit are 5: they hold no course to fit"


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        (
            ["nobody,7,deficit,5,a,,,"],
            r"d.csv:2: arm: 'nobody' is no arm of the study; valid are none",
        ),
        (["none,7,deficits,5,a,,,"], r"readout: .*did you mean 'deficit'"),
        (["none,-1,deficit,5,a,,,"], r"time: '-1', expected 0 to 100 years"),
        (["none,soon,deficit,5,a,,,"], r"time: .*such as \"36 h\""),
        (["none,7,deficit,five,a,,,"], r"value: 'five', expected a number"),
        (["none,7,deficit,nan,a,,,"], r"value: 'nan', expected a number"),
        (["none,7,deficit,5 to 3,a,,,"], r"value: '5 to 3' is no interval"),
        (["none,7,deficit,5,,,,"], r"subject: give the subject, or n"),
        (["none,7,deficit,5,,2.5,1,"], r"n: 2.5, expected a whole number"),
        (["none,7,deficit,5,,4,-1,"], r"sd: -1 is below 0"),
        (["none,7,Score,50,a,,,"], r"value: 50 is off Score, 0 to 42"),
        (["none,7,Score,41,,10,12,"], r"sd: an SD of 12 is impossible for this mean on Score"),
        (["none,7,deficit,5,a,,,12", "none,9,deficit,5,a,,,13"], r":3: severity: 13, but 12 on another line"),
        (
            ["none,7,deficit,5,a,,,", "vesicles,9,deficit,5,a,,,"],
            r":3: arm: subject 'a' is in 'none'",
        ),
        (
            ["none,7,deficit,5,a,,,", "none,7,deficit,6,a,,,"],
            r":3: value: deficit at this time stands on",
        ),
        (["none,7,deficit,5,a,,"], r":2: 7 cells, the header has 8"),
        ([], r"no values to fit"),
    ],
)
def test_a_line_that_is_wrong_is_named(tmp_path: Path, lines: list[str], says: str) -> None:
    with pytest.raises(InputError, match=says):
        data(tmp_path, *lines)


@pytest.mark.parametrize(
    ("head", "says"),
    [
        ("arm,time,value,subject", r"d.csv:1: column 'readout' is missing"),
        ("arm,time,readout,value,subject,sex", r"sex: is neither a column of the data nor a trait"),
        ("arm,time,readout,value,subject,severty", r"did you mean 'severity'"),
        ("arm,arm,time,readout,value", r"column 'arm' stands twice"),
    ],
)
def test_a_column_that_is_wrong_is_named(tmp_path: Path, head: str, says: str) -> None:
    cells = {"arm": "none", "time": "7", "readout": "deficit", "value": "5", "subject": "a"}
    with pytest.raises(InputError, match=says):
        data(tmp_path, ",".join(cells.get(name, "1") for name in head.split(",")), head=head)


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b'arm,time,readout,value\n"x', b"\x00"])
def test_no_table_at_all(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "d.csv"
    file.write_bytes(content)
    with pytest.raises(InputError, match=r"d\.csv"):
        read(file, load()[1])
    with pytest.raises(InputError, match="cannot be read"):
        read(tmp_path / "none.csv", load()[1])
