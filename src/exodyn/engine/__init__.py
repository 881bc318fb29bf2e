"""The ensemble engine: a flat model becomes vector code, one patient per lane.

It knows numbers and expressions, no biology. `Engine(model).run(parameters, times, doses)` is all of it.
"""

from exodyn.engine.course import time_course
from exodyn.engine.ensemble import Engine, EnsembleRun, IntegrationFailure
from exodyn.engine.schedule import Dose, Reset, Schedule

__all__ = ["Dose", "Engine", "EnsembleRun", "IntegrationFailure", "Reset", "Schedule", "time_course"]
