"""PEtab: parameter estimation problems of other programs, in and out."""

from exodyn.inference.petab.objective import Compiled, evaluate
from exodyn.inference.petab.problem import Problem
from exodyn.inference.petab.read import read_problem

__all__ = ["Compiled", "Problem", "evaluate", "read_problem"]
