"""Scales: how the clinic or the lab reads the tissue. One file a scale, its facts in evidence."""

from exodyn.evidence import parameters
from exodyn.scales.behaviour import BehaviourTest, behaviour_tests
from exodyn.scales.contract import FloatArray, Scale, dead
from exodyn.scales.mnss import MNSS, NSS, NSS_SWINE
from exodyn.scales.mrs import MRS, RankinScale
from exodyn.scales.nihss import NIHSS
from exodyn.scales.reading import SeverityScore

_ALL: tuple[Scale, ...] = (NIHSS, MRS, MNSS, NSS, NSS_SWINE, *behaviour_tests(parameters("mouse")))
SCALES = {scale.name: scale for scale in _ALL}

__all__ = [
    "MNSS",
    "MRS",
    "NIHSS",
    "SCALES",
    "BehaviourTest",
    "FloatArray",
    "RankinScale",
    "Scale",
    "SeverityScore",
    "behaviour_tests",
    "dead",
]
