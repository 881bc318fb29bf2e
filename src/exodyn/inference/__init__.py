"""Inference: what data say of parameters, with any likelihood that gives its gradient.

The core (parameters, priors, objective, likelihoods, optimise, sample, profile, identifiability) knows no
study and no therapy; `exodyn.inference.study` fits a study's model to a user's data with it.
"""

from exodyn.inference.objective import Impossible, Objective, Posterior
from exodyn.inference.parameters import Free
from exodyn.inference.priors import Prior

__all__ = ["Free", "Impossible", "Objective", "Posterior", "Prior"]
