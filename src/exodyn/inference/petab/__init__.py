"""PEtab: parameter estimation problems of other programs, in and out."""

from exodyn.inference.petab.objective import Compiled
from exodyn.inference.petab.problem import Problem, read_problem

__all__ = ["Compiled", "Problem", "read_problem"]
