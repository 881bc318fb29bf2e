"""Words of quantities, read from one course: the same amount in whatever words and unit."""

from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pytest
from scipy.integrate import cumulative_trapezoid

from exodyn.delivery.draws import draws
from exodyn.delivery.kinds import STUDY
from exodyn.delivery.observe import Course
from exodyn.delivery.reading import days_of, most, reading
from exodyn.delivery.setting import Setting
from exodyn.delivery.simulate import simulate
from exodyn.delivery.unread import UnreadError, UntimedError
from exodyn.evidence import Record, parameters, records

SETTING = Setting("mouse", "vesicle", False, 100.0, 1e10, "iodine")
CELLS = dict.fromkeys(records("biodistribution")[0].fields, "") | {
    "organ": "liver",
    "dose_value": "2",
    "dose_unit": "mg/kg",
    "vesicle_source": "PLGA nanoparticle",
}


@pytest.fixture(scope="module")
def course() -> Course:
    scaled = draws().new_study(SETTING, np.zeros((len(draws()), len(STUDY))))[:8]
    return simulate([(SETTING, scaled)])[0]


def of(quantity: str, time: float | None = 4.0, time_unit: str = "h", unit: str = "", **cells: str) -> Record:
    like = records("biodistribution")[0]
    fields = MappingProxyType(CELLS | cells)
    return replace(
        like, quantity=quantity, value=1.0, unit=unit, time=time, time_unit=time_unit, note="", fields=fields
    )


@pytest.mark.parametrize(
    ("one", "other", "factor"),
    [
        (of("%IA/g"), of("percent_ID_per_g", 240.0, "min"), 1.0),
        (of("%ID/mg"), of("%ID/g"), 1e-3),
        (of("%ID/mL"), of("%ID per cm3"), 1.0),
        (of("fraction_of_dose"), of("% of injected dose per organ"), 0.01),
        (of("ug_per_g"), of("%ID/g"), 0.5),  # 2 mg/kg in 25 g are 50 ug
        (of("SUVmean"), of("%ID/g"), 0.25),
        (of("percent_remaining_in_blood", organ="blood"), of("%ID", organ="blood"), 1.0),
        (of("percent_ID", organ="left kidney"), of("percent_ID", organ="kidneys"), 0.5),
        (of("%ID", 4.0, "h after last dose"), of("%ID", 4.0, "hpi"), 1.0),
        (of("kBq/g", dose_value="3", dose_unit="MBq"), of("%ID/g"), 30.0),
        (of("particles_per_organ", dose_value="1e10", dose_unit="EVs"), of("%ID"), 1e8),
        (of("half_life_min", organ="blood"), of("t1/2", None, "h", organ="blood"), 60.0),
        (of("clearance_mL_per_h", organ="serum"), of("total clearance", unit="mL/min/kg", organ=""), 1.5),
        (of("AUC_percent_ID_h_per_mL", organ="plasma"), of("AUC", unit="ug*min/mL", organ=""), 1 / 30),
        (of("liver_to_spleen_ratio"), of("organ_ratio", organ="spleen/liver"), None),
        (of("ratio_to_blood"), of("ratio", organ="blood/liver"), None),
        (of("brain_to_serum_ratio_uL_per_g", organ="brain"), of("brain/serum ratio", organ="brain"), 1e3),
    ],
    ids=lambda x: x.quantity if isinstance(x, Record) else "",
)
def test_the_same_in_other_words(course: Course, one: Record, other: Record, factor: float | None) -> None:
    ours, theirs = reading(one, course), reading(other, course)
    assert ours == pytest.approx(1 / theirs if factor is None else factor * theirs)


def test_an_influx_is_recovered(course: Course) -> None:
    """Patlak: of an organ that takes in at one rate from serum, on top of what its vessels hold."""
    days = np.linspace(0.0, 0.1, 400)
    serum = np.exp(-days / 0.05)[None, :] * 100
    brain = 0.01 * serum + 3.0 * cumulative_trapezoid(serum, days, initial=0)

    class Known(Course):
        def per_gram(self, place: str):
            return brain if place == "brain" else serum

    known = Known(days, np.zeros((1, len(days), 1)), np.ones(1), np.ones(1), "mouse", "iodine", np.zeros(1))
    ki, vi = (
        reading(of(q, unit=u, organ=""), known)[0]
        for q, u in (("Ki", "uL/g/min"), ("vascular space", "mL/g"))
    )
    assert ki == pytest.approx(3.0 * 1000 / 1440, rel=1e-4)
    assert vi == pytest.approx(0.01, rel=1e-4)


def test_shares_of_what_organs_show_add_up(course: Course) -> None:
    organs = ("liver", "spleen", "lungs", "kidneys", "heart", "brain")
    shares = [reading(of("percent_of_total_fluorescence", organ=o), course, among=organs) for o in organs]
    assert sum(shares) == pytest.approx(np.full(8, 100.0))


def test_organs_that_are_named_together_are_added(course: Course) -> None:
    both, liver, spleen = (
        reading(of("%ID", organ=o), course) for o in ("liver and spleen", "liver", "spleen")
    )
    assert both == pytest.approx(liver + spleen)


def test_no_share_is_more_than_all() -> None:
    assert [most(of(q)) for q in ("percent_ID", "fraction_of_dose", "percent_of_total_signal", "%ID/g")] == [
        100.0,
        1.0,
        100.0,
        np.inf,
    ]


@pytest.mark.parametrize(
    ("one", "reason"),
    [
        (of("fluorescence_AU"), "gain is not known"),
        (of("knockdown_percent"), "an effect"),
        (of("percent_of_control"), "does not name"),
        (of("percent_cells_positive"), "cells that were counted"),
        (of("beauty"), "no reading"),
        (of("ng_per_mg_protein"), "protein"),
        (of("particles_per_g"), "no dose"),
        (of("percent_ID", organ="testis"), "mass is not on file"),
        (of("percent_ID_per_g", organ="urine"), "nothing per gram"),
        (of("percent_ID_per_g", organ="thyroid"), "pumped"),
        (of("percent_ID_per_g", organ="injured brain"), "injured"),
        (of("percent_ID", 3.0, "furlong"), "unit of time"),
        (of("percent_ID", -3.0), "before the dose"),
        (of("clearance_mL", organ="blood"), "none of its units"),
        (of("half_life", time_unit="", organ="blood"), "no unit"),
    ],
    ids=lambda x: x.quantity if isinstance(x, Record) else "",
)
def test_what_is_not_read_says_why(course: Course, one: Record, reason: str) -> None:
    with pytest.raises(UnreadError, match=reason):
        reading(one, course)


def test_time() -> None:
    assert days_of(of("x", 2.0, "weeks post injection")) == pytest.approx(14.0)
    with pytest.raises(UntimedError):
        days_of(of("x", None))


def test_light_has_the_background_of_tissue_and_counts_have_none(course: Course) -> None:
    """An image in which no label is left shows organs by their areas; per gram of tissue it shows nothing."""
    dark = replace(course, values=np.zeros_like(course.values), background=np.full(8, 0.05))
    light = of("organ_ratio_light", organ="spleen/liver")
    known = parameters("mouse")
    areas = (known["spleen_mass_per_weight"].value / known["liver_mass_per_weight"].value) ** (2 / 3)
    assert reading(light, dark) == pytest.approx(areas)
    assert reading(of("%ID/g"), dark).max() <= 1e-7
    dim = replace(course, background=np.full(8, 1e-12))
    assert reading(light, dim) == pytest.approx(reading(light, course))  # 125I is counted


def test_a_gram_of_heart_takes_up_more_than_one_of_muscle(course: Course) -> None:
    """Six times as much of what is held; blood and free label in both are the same."""
    heart, muscle = (reading(of("%ID/g", organ=o), course) for o in ("heart", "muscle"))
    assert np.all(heart > muscle)
    assert np.all(heart <= 6.0 * muscle)
