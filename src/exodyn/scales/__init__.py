"""Scales: how the clinic or the lab reads the tissue. One file a scale, its facts in evidence."""

from exodyn.evidence import parameters
from exodyn.scales.ais import AIS, ImpairmentScale
from exodyn.scales.barthel import BARTHEL, BarthelIndex
from exodyn.scales.bbb import BBB
from exodyn.scales.behaviour import BehaviourTest, behaviour_tests
from exodyn.scales.bms import BMS
from exodyn.scales.contract import FloatArray, Scale, dead
from exodyn.scales.fugl_meyer import FUGL_MEYER, FuglMeyerArm
from exodyn.scales.isncsci import LEMS, MOTOR, UEMS, MotorScore, motor_scores
from exodyn.scales.locomotion import LocomotorScore
from exodyn.scales.mnss import LONGA, MNSS, NSS, NSS_SWINE
from exodyn.scales.mrs import MRS, RankinScale
from exodyn.scales.nihss import NIHSS
from exodyn.scales.reading import SeverityScore

_ALL: tuple[Scale, ...] = (
    *(NIHSS, MRS, BARTHEL, FUGL_MEYER, MNSS, LONGA, NSS, NSS_SWINE),
    *behaviour_tests(parameters("mouse")),
    *(MOTOR, UEMS, LEMS, AIS, BBB, BMS),
)
SCALES = {scale.name: scale for scale in _ALL}

__all__ = [
    "AIS",
    "BARTHEL",
    "BBB",
    "BMS",
    "FUGL_MEYER",
    "LEMS",
    "LONGA",
    "MNSS",
    "MOTOR",
    "MRS",
    "NIHSS",
    "SCALES",
    "UEMS",
    "BarthelIndex",
    "BehaviourTest",
    "FloatArray",
    "FuglMeyerArm",
    "ImpairmentScale",
    "LocomotorScore",
    "MotorScore",
    "RankinScale",
    "Scale",
    "SeverityScore",
    "behaviour_tests",
    "dead",
    "motor_scores",
]
