"""Statements: what a direction compares, which place a rank is among, and which rows state anything."""

from dataclasses import replace
from types import MappingProxyType

import pytest

from exodyn.delivery.contrast import Contrast, contrast
from exodyn.delivery.predict import Forecast, forecast
from exodyn.delivery.setting import Setting, setting
from exodyn.delivery.unread import UnreadError
from exodyn.evidence import Record, records
from exodyn.evidence.statement import statement

CELLS = dict.fromkeys(records("biodistribution")[0].fields, "") | {
    "organ": "liver",
    "vesicle_source": "MSC exosomes",
    "label": "DiR",
    "health": "healthy",
}


def of(quantity: str, value: float | None = 1.0, id: str = "X1", **cells: str) -> Record:
    like = records("biodistribution")[0]
    return replace(
        like,
        **{"id": id, "study": "Unheard2031", "species": "mouse", "route": "iv", "note": "", "where": ""},
        quantity=quantity,
        value=value,
        time=24.0,
        time_unit="h",
        fields=MappingProxyType(CELLS | cells),
    )


def compared(one: Record) -> Contrast:
    where = setting(one)
    assert isinstance(where, Setting)
    return contrast(one, where)


@pytest.mark.parametrize(
    ("one", "theirs"),
    [
        (of("direction_vs_ip"), {"route": "intraperitoneal"}),
        (of("fold_vs_intranasal"), {"route": "intranasal"}),
        (of("direction_vs_rat"), {"species": "rat"}),
        (of("direction_vs_liposome"), {"kind": "lipid", "coated": False}),
        (of("direction_vs_PEG-liposomes"), {"kind": "lipid", "coated": True}),
        (of("direction_vs_gold_nanoparticles"), {"kind": "solid"}),
        (of("direction_vs_unPEGylated", vesicle_source="PEG-EVs"), {"hidden": 0.0}),
        (of("direction_vs_untreated", health="clodronate liposomes"), {"macrophages": 1.0}),
        (of("direction_vs_low_dose"), {"particles": 1e9}),
    ],
    ids=lambda x: x.quantity if isinstance(x, Record) else "",
)
def test_the_other_side(one: Record, theirs: dict[str, object]) -> None:
    other = compared(one).other.setting
    assert {name: getattr(other, name) for name in theirs} == theirs


def test_another_organ_time_or_injury() -> None:
    assert compared(of("direction_vs_liver", organ="spleen")).other.organ == "liver"
    assert compared(of("direction_vs_1_h")).other.record.time == 1.0
    assert compared(of("direction_with_time")).other.record.time == 1.0
    stroke = {"health": "stroke (MCAO)"}
    assert compared(of("direction_vs_sham", organ="brain", **stroke)).fold > 1
    assert compared(of("direction_vs_sham", organ="liver", **stroke)).fold == 1


@pytest.mark.parametrize("quantity", ["direction_vs_beauty", "direction_repeat_dose", "direction_label"])
def test_what_is_not_known_to_differ_is_said(quantity: str) -> None:
    with pytest.raises(UnreadError, match="does not know"):
        compared(of(quantity))


@pytest.mark.parametrize(
    ("quantity", "value", "said"),
    [
        ("Detected", 1.0, "detected"),
        ("signal_above_no_EV_control", 0.0, "detected"),
        ("signal_intensity_AU", 3e5, None),
        ("signal_to_background_ratio", 2.4, None),
        ("rank", 2.0, "rank"),
        ("rank", 1.5, None),
        ("direction_vs_healthy", -1.0, "direction"),
        ("direction_vs_healthy", None, "direction"),
        ("percent_ID", 1.0, None),
    ],
)
def test_what_states_anything(quantity: str, value: float | None, said: str | None) -> None:
    assert statement(of(quantity, value)) == said


def probabilities(*rows: Record) -> list[float]:
    found = forecast(rows)
    return [
        f.probability if isinstance(f, Forecast) and f.probability is not None else -1.0
        for f in found.values()
    ]


def test_ranks() -> None:
    """A tie is above the others, another product is no rival, and the ranks of two are one statement."""
    first, second = (of("rank", v, f"X{v}", organ=o) for v, o in ((1.0, "liver"), (2.0, "spleen")))
    pair = probabilities(first, second)
    assert pair[0] == pytest.approx(pair[1])
    other = of("rank", 1.0, "X3", organ="lung", vesicle_source="large EVs")
    assert probabilities(first, other)[0] < 0.99
    tied = of("rank", 1.0, "X4", organ="kidney")
    assert probabilities(first, tied)[1] < 0.5
    unread = of("rank", 3.0, "X5", organ="lymphocytes")
    assert probabilities(first, second, unread)[:2] == pytest.approx(pair)


def test_a_statement_and_its_opposite_share_out_the_probability() -> None:
    for quantity, values in (("detected", (0.0, 1.0)), ("direction_vs_iv", (-1.0, 1.0))):
        rows = [of(quantity, v, f"X{k}", organ="brain") for k, v in enumerate(values)]
        if quantity == "direction_vs_iv":
            rows = [replace(r, route="intranasal") for r in rows]
        chances = [probabilities(r)[0] for r in rows]
        assert sum(chances) == pytest.approx(1.0, abs=0.05)
        assert 0 < min(chances)
