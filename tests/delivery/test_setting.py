"""The words of a table of biodistribution: what they stand for, and what they refuse."""

import pytest

from exodyn.delivery.places import place_of
from exodyn.delivery.setting import Setting, described
from exodyn.delivery.unread import UnreadError
from exodyn.delivery.words import find, find_first_said, lines
from exodyn.product.dose import ratio_band

SAID = {
    "vesicle_source": "MSC",
    "label": "DiR",
    "health": "healthy",
    "size_nm": "",
    "dose_value": "",
    "dose_unit": "",
}


def of(species: str = "mouse", route: str = "iv", **said: str) -> Setting:
    found = described(SAID | said, species, route)
    assert isinstance(found, Setting)
    return found


@pytest.mark.parametrize(
    ("source", "kind", "coated"),
    [
        ("MSC", "vesicle", False),
        ("HEK293T exosomes loaded into liposome-fused vesicles", "vesicle", False),
        ("PEG-liposome (comparator)", "lipid", True),
        ("lipid nanoparticle, mRNA (comparator)", "lnp", False),
        ("PLGA nanoparticle (comparator)", "polymer", False),
        ("none: synthetic, gold nanorods, PEG", "solid", True),
        ("silver nanoparticle (comparator)", "solid", False),
        ("chimeric CD47-CD63 small EVs", "vesicle", False),
        ("MSC exosomes labelled with gold nanoparticles", "vesicle", False),
        ("citrate gold nanoparticles", "solid", False),
        ("DSPC/cholesterol SUV (comparator)", "lipid", False),
        ("small unilamellar vesicles", "lipid", False),
        ("IgG-coated LNP-mRNA (comparator)", "lnp", False),
        ("erythrocyte membrane-coated PLGA nanoparticles", "polymer", False),
        ("unmodified exosomes (comparator)", "vesicle", False),
    ],
)
def test_kinds_of_particles(source: str, kind: str, coated: bool) -> None:
    found = of(vesicle_source=source)
    assert (found.kind, found.coated) == (kind, coated)


def test_a_cell_is_no_particle() -> None:
    found = described(SAID | {"vesicle_source": "MSC cells (comparator, not EV)"}, "mouse", "iv")
    assert isinstance(found, str) and "cell" in found


@pytest.mark.parametrize("source", ["AAV9", "HDL lipoprotein", "naked siRNA", "free DiR", "MSCs (cells)"])
def test_what_is_no_particle_of_the_model(source: str) -> None:
    assert isinstance(described(SAID | {"vesicle_source": source}, "mouse", "iv"), str)


def test_a_comparator_of_no_known_kind_is_refused() -> None:
    found = described(SAID | {"vesicle_source": "thing X (comparator)"}, "mouse", "iv")
    assert isinstance(found, str) and "what kind of particle" in found


@pytest.mark.parametrize("route", ["by post", "i.t."])
def test_a_route_that_is_not_understood_is_no_vein(route: str) -> None:
    found = described(SAID, "mouse", route)
    assert isinstance(found, str) and "not known which" in found


def test_an_animal_without_physiology_is_refused_with_those_that_have_one() -> None:
    found = described(SAID, "turtle", "iv")
    assert isinstance(found, str) and "macaque" in found


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("111In-DTPA (also DiR, NanoLuc)", "residualising"),
        ("glucose-coated 5 nm gold (CT)", "metal_core"),
        ("89Zr", "residualising"),
        ("PKH26 / PKH67", "dye"),
        ("DiI", "dye"),
        ("radioiodine", "iodine"),
        ("glucose", "unstated"),
        ("", "unstated"),
        ("something nobody has heard of", "unstated"),
    ],
)
def test_the_first_label_said_counts(label: str, name: str) -> None:
    assert find_first_said("labels", label)["label"] == name


def test_doses_become_particles() -> None:
    assert of(dose_value="2e10", dose_unit="particles").particles == 2e10
    same = [
        of(dose_value=v, dose_unit=u).particles
        for v, u in (
            ("8e11", "exosomes/kg"),
            ("8e8", "particles/g body weight"),
            ("20", "1e9 EVs"),
        )
    ]
    assert same == pytest.approx([2e10] * len(same))
    by_protein = [
        of(dose_value=v, dose_unit=u).particles
        for v, u in (("10", "ug protein"), ("10", "\u00b5g EV protein"), ("0.4", "mg/kg"))
    ]
    assert by_protein == pytest.approx([10 * ratio_band("per_ug").median] * 3)
    tenfold = [
        of(dose_value=v, dose_unit="mg/kg", vesicle_source="PLGA nanoparticle (comparator)")
        for v in ("1", "10")
    ]
    assert tenfold[1].particles == pytest.approx(10 * tenfold[0].particles)
    # 1 mg/kg in 25 g of 100 nm spheres of 1.2 g/mL
    assert tenfold[0].particles == pytest.approx(25e-6 / (5.236e-16 * 1.2), rel=1e-3)


@pytest.mark.parametrize("dose", ["-3", "0", "many", "1e400", ""])
def test_a_dose_that_is_none_is_assumed(dose: str) -> None:
    assert "dose not stated" in of(dose_value=dose, dose_unit="mg/kg").assumed[-1]


@pytest.mark.parametrize(
    ("organ", "place"),
    [
        ("liver", "liver"),
        ("heart", "muscle"),
        ("hippocampus", "brain"),
        ("large intestine", "gut"),
        ("femur", "marrow"),
        ("Blood", "blood"),
        ("renal cortex", "kidney"),
        ("left ventricle of the heart", "muscle"),
        ("uninjured spinal cord", "cord"),
        ("contralateral hemisphere", "brain"),
    ],
)
def test_places(organ: str, place: str) -> None:
    assert place_of(organ) == place


@pytest.mark.parametrize(
    "organ", ["", "philtrum", "liver macrophages", "nasal cavity", "ipsilateral hemisphere"]
)
def test_places_that_the_model_does_not_have(organ: str) -> None:
    with pytest.raises(UnreadError):
        place_of(organ)


@pytest.mark.parametrize("name", ["particles", "labels", "organs", "holders", "contrasts"])
def test_every_line_can_be_found(name: str) -> None:
    """No word of a line is hidden behind an earlier line (a comma in the file would shift cells)."""
    assert all(None not in line and None not in line.values() for line in lines(name))
    if name in ("organs", "particles"):
        for line in lines(name):
            for word in line["words"].split("|"):
                assert find(name, word) is not None, word
