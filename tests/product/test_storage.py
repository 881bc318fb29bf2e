"""Storage: the wall by diffusion alone, what was measured, and the directions that papers report."""

import math

import pytest

from exodyn.errors import InputError
from exodyn.evidence import is_validation, record, records, storage_numbers
from exodyn.product.storage import Storage, kept, viscosity, wall_share

TWO_DAYS = Storage(temperature_c=4, days=2)


def test_the_wall_takes_what_was_measured_without_a_fit() -> None:
    """Half of the particles were lost in two days, two thirds of that to the wall (Evtushenko 2020)."""
    loss, share = record("STO001").value, record("STO002").value
    assert loss is not None and share is not None
    assert wall_share(TWO_DAYS) == pytest.approx(loss / 100 * share, abs=0.05)
    found = kept(TWO_DAYS)
    assert 1 - found.particles.median == pytest.approx(loss / 100, abs=0.06)


def test_where_the_wall_is_blocked() -> None:
    for storage, low, high in (
        (Storage(4, 2, wall="low-binding"), "STO003", "STO004"),
        (Storage(4, 2, medium="protein"), "STO005", "STO005"),
    ):
        lost = 100 * (1 - kept(storage).particles.median)
        least, most = record(low).value, record(high).value
        assert least is not None and most is not None
        assert least - 1.5 <= lost <= most + 1.5


def test_limits() -> None:
    assert kept(Storage(4, 0)).particles.median == 1
    assert wall_share(Storage(4, 1e9)) == pytest.approx(1)
    assert wall_share(Storage(-80, 1000)) == 0
    early = wall_share(Storage(4, 1e-4))
    assert wall_share(Storage(4, 4e-4)) == pytest.approx(2 * early, rel=0.01)  # the square root of time
    assert wall_share(Storage(4, 1e-4, diameter_nm=440)) == pytest.approx(early / 2, rel=0.01)
    assert viscosity(298.15) == pytest.approx(0.89e-3, rel=0.01)


def test_warmer_longer_and_more_thaws_leave_less() -> None:
    def left(**changes: float) -> float:
        return kept(Storage(**({"temperature_c": 4, "days": 3, "freeze_thaws": 0} | changes))).function.median  # type: ignore[arg-type]

    assert left(temperature_c=20) < left() < left(days=1)
    assert left(freeze_thaws=3) < left(freeze_thaws=1) < left()
    assert (
        left(temperature_c=-80, days=28) > left(temperature_c=-20, days=28) > left(temperature_c=4, days=28)
    )


def test_function_never_outlives_the_particles() -> None:
    for storage in (
        TWO_DAYS,
        Storage(-20, 100, 2),
        Storage(20, 1, dried=True),
        Storage(37, 30, medium="protein"),
    ):
        found = kept(storage)
        for share in (found.particles, found.cargo, found.function):
            assert 0 <= share.lo90 <= share.median <= share.hi90 <= 1
        assert (
            found.function.median <= found.particles.median and found.cargo.median <= found.particles.median
        )


def test_no_study_that_is_held_back_steers_it() -> None:
    for one in storage_numbers().values():
        assert not any(is_validation(record(id)) for id in one.records), one.symbol


def test_directions_of_the_papers_held_back() -> None:
    """Number and function of neutrophil vesicles kept in four ways (Lorincz 2014); docs/storage.md."""
    right = []
    for one in records("storage"):
        analyte = one.fields["analyte"]
        if one.study != "Lorincz2014" or analyte == "size":
            continue
        celsius, days = float(one.fields["temperature_c"]), float(one.fields["time_days"])
        # A preparation that is kept above freezing is not thawed between.
        thaws = int(one.fields["freeze_thaw_cycles"]) if celsius < 0 else 0
        storage = Storage(celsius, days, thaws)
        found = kept(storage)
        share = found.function if "effect" in analyte else found.particles
        # A loss that the band shows, against no loss beyond it.
        falls = share.hi90 < 0.99
        right.append((one.id, falls == (one.fields["direction"] == "decrease")))
    assert len(right) == 8
    assert {id for id, agrees in right if not agrees} == {"STO010", "STO013"}  # thaws: see the page


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"days": -1.0}, "days"),
        ({"days": math.nan}, "days"),
        ({"temperature_c": 400.0}, "temperature_c"),
        ({"medium": "salin"}, "did you mean 'saline'"),
        ({"wall": "glass"}, "valid are"),
        ({"volume_ml": 0.0}, "volume_ml"),
    ],
)
def test_what_is_refused(changes: dict[str, object], why: str) -> None:
    with pytest.raises(InputError, match=why):
        Storage(**({"temperature_c": 4.0, "days": 1.0} | changes))  # type: ignore[arg-type]
