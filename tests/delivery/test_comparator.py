"""Vesicles beside conventional particles: ratios with an interval, narrower where one laboratory saw both."""

import numpy as np
import pytest

from exodyn.delivery.comparator import CARRIERS, main, ratios


def test_every_carrier_has_a_ratio_and_one_laboratory_tells_them_apart_better() -> None:
    same, apart = ratios(), ratios(same_study=False)
    assert [(one.kind, one.coated) for one in same] == list(CARRIERS)
    for one, other in zip(same, apart, strict=True):
        assert np.all(one.influx > 0)
        assert np.all(one.dose > 0)
        assert np.std(np.log(one.influx)) < np.std(np.log(other.influx))


def test_what_stays_longer_in_blood_gives_more_of_a_dose(capsys: pytest.CaptureFixture[str]) -> None:
    """A coat slows clearance: by the dose a coated carrier is nearer to the vesicle than by the influx."""
    coated = next(one for one in ratios() if one.kind == "lipid" and one.coated)
    assert np.median(coated.dose) < np.median(coated.influx)
    main()
    assert capsys.readouterr().out.count("\n") == len(CARRIERS) + 2
