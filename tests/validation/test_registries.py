"""Courses of two registries: which records they are of, and what is counted and drawn of them."""

from exodyn.evidence import is_validation, record, records
from exodyn.validation.registries import GRADES, LIMBS, figure, place, table
from exodyn.validation.score import Band
from exodyn.validation.validate import Scored


def test_a_mean_of_arms_or_legs_at_a_week_has_a_place() -> None:
    assert place(record("NAT346")) == ("A", "legs, tetraplegia")
    assert place(record("NAT318")) == ("A", "legs, paraplegia")
    assert place(record("NAT001")) is None  # a share of patients
    assert place(record("NAT283")) is None  # the total


def test_held_back_means_are_counted_early_and_late() -> None:
    """Bands half a point wide about what was seen, but for the first examination of D."""
    found = {(grade, limbs): [] for grade in GRADES for limbs in LIMBS.values()}
    for one in filter(place, records("natural_history")):
        split = "validation" if is_validation(one) else "calibration"
        seen = one.value
        missed = one.time == 0 and "AIS D" in one.fields["severity"]
        middle = seen + 10 if missed else seen
        band = Band(middle, middle - 0.5, middle + 0.5)
        found[place(one)].append(Scored(one, "number", split, seen, band, None, not missed, None))
    lines = table(found).splitlines()
    assert lines[2] == "| arms, tetraplegia | A | 2 of 2, 0.0 | 5 of 5, 0.0 |"
    assert lines[5] == "| arms, tetraplegia | D | 1 of 2, 5.0 | 5 of 5, 0.0 |"
    assert len(figure(found).axes) == len(GRADES) * len(LIMBS)
