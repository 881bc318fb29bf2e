"""What was given is in the body or broken down: to 1e-8, whatever is given to whom."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exodyn.engine import Dose, Engine, Schedule
from exodyn.indications import get_indication

SPECIES = ("human", "mouse")
ENGINES: dict[str, Engine] = {}


def engine(species: str) -> Engine:
    if species not in ENGINES:
        model = get_indication("stroke").model(species, "adipose_msc_exosomes", "intravenous")
        outputs = ["particles_accounted", "particles_in_body", "degraded"]
        ENGINES[species] = Engine(model, outputs=outputs, inputs=["blood"])
    return ENGINES[species]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    species=st.sampled_from(SPECIES),
    amounts=st.lists(st.floats(-3, 5), min_size=1, max_size=4),
    hours=st.floats(0, 200),
    infused=st.booleans(),
    rtol=st.sampled_from([1e-2, 1e-3, 1e-5]),
    scale=st.floats(-1, 1),
)
def test_particles_are_conserved(
    species: str, amounts: list[float], hours: float, infused: bool, rtol: float, scale: float
) -> None:
    """Doses from 1e6 to 1e14 particles, bolus or infusion, with uptake moved tenfold either way."""
    ours = engine(species)
    doses = [
        Dose(state="blood", amount=10.0**a, time=1.0 + i * hours / 24, duration=0.04 if infused else None)
        for i, a in enumerate(amounts)
    ]
    moved = {
        name: ours.defaults[ours.parameters.index(name)] * 10**scale
        for name in (
            "liver_uptake",
            "liver_capacity",
            "liver_k_release",
            "spleen_uptake",
            "ki_leak",
        )
    }
    times = np.array([0.5, 1.01, 1.3, 3.0, 30.0, 60.0])
    run = ours.run(moved, patients=1, times=times, doses=Schedule(doses), rtol=rtol)
    assert not run.failures
    duration = 0.04 if infused else 0.0
    given_so_far = [
        sum(
            d.amount * (np.clip((t - d.time) / duration, 0, 1) if duration else float(t >= d.time))
            for d in doses
        )
        for t in times
    ]
    total = sum(d.amount for d in doses)
    assert run.values[0, :, 0] == pytest.approx(given_so_far, rel=1e-8, abs=1e-8 * total)
    assert run.values[0, -1, 2] == pytest.approx(total, rel=1e-6)
