"""Predictors, one file a family of records. The first in `PREDICTORS` that claims a record answers for it."""

from exodyn.validation.answers import Predictor
from exodyn.validation.predictors.outcomes import OUTCOMES

PREDICTORS: tuple[Predictor, ...] = (OUTCOMES,)

__all__ = ["PREDICTORS"]
