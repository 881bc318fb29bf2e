"""Spins, membranes, columns: closed forms at the limits, mass balance, and what records report."""

from __future__ import annotations

import csv
import dataclasses
import math
from pathlib import Path

import numpy as np
import pytest

from exodyn.errors import InputError
from exodyn.product.process import centrifuge, columns, diffusion, filtration
from exodyn.product.process.chain import kept, processes, produce
from exodyn.product.process.feed import DIAMETERS, all_species, feed, table
from exodyn.product.process.steps import Draw, Filter, Gradient, SizeExclusion, Spin, TangentialFlow

VESICLE = all_species()["vesicle"]
PERFECT = (1.0, 1.0)


def draw(density: float = 1100.0, place: float = 0.5) -> Draw:
    return Draw(np.array([[place]]), dict.fromkeys(all_species(), np.array([[density]])))


@pytest.mark.parametrize("row", table("rotors.csv"), ids=lambda row: row["name"])
def test_k_factors_of_data_sheets(row):
    one = centrifuge.rotor(row["name"])
    k = centrifuge.k_factor(one.max_rpm, one.r_max, one.r_min)
    assert k == pytest.approx(float(row["sheet_k"]), abs=0.5)


# Livshits et al. 2015 (CC BY), tables 2 and 3: half an hour at 10,000 g at the mean radius, 1.15 g/mL in
# water of 1.55 mPa s; as carried by github.com/joadwe/ev-centrifugation-model, commit 25aae256.
PUBLISHED = list(csv.DictReader(Path(__file__).parents[2].joinpath("data/product/livshits2015.csv").open()))


@pytest.mark.parametrize("row", PUBLISHED, ids=lambda row: row["rotor"])
def test_published_pellets(row):
    one = centrifuge.rotor(row["rotor"])
    rpm = centrifuge.rpm_for(10_000, (one.r_min + one.r_max) / 2)
    sizes = np.array([150.0, 120.0, 100.0, 70.0])
    found = 100 * centrifuge.pelleted_in(one, sizes, 1150, 1000, 1.55e-3, rpm, 1800)
    assert found == pytest.approx([float(row[f"pelleted_{d:g}"]) for d in sizes], abs=1.0)
    # They round g and radii in between: 0.16% at most.
    k = centrifuge.k_factor(rpm, one.r_max, one.r_min)
    assert k == pytest.approx(float(row["k_10000g"]), rel=2e-3)
    if one.swings:
        cut = centrifuge.cut_off(1150, 1000, 1.55e-3, rpm, one.r_max, one.r_min, 1800)
        assert cut == pytest.approx(float(row["cut_off_nm"]), abs=1.0)


@pytest.mark.parametrize("name", ["Type 45 Ti", "SW 32 Ti"])
def test_limits_of_a_spin(name):
    one = centrifuge.rotor(name)
    ever = Spin(one, one.max_rpm, 1e7, recovered=PERFECT, fluid_left=(0, 0))
    assert ever.kept(VESICLE, draw()) == pytest.approx(1)
    never = dataclasses.replace(ever, minutes=0.0)
    assert never.kept(VESICLE, draw()) == pytest.approx(0)
    assert ever.kept(VESICLE, draw(density=ever.fluid)) == pytest.approx(0)
    assert ever.kept(VESICLE, draw(density=950)) == pytest.approx(0)


def test_pellet_and_supernatant_add_up():
    one = centrifuge.rotor("SW 32 Ti")
    pellet = Spin(one, 20_000, 60, recovered=PERFECT, fluid_left=(0, 0))
    rest = dataclasses.replace(pellet, keep="supernatant")
    both = pellet.kept(VESICLE, draw()) + rest.kept(VESICLE, draw())
    assert both == pytest.approx(1)


def test_all_above_the_cut_off_are_pelleted():
    one = centrifuge.rotor("SW 28")
    cut = centrifuge.cut_off(1150, 1005, 1.55e-3, 28_000, one.r_max, one.r_min, 7200)
    found = centrifuge.pelleted_in(one, np.array([0.99 * cut, 1.01 * cut]), 1150, 1005, 1.55e-3, 28_000, 7200)
    assert found[0] < 1 and found[1] == 1
    s = float(centrifuge.sedimentation(cut, 1150, 1005, 1.55e-3))
    assert centrifuge.clearing_time(s, centrifuge.k_factor(28_000, one.r_max, one.r_min)) == pytest.approx(2)


def test_a_short_path_pellets_more_than_the_radius_says():
    """In a fixed angle the path is the chord of the tube: adjusting by k alone fails (Livshits 2015)."""
    one = centrifuge.rotor("Type 45 Ti")
    s = centrifuge.sedimentation(np.array([60.0]), 1120, 1005, 1.55e-3)
    along = centrifuge.pelleted(s, 30_000, one.r_max, one.r_min, 3600)
    across = centrifuge.pelleted_fixed_angle(s, 30_000, one.r_max, one.r_min, 3600, one.angle, one.tube_mm)
    assert across[0] > along[0]


def test_force_and_speed_are_inverse():
    assert centrifuge.relative_force(centrifuge.rpm_for(1e5, 100), 100) == pytest.approx(1e5)
    with pytest.raises(InputError, match="did you mean 'SW 28'"):
        centrifuge.rotor("SW28")


def test_limits_of_a_membrane():
    tight = TangentialFlow(cutoff_kda=1e-6, recovered=PERFECT)
    assert tight.kept(VESICLE, draw()) == pytest.approx(1)  # nothing passes: nothing is lost
    open_pores = TangentialFlow(cutoff_kda=1e9, recovered=PERFECT, pore_gsd=1.0)
    assert open_pores.kept(VESICLE, draw())[0, 0] == pytest.approx(math.exp(-6) / 10, rel=0.05)
    assert filtration.sieving(7.0, 25.0) == pytest.approx(0.77, abs=0.02)  # PRD034, by which the pore was set
    assert filtration.renkin(0.0) == 1 and filtration.renkin(1.0) == 0
    assert filtration.sieving_from_left(float(filtration.diafiltration_left(0.3, 4)), 4) == pytest.approx(0.3)


def test_a_narrow_pore_distribution_is_one_pore():
    d = np.array([5.0, 15.0, 24.0])
    assert filtration.sieving(d, 25.0, 1.001) == pytest.approx(filtration.sieving(d, 25.0), abs=1e-3)


def test_limits_of_a_column():
    whole = SizeExclusion(start=0.0, end=10.0, load=0.0, recovered=PERFECT)
    assert whole.kept(VESICLE, draw()) == pytest.approx(1)
    assert columns.elution(0.0, 3, 9) == 3 and columns.elution(1.0, 3, 9) == 9
    assert columns.plates_from_half_width(10, 2.355 * columns.peak_sd(10, 400)) == pytest.approx(
        400, rel=1e-3
    )


def test_gradient_keeps_its_window():
    window = Gradient(recovered=PERFECT, width=1e-3)
    assert window.kept(VESICLE, draw(1100))[0] == pytest.approx(1)
    assert window.kept(VESICLE, draw(1040))[0] == pytest.approx(0)


def test_filter_takes_what_is_larger_than_its_pores():
    found = Filter(recovered=PERFECT).kept(VESICLE, draw())[0]
    assert found[DIAMETERS < 120] == pytest.approx(1, abs=1e-3) and found[-1] == pytest.approx(0, abs=1e-3)


def test_nothing_is_made():
    for name, steps in processes().items():
        for species in all_species().values():
            share = kept(steps, species, [draw(sum(species.density) / 2, 1.0)] * len(steps))
            assert np.all((share >= 0) & (share <= 1 + 1e-9)), name
    assert produce([Filter(recovered=PERFECT)], "medium").recovery["protein"] == pytest.approx(1)


def test_recorded_recoveries_lie_in_the_bands():
    """PRD032 to PRD035 (calibration): 20.6% by UC, 60.9% by ultrafiltration of one harvest; purity twice."""
    found = {name: produce(processes()[name], "medium") for name in ("UC", "TFF")}
    for name, reported in (("UC", 0.2059), ("TFF", 0.6088)):
        low, _, high = found[name].band(found[name].recovery["vesicle"])
        assert low < reported < high, name
    low, _, high = found["TFF"].band(found["TFF"].particles_per_ug / found["UC"].particles_per_ug)
    assert low < 2 < high


def test_kits_count_more_particles_than_spins_from_plasma():
    """PRD037, PRD038 (validation): 2 to 4 orders of magnitude, most of them no vesicles."""
    kits, spins = (produce(processes()[name], "plasma") for name in ("precipitation", "UC"))
    _, middle, _ = kits.band(np.log10(kits.counted / spins.counted))
    assert 2 < middle < 4
    assert np.median(kits.lipoproteins) > 10 * np.median(spins.lipoproteins)


def test_the_three_processes_are_ordered_as_the_field_finds():
    found = {name: produce(processes()[name], "serum_medium") for name in ("UC", "UC + SEC", "TFF + SEC")}
    yields = [np.median(found[name].recovery["vesicle"]) for name in found]
    purities = [np.median(found[name].particles_per_ug) for name in found]
    assert yields[2] > yields[0] and purities[0] < purities[1] < purities[2]


def test_feeds_name_known_species():
    for name in ("medium", "serum_medium", "plasma"):
        assert set(feed(name)) <= set(all_species())
    with pytest.raises(InputError, match="did you mean 'plasma'"):
        feed("plasm")


def test_diffusion_halves_with_twice_the_size():
    d = diffusion.diffusion_coefficient([50.0, 100.0])
    assert d[0] / d[1] == pytest.approx(2)
