"""What tells kinds of particles, labels and studies apart: few coefficients give a study's parameters.

    log uptake(liver)  = kind + coat + study
    log uptake(organ)  = log uptake(liver) + organ (+ organ of vesicles) + study's organ
    log k_wash, ...    = label + study

`study` is the difference between studies that nothing here explains: normal, with the sd of its name. The
coefficients stand in ``data/coefficients.csv`` with what was believed before any fit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from exodyn.delivery.disposition import ORGANS, PHAGOCYTIC
from exodyn.delivery.setting import Setting
from exodyn.delivery.words import lines
from exodyn.evidence import parameters

Floats = NDArray[np.float64]

STUDY = (
    "clearance",
    "spleen",
    "lung",
    "kidney",
    "brain",
    "rest",
    "release",
    "wash",
    "retained",
    "excrete",
    "blood_left",
    "capacity",
    "background",
    "dye_wash",
    "dye_loose",
)
"""What differs between studies that the setting does not explain."""

SCALED: Mapping[str, str] = {
    **{f"{organ}_uptake": "log" for organ in ORGANS},
    **{f"{organ}_size_exponent": "linear" for organ in ("liver", "spleen", "lung", "kidney", "brain")},
    "k_release": "log",
    "k_blood": "log",
    "retained": "logit",
    "k_wash": "log",
    "free_space": "log",
    "k_excrete": "log",
    "loose": "logit",
    "liver_macrophage_share": "logit",
    "spleen_macrophage_share": "logit",
    "capacity": "log",
    "k_recover": "log",
    "uptake_exponent": "linear",
    "blood_left": "log",
    "background": "log",
}
"""Parameter of a lane -> the scale on which coefficients add."""
LIT = ("dye", "enzyme")
"""Labels seen by light, which tissue gives of its own and which images seldom subtract: as much as the
smallest amount that the label shows, by a factor that is fitted.
"""
NO_LIGHT = 1e-12
"""Percent of the dose per gram that stands for none: counters subtract what they count without a source."""
IODOTYROSINE = 5.0
"""1/d: what is left of iodinated protein leaves the lysosome within hours (assumed), on a solid it stays for
weeks (graphene, Yang 2011).
"""
NAMES = tuple(SCALED)
_AT = {name: i for i, name in enumerate(NAMES)}


@dataclass(frozen=True)
class Coefficient:
    """A coefficient, and what was believed of it before the fit: normal with this mean and sd."""

    name: str
    mean: float
    sd: float


@cache
def coefficients() -> tuple[Coefficient, ...]:
    """All coefficients, in the order of their file."""
    return tuple(Coefficient(c["name"], float(c["mean"]), float(c["sd"])) for c in lines("coefficients"))


@cache
def design(setting: Setting) -> tuple[Floats, Floats, Floats]:
    """How the parameters of a setting follow from coefficients and study: (constant, A, B).

    scaled parameters = constant + A @ coefficients + B @ study; float64[parameters], [parameters,
    coefficients], [parameters, study].
    """
    place = {c.name: k for k, c in enumerate(coefficients())}
    constant = np.zeros(len(NAMES))
    A = np.zeros((len(NAMES), len(place)))
    B = np.zeros((len(NAMES), len(STUDY)))

    def add(parameter: str, *names: str) -> None:
        for name in names:
            if name in place:
                A[_AT[parameter], place[name]] += 1.0

    def differ(parameter: str, what: str) -> None:
        B[_AT[parameter], STUDY.index(what)] += 1.0

    kind = setting.kind
    for organ in ORGANS:
        uptake = f"{organ}_uptake"
        add(uptake, kind, *(("coat", f"coat_{kind}") if setting.coated else ()))
        differ(uptake, "clearance")
        if organ != "liver":
            like = {"cord": "brain", "rest": "muscle"}.get(organ, organ)
            add(uptake, like, *((f"{like}_vesicle",) if kind == "vesicle" else ()))
            own = {"gut": "rest", "muscle": "rest", "cord": "brain"}.get(organ, organ)
            differ(uptake, own)
    for organ in ("liver", "spleen", "lung", "kidney", "brain"):
        add(f"{organ}_size_exponent", f"size_{organ}")
    add("k_release", "release")
    differ("k_release", "release")
    add("k_blood", "breakdown", f"breakdown_{kind}")
    for organ in PHAGOCYTIC:
        share = parameters(setting.species)[f"{organ}_macrophage_share"].value
        constant[_AT[f"{organ}_macrophage_share"]] = logit(share)
        add(f"{organ}_macrophage_share", "macrophage_share")
    add("capacity", "capacity")
    differ("capacity", "capacity")
    add("k_recover", "recovery")
    add("uptake_exponent", "exponent")
    add("blood_left", "blood_left")
    differ("blood_left", "blood_left")
    label = next(line for line in lines("labels") if line["label"] == setting.label)
    for name in ("retained", "k_wash", "free_space", "k_excrete", "loose"):
        value = float(label[name])
        constant[_AT[name]] = logit(value) if SCALED[name] == "logit" else np.log(value)
    add("retained", f"retained_{setting.label}")
    if setting.label == "iodine" and kind != "solid":
        constant[_AT["k_wash"]] = np.log(IODOTYROSINE)
    else:
        add("k_wash", f"wash_{setting.label}")
    add("loose", f"loose_{setting.label}")
    lit = setting.label in LIT
    constant[_AT["background"]] = np.log(float(label["limit"]) if lit else NO_LIGHT)
    if lit:
        add("background", "background")
        differ("background", "background")
    dye = setting.label == "dye"  # what comes off a vesicle, and when, depends on the dye and its clean-up
    if dye:
        differ("loose", "dye_loose")
    differ("k_wash", "dye_wash" if dye else "wash")
    differ("retained", "retained")
    differ("k_excrete", "excrete")
    add("k_excrete", f"excrete_{setting.label}")
    return constant, A, B


def natural(scaled: Floats) -> dict[str, Floats]:
    """Parameters in their units from scaled ones, float64[lanes, parameters], within what is possible."""
    found = {}
    for name, scale in SCALED.items():
        column = scaled[:, _AT[name]]
        if scale == "log":
            found[name] = np.exp(np.clip(column, -25.0, 16.0))
        else:
            found[name] = expit(column) if scale == "logit" else np.clip(column, -4.0, 4.0)
    return found
