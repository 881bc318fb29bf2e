"""Composition of processes: names, units, loops, and what the flat model holds."""

from __future__ import annotations

import math

import pytest

from exodyn.symbolic import (
    Adds,
    Event,
    ModelError,
    Parameter,
    ParameterValue,
    Part,
    Process,
    Quantity,
    Reads,
    State,
    Symbol,
    UnitError,
    compose,
    copies,
    gradients,
    hill,
    override,
    where,
)


class Vasculature(Process):
    hypoxia = Reads("1", "share of tissue short of oxygen")
    k_hif = Parameter("ng/mL/d", "VEGF-A made per hypoxia")
    vegf_loss = Parameter("1/d", "loss of VEGF-A")
    vegf50 = Parameter("ng/mL", "VEGF-A at half the effect")
    k_sprout = Parameter("1/d", "fastest sprouting")
    density_start = Parameter("1", "density at time 0")

    vegf = State("ng/mL", "VEGF-A in the tissue", start=0)
    vessels = State("1", "density, intact = 1", start=density_start)
    sprout = Quantity("1/d", "sprouting rate")

    vegf.rate = k_hif * hypoxia - vegf_loss * vegf
    sprout.value = k_sprout * hill(vegf, vegf50)
    vessels.rate = sprout * vessels


class Oxygen(Process):
    vessels = Reads("1", "density of vessels")
    hypoxia = Quantity("1", "share of tissue short of oxygen")

    hypoxia.value = where(vessels < 1, 1 - vessels, 0)


class Cargo(Process):
    vegf = Adds("ug/mL", "VEGF-A in the tissue")
    cargo_make = Parameter("ug/mL/d", "VEGF-A from cargo")
    ceiling = Parameter("ug/mL", "more is cleared at once")

    vegf.rate += cargo_make
    too_much = Event(when=vegf > ceiling, then={vegf: ceiling / 2})


PARTS = {"vasculature": Vasculature, "oxygen": Oxygen, "cargo": Cargo}


def record(name: str, value: float, unit: str) -> ParameterValue:
    return ParameterValue(Symbol(name), value, unit, record=f"r-{name}", status="assumed", source="test")


RECORDS = {
    r.name: r
    for r in (
        record("k_hif", 2.0, "ug/L/d"),
        record("vegf_loss", 0.5, "1/h"),
        record("vegf50", 3.0, "ng/mL"),
        record("k_sprout", 25.0, "percent/d"),
        record("density_start", 0.75, "1"),
        record("cargo_make", 4.0, "ng/mL/d"),
        record("ceiling", 0.1, "ug/mL"),
        record("of_another_model", 1.0, "1"),
    )
}


def test_the_parts_join_by_name():
    model = compose("m", PARTS, RECORDS, "d")
    assert [s.name for s in model.states] == ["vegf", "vessels"]
    assert repr(model.state("vegf").rate) == (
        "k_hif * where(vessels < 1, 1 - vessels, 0) - vegf_loss * vegf + cargo_make * 1000"
    )
    assert model.state("vessels").initial is model.parameter("density_start").symbol
    assert repr(model.readout("hypoxia").expression) == "where(vessels < 1, 1 - vessels, 0)"
    assert model.parameter("vegf_loss").value == 12.0
    assert model.parameter("k_sprout").value == 0.25
    assert model.parameter("k_hif").record == "r-k_hif"
    assert "of_another_model" not in [p.name for p in model.parameters]


def test_an_event_sets_a_state_in_the_states_own_unit():
    (event,) = compose("m", PARTS, RECORDS, "d").events
    assert repr(event.trigger) == "vegf * 0.001 > ceiling"
    assert repr(event.assignments[0][1]) == "ceiling / 2 * 1000"


def test_what_no_part_gives_may_be_a_parameter():
    model = compose("m", {"v": Vasculature}, {**RECORDS, "hypoxia": record("hypoxia", 30, "percent")}, "d")
    assert model.parameter("hypoxia").value == pytest.approx(0.3, rel=1e-15)


def test_a_process_can_stand_twice():
    parts = {
        "core": Part(Vasculature, "core_"),
        "rim": Part(Vasculature, "rim_", {"hypoxia": "hypoxia_of_rim"}),
        "oxygen": Part(Oxygen, "core_"),
    }
    records = {**RECORDS, "rim_k_hif": record("rim_k_hif", 9, "ng/mL/d")}
    records["hypoxia_of_rim"] = record("hypoxia_of_rim", 0.1, "1")
    model = compose("m", parts, records, "d")
    assert [s.name for s in model.states] == ["core_vegf", "core_vessels", "rim_vegf", "rim_vessels"]
    assert model.parameter("core_k_hif").value == 2.0
    assert model.parameter("rim_k_hif").value == 9.0
    assert "rim_k_hif * hypoxia_of_rim" in repr(model.state("rim_vegf").rate)
    assert "core_vessels" in repr(model.state("core_vegf").rate)


def test_copies_share_nothing():
    model = copies(compose("m", PARTS, RECORDS, "d"), 4)
    assert len(model.states) == 8
    assert len({id(p.symbol) for p in model.parameters}) == len(model.parameters)
    assert repr(model.state("vessels_3").rate) == "k_sprout_3 * (vegf_3 / (vegf50_3 + vegf_3)) * vessels_3"


def refused(parts, match, records=RECORDS, time_unit="d", **more):
    with pytest.raises(ModelError, match=match) as caught:
        compose("m", parts, records, time_unit, **more)
    return caught.value


def test_names_that_do_not_join_are_refused():
    class Misspelled(Process):
        vessel = Reads("1", "density of vessels")
        hypoxia = Quantity("1", "share of tissue short of oxygen")

        hypoxia.value = 1 - vessel

    refused(
        {**PARTS, "oxygen": Misspelled},
        "oxygen: it reads 'vessel', which no part gives; did you mean 'vessels'",
    )
    refused({**PARTS, "again": Oxygen}, "'hypoxia' is given by 'oxygen' and by 'again'")
    refused({"oxygen": Part(Oxygen, reads={"vesels": "x"})}, "it reads no 'vesels'; did you mean 'vessels'")
    refused(PARTS, "parameter 'vegf50' has no value", {k: v for k, v in RECORDS.items() if k != "vegf50"})
    refused(PARTS, "no quantity 'sprot' to read out; did you mean 'sprout'", readouts=["sprot"])


def test_a_loop_of_quantities_is_named():
    class Chicken(Process):
        egg = Reads("1", "")
        chicken = Quantity("1", "")
        chicken.value = egg / 2

    class Egg(Process):
        chicken = Reads("1", "")
        egg = Quantity("1", "")
        egg.value = chicken * 2

    refused({"a": Chicken, "b": Egg}, "loop: chicken -> egg -> chicken")


def test_a_symbol_of_another_process_is_refused():
    class Reaching(Process):
        other = State("ng/mL", "", start=0)
        other.rate = Vasculature.k_hif

    refused({**PARTS, "r": Reaching}, r"r.other.rate: 'k_hif' belongs to another process")


def test_units_that_differ_are_refused_by_equation():
    class Mixed(Process):
        k = Parameter("1/d", "")
        a = State("ng/mL", "", start=0)
        b = State("ug/mL", "", start=0)
        a.rate = -k * a
        b.rate = k * (a - b)

    error = refused({"mixed": Mixed}, "mixed.b.rate", {"k": record("k", 1, "1/d")})
    assert isinstance(error, UnitError)
    assert "`a` is in ng/mL but `b` is in ug/mL" in str(error)
    assert "0.001 times" in str(error)

    error = refused({"v": Vasculature}, r"v\.vegf\.rate", {**RECORDS, "hypoxia": record("h", 1, "1")}, "h")
    assert "ng/mL/d" in str(error)
    assert "ng/mL/h" in str(error)

    refused({"v": Vasculature}, "parameter 'hypoxia'", {**RECORDS, "hypoxia": record("h", 1, "kg")})
    refused({"v": Vasculature}, "time unit is 'kg'", {**RECORDS, "hypoxia": record("h", 1, "1")}, "kg")


def test_a_reading_of_another_dimension_names_both():
    class Wrong(Process):
        vegf = Reads("1", "VEGF-A")
        double = Quantity("1", "")
        double.value = 2 * vegf

    refused({**PARTS, "w": Wrong}, "w.vegf: it is read in '1', but 'vasculature' gives 'vegf' in 'ng/mL'")


def test_override_converts_and_refuses():
    model = compose("m", PARTS, RECORDS, "d")
    new = override(model, "vegf_loss", 1.0, "1/h", status="assumed", source="faster in the rim")
    assert new.parameter("vegf_loss").value == 24.0
    assert new.parameter("vegf_loss").source == "faster in the rim"
    assert model.parameter("vegf_loss").value == 12.0
    with pytest.raises(ModelError, match="no parameter 'vegf_los'; did you mean 'vegf_loss'"):
        override(model, "vegf_los", 1.0, "1/h", status="assumed", source="")
    with pytest.raises(UnitError, match="'vegf_loss': expected '1/d'"):
        override(model, "vegf_loss", 1.0, "h", status="assumed", source="")


def test_initial_values_go_through_other_states():
    class Chain(Process):
        k = Parameter("1/d", "")
        x0 = Parameter("1", "")
        a = State("1", "", start=x0)
        b = State("1", "", start=2 * a)
        a.rate = -k * a
        b.rate = k * a

    model = compose("m", {"c": Chain}, {"k": record("k", 1, "1/d"), "x0": record("x0", 1, "1")}, "d")
    assert repr(model.state("b").initial) == "2 * x0"


def test_values_that_are_no_numbers_are_refused():
    refused(
        PARTS,
        "'vegf50': expected a finite number, not nan",
        {**RECORDS, "vegf50": record("v", math.nan, "1")},
    )
    with pytest.raises(ModelError, match="finite"):
        override(compose("m", PARTS, RECORDS, "d"), "vegf50", math.inf, "ng/mL", status="assumed", source="")
    refused({"v": 3}, "v: expected a Process class")


def test_two_events_of_one_name_are_refused():
    class More(Process):
        vegf = Adds("ng/mL", "VEGF-A")
        vegf.rate -= 0 * vegf
        too_much = Event(when=vegf > 0, then={vegf: 0})

    records = {**RECORDS, "hypoxia": record("hypoxia", 1, "1")}
    refused({**PARTS, "more": More}, "event 'too_much' is in 'cargo' and in 'more'")
    model = compose("m", {**PARTS, "more": Part(More, "late_")}, records, "d")
    assert [e.name for e in model.events] == ["too_much", "late_too_much"]


def test_to_split_a_process_changes_nothing():
    class Whole(Process):
        hypoxia = Quantity("1", "")
        k_hif = Parameter("ng/mL/d", "")
        vegf_loss = Parameter("1/d", "")
        vegf50 = Parameter("ng/mL", "")
        k_sprout = Parameter("1/d", "")
        density_start = Parameter("1", "")
        vegf = State("ng/mL", "", start=0)
        vessels = State("1", "", start=density_start)
        sprout = Quantity("1/d", "")

        hypoxia.value = where(vessels < 1, 1 - vessels, 0)
        sprout.value = k_sprout * hill(vegf, vegf50)
        vegf.rate = k_hif * hypoxia - vegf_loss * vegf
        vessels.rate = sprout * vessels

    def derivatives(parts):
        model = compose("m", parts, RECORDS, "d")
        rows = gradients([s.rate for s in model.states], [s.symbol for s in model.states])
        return [{by.name: repr(entry) for by, entry in row.items()} for row in rows]

    whole = derivatives({"whole": Whole})
    assert whole == derivatives({"vasculature": Vasculature, "oxygen": Oxygen})
    assert whole == derivatives({"oxygen": Oxygen, "vasculature": Vasculature})
    assert whole[0].keys() == {"vegf", "vessels"}


def test_the_order_of_a_flat_model_is_that_of_its_parts():
    names = [p.name for p in compose("m", PARTS, RECORDS, "d").parameters]
    assert names[:5] == ["k_hif", "vegf_loss", "vegf50", "k_sprout", "density_start"]
    assert names[5:] == ["cargo_make", "ceiling"]
