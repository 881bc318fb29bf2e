"""Studies: arms, virtual patients and visits, run into results that can be repeated to the last bit.

`Study.load(path)` reads a study file, `Study.run` runs it in memory, `run_into` into a directory.
"""

from exodyn.study.accuracy import accuracy_warnings
from exodyn.study.batch_effect import BatchEffect, batch_effect
from exodyn.study.compare import Comparison, compare
from exodyn.study.directory import check_free
from exodyn.study.document import schema
from exodyn.study.protocol import Arm, Dosing, Override
from exodyn.study.result import Result, ScaleResult
from exodyn.study.run import check_space, cost, run, run_into
from exodyn.study.standalone import joint, standalone
from exodyn.study.starter import starter
from exodyn.study.study import Study

__all__ = [
    "Arm",
    "BatchEffect",
    "Comparison",
    "Dosing",
    "Override",
    "Result",
    "ScaleResult",
    "Study",
    "accuracy_warnings",
    "batch_effect",
    "check_free",
    "check_space",
    "compare",
    "cost",
    "joint",
    "run",
    "run_into",
    "schema",
    "standalone",
    "starter",
]
