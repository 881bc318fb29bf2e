"""From animal to man: what therapies with both results teach about the next one.

Research use only. A model prediction, not medical advice.
"""

from exodyn.translation.bridge import Bridge, learn
from exodyn.translation.carry_over import carry_over
from exodyn.translation.effects import Effect, NoEffectError, effect_of
from exodyn.translation.predict import Ends, HumanPrediction, predict, predict_end

__all__ = [
    "Bridge",
    "Effect",
    "Ends",
    "HumanPrediction",
    "NoEffectError",
    "carry_over",
    "effect_of",
    "learn",
    "predict",
    "predict_end",
]
