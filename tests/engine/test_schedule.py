"""A schedule that cannot change is expanded once, and means what it meant before."""

from __future__ import annotations

import numpy as np

from exodyn.engine import Dose, Reset, Schedule
from exodyn.engine.schedule import expand

STATES = {"depot": 0, "central": 1}
DOSES = (Dose("depot", 5.0, time=1.0, interval=2.0, count=3), Dose("central", 6.0, rate=2.0))


def test_a_fixed_schedule_gives_the_table_of_one_that_is_not() -> None:
    fixed = Schedule(DOSES, (Reset(4.0),))
    open_ = Schedule(list(DOSES), [Reset(4.0)])
    assert fixed.fixed and not open_.fixed
    for patients in (3, 5, 3):
        kept, made = (expand(s, patients, STATES, {"central": 0}) for s in (fixed, open_))
        for name in ("first", "last", "time", "kind", "target", "value"):
            np.testing.assert_array_equal(getattr(kept, name), getattr(made, name))
    assert len(fixed.expansions) == 1


def test_what_differs_between_patients_is_not_fixed() -> None:
    assert not Schedule((Dose("depot", np.array([1.0, 2.0])),)).fixed
