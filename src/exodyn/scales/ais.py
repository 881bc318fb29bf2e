"""AIS, the impairment grades of a cord injury: A complete (1) to E normal (5), here as numbers.

An ordinal reading of strength below the level and of sensation, as the standard defines it: D where half of
the muscles below the level act against gravity, C where any does, B where sensation is left at the last
sacral segments, A where nothing is, E where all is normal. Strength is the model's; sacral sensation is not,
so that whether a complete injury regains it is a hidden rank of the patient, read against a share that grows
with time. At the first examination the grade is the one that patients were put together by. Nobody truly
falls below it; but few of those graded C are called complete by later examiners, and any later reading may
slip by one grade.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from exodyn.evidence import ParameterRecord, parameters, scale_facts
from exodyn.scales.contract import Described, FloatArray

COMPLETE, SENSORY, MOTOR, USEFUL, NORMAL = 1.0, 2.0, 3.0, 4.0, 5.0
GRADES = ("A", "B", "C", "D", "E")
DAY = 1.0
"""Until so long after the first examination a reading is that examination."""


@dataclass(frozen=True)
class ImpairmentScale(Described):
    """The grades with what parts them; build it from parameters with `ImpairmentScale.of`.

    any_motion, half_strength: shares of the strength below the level from which a grade is C and D. normal:
    points short of full strength up to which it is E. sensory_share, sensory_time: share of complete injuries
    that regain sacral sensation in the end, and time constant. misgraded: share of C called complete later.
    slip: share of readings that are a grade off, half of them either way.
    """

    any_motion: float
    half_strength: float
    normal: float
    sensory_share: float
    sensory_time: float
    misgraded: float
    slip: float
    reads: tuple[str, ...] = field(
        default=("arms", "legs", "legs_below", "days", "ais", "exam", "sensory_rank", "grading_rank")
    )

    @classmethod
    def of(cls, known: Mapping[str, ParameterRecord]) -> ImpairmentScale:
        """The scale with the parameters whose names start with ``ais_``."""
        return cls(
            scale_facts("AIS"),
            any_motion=known["ais_any_motion"].value,
            half_strength=known["ais_half_strength"].value,
            normal=known["ais_normal"].value,
            sensory_share=known["ais_sensory_share"].value,
            sensory_time=known["ais_sensory_time"].value,
            misgraded=known["ais_misgraded"].value,
            slip=known["ais_slip"].value,
        )

    @property
    def levels(self) -> tuple[str, ...]:
        return GRADES

    def draws(self, visits: int) -> int:
        """One column for death, which this scale does not see, one for a slip at each visit."""
        return 1 + visits

    def observe(self, readouts: Mapping[str, FloatArray], uniforms: FloatArray) -> FloatArray:
        """Grades, float64[patients, visits]; see `Scale.observe`."""
        first = np.clip(np.round(readouts["ais"]), COMPLETE, USEFUL)
        regained = self.sensory_share * -np.expm1(-readouts["days"] / self.sensory_time)
        grade = np.where(readouts["sensory_rank"] < regained, SENSORY, COMPLETE)
        grade = np.where(readouts["legs_below"] >= self.any_motion, MOTOR, grade)
        grade = np.where(readouts["legs_below"] >= self.half_strength, USEFUL, grade)
        short = 100.0 - readouts["arms"] - readouts["legs"]
        grade = np.maximum(np.where(short <= self.normal, NORMAL, grade), first)
        called = (first == MOTOR) & (readouts["grading_rank"] < self.misgraded)
        lower, higher = uniforms[:, 1:] < self.slip / 2, uniforms[:, 1:] > 1 - self.slip / 2
        grade = np.clip(np.where(called, COMPLETE, grade) - lower + higher, COMPLETE, NORMAL)
        return np.where(readouts["days"] < readouts["exam"] + DAY, first, grade)


AIS = ImpairmentScale.of(parameters("human"))
