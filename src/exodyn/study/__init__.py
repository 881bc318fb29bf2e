"""Studies: arms, virtual patients and visits, run into results that can be repeated to the last bit.

`Study.load(path)` reads a study file, `Study.run` runs it in memory, `run_into` into a directory.
"""

from exodyn.study.directory import check_free, differences
from exodyn.study.protocol import Arm, Dosing, Override
from exodyn.study.result import Result, ScaleResult
from exodyn.study.run import cost, run, run_into
from exodyn.study.study import Study

__all__ = [
    "Arm",
    "Dosing",
    "Override",
    "Result",
    "ScaleResult",
    "Study",
    "check_free",
    "cost",
    "differences",
    "run",
    "run_into",
]
