"""The ensemble engine: a flat model becomes vector code, one patient per lane.

It knows numbers and expressions, no biology. `Engine(model).run(parameters, times, doses)` is all of it.
"""

from exodyn.engine.course import time_course
from exodyn.engine.ensemble import Engine
from exodyn.engine.integrate import EnsembleRun, IntegrationFailure
from exodyn.engine.machine_code import Precision
from exodyn.engine.native import Host, this_host
from exodyn.engine.program import Program, build_program
from exodyn.engine.schedule import Dose, Reset, Schedule

__all__ = [
    "Dose",
    "Engine",
    "EnsembleRun",
    "Host",
    "IntegrationFailure",
    "Precision",
    "Program",
    "Reset",
    "Schedule",
    "build_program",
    "this_host",
    "time_course",
]
