"""Spread in tissue: a point source, uptake, and what is left."""

import numpy as np
import pytest

from exodyn.delivery.tissue import sphere
from exodyn.engine import Dose, Engine, Schedule

DAY = 86_400.0
D = 2.578125e-8 * DAY  # cm2/d: 6.6 um2/s over 1.6^2
HOUR = 1 / 24


def course(shells: int, k: float, times: list[float]) -> tuple[np.ndarray, np.ndarray, float]:
    """Middles of shells (cm), amounts per mL of tissue [times, shells] of a unit dose, worst balance."""
    model = sphere(0.08, shells)
    outputs = [f"shell_{i}_amount" for i in range(1, shells + 1)]
    engine = Engine(model, outputs=[*outputs, "outside", "cleared"])
    own = {name: 6.6e-8 * DAY for name in engine.parameters if name.endswith("diffusivity")}
    own |= {name: k for name in engine.parameters if name.endswith("k_uptake")}
    doses = Schedule([Dose(state="shell_1_amount", amount=1.0)])
    values = engine.run(own, patients=1, times=times, doses=doses, rtol=1e-7, atol=1e-14).values[0]
    edges = np.linspace(0, 0.08, shells + 1)
    volumes = 4 / 3 * np.pi * np.diff(edges**3)
    return (
        (edges[1:] + edges[:-1]) / 2,
        values[:, :shells] / volumes,
        float(abs(values.sum(axis=1) - 1).max()),
    )


def exact(r: np.ndarray, t: float, k: float) -> np.ndarray:
    """A point source in endless tissue, per volume of tissue."""
    return np.exp(-(r**2) / (4 * D * t) - k * t) / (4 * np.pi * D * t) ** 1.5


def test_a_point_source_spreads_as_the_closed_form_and_the_error_falls_with_the_square_of_the_step() -> None:
    errors = []
    for shells in (40, 80):
        r, found, balance = course(shells, 0.0, [HOUR])
        near = r < 0.03
        errors.append(np.abs(found[0] / exact(r, HOUR, 0.0) - 1)[near].max())
        assert balance < 1e-8
    assert errors[1] < 0.03
    assert errors[0] / errors[1] == pytest.approx(4, rel=0.3)


def test_the_known_answer_of_the_dossier() -> None:
    """Volume fraction 0.2, 100 um, 1 h: 9.58879035e-08 of the dose per um3 of fluid."""
    assert exact(np.array([0.01]), HOUR, 0.0)[0] / 0.2 * 1e-12 == pytest.approx(9.58879035e-8, rel=1e-6)
    r, found, _ = course(80, 0.0, [HOUR])
    at = np.interp(0.01, r, np.log(found[0]))
    assert np.exp(at) / 0.2 * 1e-12 == pytest.approx(9.58879035e-8, rel=0.01)


def test_uptake_by_cells_takes_the_same_share_everywhere() -> None:
    _, with_loss, balance = course(40, 7.2, [HOUR])
    _, without, _ = course(40, 0.0, [HOUR])
    assert (with_loss / without)[0][:20] == pytest.approx(np.full(20, np.exp(-7.2 * HOUR)), rel=1e-5)
    assert balance < 1e-8


@pytest.mark.parametrize(("radius", "shells"), [(0.0, 10), (-1.0, 10), (float("nan"), 10), (0.1, 2)])
def test_what_is_no_sphere_is_refused(radius: float, shells: int) -> None:
    with pytest.raises(ValueError, match="expected more than 0 cm"):
        sphere(radius, shells)
