"""Adverse events: what a row counts, what the posterior says, and what the trials held back show."""

import dataclasses

import numpy as np
import pytest

from exodyn.evidence import record, safety
from exodyn.evidence.safety import ANY, Trial, rates, trial, trials


@pytest.mark.parametrize(
    ("schedule", "doses"),
    [
        ("single", 1),
        ("daily x 5", 5),
        ("twice a week x 12 weeks", 24),
        ("three times a day x 20 d", 60),
        ("days 1 and 4", 2),
        ("2 doses, 1 week apart", 2),
        ("", 1),
    ],
)
def test_doses_of_a_schedule_in_words(schedule: str, doses: int) -> None:
    assert safety._doses(schedule) == doses


def test_a_trial_without_any_event_saw_none_of_each_kind() -> None:
    found = trial(record("SAF004"))
    assert found is not None
    assert (found.events, found.patients, found.doses) == (0, 101, 5)
    assert found.particles == pytest.approx(1.5e10)
    assert set(found.kinds) == {one.event for one in safety.priors()}


@pytest.mark.parametrize("id", ["SAF001", "SAF006", "SAF017", "SAF023", "SAF024", "SAF025", "SAF031"])
def test_claims_deaths_drop_outs_cells_animals_and_plans_are_no_counts(id: str) -> None:
    assert trial(record(id)) is None


@pytest.mark.parametrize("cells", [{"arm": "placebo"}, {"arm": "control arm"}, {"events": "102"}])
def test_control_arms_and_more_events_than_patients_are_no_counts(cells: dict[str, str]) -> None:
    seen = record("SAF004")
    assert trial(dataclasses.replace(seen, fields={**seen.fields, **cells})) is None


def test_outcome_tables_count_events_too() -> None:
    """SCI028: no serious adverse event of the product in nine patients; SCI001 counts points, no events."""
    found = trial(record("SCI028"))
    assert found is not None
    assert (found.events, found.patients, found.kinds) == (0, 9, ("serious adverse event",))
    assert trial(record("SCI001")) is None
    share = dataclasses.replace(
        record("SCI028"), value=12.5, unit="percent", n=80.0, fields={**record("SCI028").fields, "n": "80"}
    )
    assert trial(share).events == 10


def test_a_range_of_doses_has_its_geometric_middle() -> None:
    assert trial(record("SAF013")).particles == pytest.approx(1e9)


def test_many_patients_give_their_own_rate() -> None:
    """Where a trial reports a share r of 0.1 to 0.9, the rate lies between what it saw and ten times that."""
    seen = [Trial("A", "A", 200, 10_000, 1, None, ("fever",))] * 20
    middle = np.median(1 - np.exp(-np.exp(rates("fever", seen).mu)))
    assert 0.02 < middle < 0.2


def test_zero_events_lower_the_rate_and_more_doses_and_particles_raise_it() -> None:
    before, after = rates("fever", ()), rates("fever")
    assert np.median(before.of(1, None)) == pytest.approx(0.01, rel=0.1)  # the prior's median
    assert np.median(after.of(1, None)) < np.median(before.of(1, None))
    assert np.median(after.of(5, None)) > np.median(after.of(1, None))
    assert np.median(after.of(1, 1e13)) > np.median(after.of(1, 1e9))


def test_the_same_draws_every_time() -> None:
    assert np.array_equal(rates(ANY).events(50, 2, 1e11), rates(ANY).events(50, 2, 1e11))


def test_trials_held_back_lie_inside_and_steer_nothing() -> None:
    held = trials(True)
    assert {one.record for one in held} == {"SAF010", "SAF011", "SAF012"}
    assert not {one.study for one in held} & {one.study for one in trials()}
    for one in held:
        found = rates(one.kinds[0]).events(one.patients, one.doses, one.particles, all_reported=False)
        assert np.quantile(found, 0.05) <= one.events <= np.quantile(found, 0.95)
