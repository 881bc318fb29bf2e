"""Scales: how the clinic or the lab reads the tissue. One file a scale, its facts in evidence."""

from exodyn.scales.contract import FloatArray, Scale, dead
from exodyn.scales.mnss import MNSS
from exodyn.scales.mrs import MRS, RankinScale
from exodyn.scales.nihss import NIHSS
from exodyn.scales.reading import SeverityScore

SCALES: dict[str, Scale] = {scale.name: scale for scale in (NIHSS, MRS, MNSS)}

__all__ = ["MNSS", "MRS", "NIHSS", "SCALES", "FloatArray", "RankinScale", "Scale", "SeverityScore", "dead"]
