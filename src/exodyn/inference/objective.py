"""What is maximised and sampled: the log posterior density of the scaled parameters, with its gradient."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from exodyn.inference.parameters import Free, derivatives, log_prior, values

Floats = NDArray[np.float64]


class Impossible(Exception):  # noqa: N818, a state of the model, not a fault
    """A likelihood cannot be computed at these parameters; the message is the reason, in few words."""


class Objective(Protocol):
    """Log posterior density (likelihood + prior) on the scaled parameters x, float64[parameters].

    -inf where it cannot be computed or is zero. Calls from several threads must be safe.
    """

    @property
    def free(self) -> tuple[Free, ...]:
        """The parameters, in the order of x."""
        ...

    def __call__(self, x: Floats, /) -> float:
        """The log density."""
        ...

    def gradient(self, x: Floats, /) -> tuple[float, Floats]:
        """The log density and its gradient by x, float64[parameters]; zeros where the density is zero."""
        ...


@runtime_checkable
class Informed(Objective, Protocol):
    """An objective that also knows the Fisher information of its data, which a search takes as curvature."""

    def information(self, x: Floats, /) -> tuple[float, Floats, Floats]:
        """The log density, its gradient, and the information f64[parameters, parameters], never negative."""
        ...


Likelihood = Callable[[Floats], tuple[float, Floats]]
"""From values (not scaled) to the log likelihood and its gradient by values; may raise `Impossible`."""


@dataclass(frozen=True)
class Posterior:
    """The objective of a likelihood and the priors of its parameters.

    refused: how often the likelihood could not be computed, by reason.
    """

    free: tuple[Free, ...]
    likelihood: Likelihood
    refused: Counter[str] = field(default_factory=Counter, compare=False)

    def __call__(self, x: Floats) -> float:
        """The log density."""
        return self.gradient(x)[0]

    def gradient(self, x: Floats) -> tuple[float, Floats]:
        """The log density and its gradient by x."""
        x = np.asarray(x, dtype=np.float64)
        nothing = -math.inf, np.zeros(len(self.free))
        prior, prior_slope = log_prior(self.free, x)
        if not math.isfinite(prior):
            return nothing
        try:
            fit, slope = self.likelihood(values(self.free, x))
        except Impossible as reason:
            self.refused[str(reason)] += 1
            return nothing
        if not (math.isfinite(fit) and np.all(np.isfinite(slope))):
            self.refused["the likelihood is not a finite number"] += 1
            return nothing
        return fit + prior, slope * derivatives(self.free, x) + prior_slope

    def log_likelihood(self, x: Floats) -> float:
        """The likelihood alone; raises `Impossible`."""
        return self.likelihood(values(self.free, np.asarray(x, dtype=np.float64)))[0]
