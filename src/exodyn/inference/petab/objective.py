"""The objective of a PEtab problem: log-likelihood and log prior at given parameters."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from exodyn.errors import InputError, MachineError
from exodyn.inference.objective import Impossible
from exodyn.inference.petab.lanes import plan
from exodyn.inference.petab.likelihood import Outcome, groups, likelihood
from exodyn.inference.petab.model import observed
from exodyn.inference.petab.problem import Problem, read_problem
from exodyn.inference.petab.simulate import Simulator

Floats = NDArray[np.float64]


class Compiled:
    """A problem made ready to be evaluated."""

    def __init__(self, problem: Problem, optimise: bool = False, threads: int = 1) -> None:
        self.problem = problem
        model = observed(problem)
        lanes = plan(problem, model)
        self.groups = groups(problem, model, lanes)
        self.simulator = Simulator(model, lanes, optimise, threads)

    def outcome(self, values: Floats) -> Outcome:
        """The likelihood for values of all parameters of the table. Raises Impossible."""
        parts = self.simulator.run(values)
        return likelihood(self.groups, parts, values, len(self.problem.measurements))
