"""Predictors, one file a family of records. The first in `PREDICTORS` that claims a record answers for it."""

from exodyn.validation.answers import Predictor
from exodyn.validation.predictors.biodistribution import BIODISTRIBUTION, KINETICS
from exodyn.validation.predictors.outcomes import OUTCOMES
from exodyn.validation.predictors.production import PRODUCTION
from exodyn.validation.predictors.ratios import RATIOS
from exodyn.validation.predictors.safety import SAFETY
from exodyn.validation.predictors.storage import STORAGE
from exodyn.validation.predictors.translation import TRANSLATION

PREDICTORS: tuple[Predictor, ...] = (
    SAFETY,
    OUTCOMES,
    STORAGE,
    TRANSLATION,
    BIODISTRIBUTION,
    RATIOS,
    PRODUCTION,
    KINETICS,
)

__all__ = ["PREDICTORS"]
