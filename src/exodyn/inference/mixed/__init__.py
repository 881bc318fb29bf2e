"""Nonlinear mixed effects: what individual data say of a population, by the likelihood of pharmacometrics.

Event tables (`event_table`), models with variation between subjects (`model`, `residual`; written as TOML,
`model_file`), their likelihood over the engine (`lanes`, `likelihood`), the fit and its predictive checks.
"""

from exodyn.inference.mixed.event_reader import is_event_table, read_event_table
from exodyn.inference.mixed.event_table import EventTable
from exodyn.inference.mixed.likelihood import MixedLikelihood
from exodyn.inference.mixed.model import Correlated, Dosing, Individual, MixedModel, correlated
from exodyn.inference.mixed.model_file import ModelFile, read_model
from exodyn.inference.mixed.residual import ResidualError

__all__ = [
    "Correlated",
    "Dosing",
    "EventTable",
    "Individual",
    "MixedLikelihood",
    "MixedModel",
    "ModelFile",
    "ResidualError",
    "correlated",
    "is_event_table",
    "read_event_table",
    "read_model",
]
