"""The table of what decides: every indication and species is asked, and nothing is told that is not known."""

import numpy as np

from exodyn.calibration.decides import says, studies
from exodyn.indications import INDICATIONS
from exodyn.inference.sobol import Indices


def found(spread: float, total: float) -> Indices:
    ends = np.full((1, 2), np.nan)
    return Indices(("population.reserve.center",), np.ones(1), np.array([total]), ends, ends, spread)


def test_every_species_of_every_indication_is_asked() -> None:
    asked = studies()
    assert {(one.indication.name, one.species) for one in asked.values()} == {
        (one.name, species) for one in INDICATIONS.values() for species in one.species
    }
    patient = asked["spinal cord injury, human, AIS C, tetraplegia"].population
    centers = {one.name: one.center for one in patient.traits}
    assert (centers["ais"], centers["paraplegia"]) == (3, 0)


def test_what_is_said() -> None:
    assert says(found(1.0, 0.7)) == "reserve.center 0.70"
    assert says(found(0.0, 0.0)).startswith("nothing")
    assert says(found(1.0, 3.0)).startswith("a few samples")
