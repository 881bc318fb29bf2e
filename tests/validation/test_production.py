"""Records of making and counting: answered from their words, or skipped with a reason."""

from __future__ import annotations

import dataclasses

import numpy as np

from exodyn.evidence import record, records
from exodyn.validation.answers import Given, Number, Skipped
from exodyn.validation.predictors.production import PRODUCTION

ROWS = [one for one in records("production") if PRODUCTION.claims(one)]


def answers():
    return PRODUCTION.predict(ROWS, Given(ROWS))


def test_every_row_has_an_answer_or_a_reason():
    found = answers()
    assert set(found) == {one.id for one in ROWS}
    for answer in found.values():
        assert isinstance(answer, Number | Skipped)
        assert answer.reason if isinstance(answer, Skipped) else np.all(np.isfinite(answer.draws))


def test_what_records_say_is_read():
    found = answers()
    assert "TFF" in found["PRD033"].basis and "UC" in found["PRD032"].basis
    assert "precipitation of plasma over UC" in found["PRD037"].basis
    assert "mrps" in found["PRD060"].basis and "nanosight and" in found["PRD062"].basis
    assert isinstance(found["PRD005"], Skipped) and "culture" in found["PRD005"].reason


def test_no_value_of_a_record_steers_its_prediction():
    one = record("PRD032")
    other = dataclasses.replace(one, value=99.0)
    first, second = (PRODUCTION.predict([row], Given([row]))[one.id] for row in (one, other))
    assert np.array_equal(first.draws, second.draws)


def test_ranges_of_held_back_studies_hold_the_medians():
    """PRD037 to PRD041: kits over spins within 2 to 4 logs, lipoproteins over vesicles within 6 to 7."""
    found = answers()
    assert 2 < np.median(found["PRD037"].draws) < 4
    assert 6 < np.median(found["PRD041"].draws) < 7
