"""Validation: published records beside what the model predicts for them, and how good that is.

`validate` predicts every record of a table; `predictors` holds the ways to predict, one file a family.
"""

from exodyn.validation.answers import (
    Answer,
    Given,
    Kind,
    Measure,
    Number,
    Predictor,
    Skipped,
    Statement,
)
from exodyn.validation.validate import Scored, scored, validate

__all__ = [
    "Answer",
    "Given",
    "Kind",
    "Measure",
    "Number",
    "Predictor",
    "Scored",
    "Skipped",
    "Statement",
    "scored",
    "validate",
]
