"""Likelihoods of what the literature and users print, each with its derivatives by what the model predicts.

individual: readings of single subjects, censored ones too. summary: means, SDs, percent changes. difference:
standardised mean differences. counts: proportions and ordinal tables. event: times to an event. direction:
scored only. studies: variation and bias between studies.
"""

from exodyn.inference.likelihoods.counts import binomial, multinomial
from exodyn.inference.likelihoods.density import Density
from exodyn.inference.likelihoods.difference import standardised
from exodyn.inference.likelihoods.direction import DirectionScore, direction
from exodyn.inference.likelihoods.event import event, event_between
from exodyn.inference.likelihoods.individual import combined, lognormal, normal
from exodyn.inference.likelihoods.studies import studies
from exodyn.inference.likelihoods.summary import mean_and_sd, mean_with_error, percent_change, sd_of

__all__ = [
    "Density",
    "DirectionScore",
    "binomial",
    "combined",
    "direction",
    "event",
    "event_between",
    "lognormal",
    "mean_and_sd",
    "mean_with_error",
    "multinomial",
    "normal",
    "percent_change",
    "sd_of",
    "standardised",
    "studies",
]
