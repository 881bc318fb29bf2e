"""The article's figures: untreated patients pass the first, and multiples that meet a figure do meet it."""

from pathlib import Path

import pytest

from exodyn.calibration.article import FIGURES, multiplied, needed, typical
from exodyn.study import Study

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def test_untreated_patients_do_better_than_the_treated_ones_of_the_article() -> None:
    study = Study.load(EXAMPLES / "article_stroke_patient.toml")
    rows = study.run(patients=400).scale("NIHSS").rows
    (last,) = (row for row in rows if row["arm"] == "no exosomes" and row["visit_d"] == 90)
    assert last["mean"] < 6.8


def test_a_multiple_that_is_found_meets_the_figure_and_no_notch_does() -> None:
    study = Study.load(EXAMPLES / "article_stroke_vessels.toml")
    by_handle = {(one.what, one.handle): one for one in FIGURES}
    vessels = by_handle["vessel density, day 14", "vesicle_sprouting_max"]
    found = needed(study, vessels)
    assert found.multiple is not None
    assert found.multiple > 0
    met = vessels.reached(multiplied(typical(study), vessels.handle, found.multiple))
    assert met == pytest.approx(vessels.wanted, rel=0.01)
    notch = needed(study, by_handle["vessel density, day 14, through Notch alone", "notch_max"])
    assert notch.multiple is None
    assert notch.most < notch.as_is  # more Notch, fewer tips
