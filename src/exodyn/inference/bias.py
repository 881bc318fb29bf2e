"""How much flaws of a study enlarge its effect, as parameters whose priors are themselves evidence."""

from __future__ import annotations

import math

from exodyn.evidence import translation_priors
from exodyn.inference.parameters import Free
from exodyn.inference.priors import Prior

FLAWS = {
    "publication_bias": "log inflation of an effect that was not corrected for selective publication",
    "unblinded_bias": "log inflation where animals were not allocated or rated blindly",
    "unrandomised_bias": "log inflation where animals were not allocated at random",
}


def bias_parameters() -> dict[str, Free]:
    """A parameter for each flaw, by name, on the logarithm of the inflation.

    `exodyn.inference.likelihoods.studies` takes their sum over the flaws of each study. The priors are lines
    of ``evidence/data/translation/priors.csv``: with few studies they stay what other fields have measured.
    """
    facts = translation_priors()
    found = {}
    for name, meaning in FLAWS.items():
        fact = facts[name]
        # a lognormal inflation is a normal logarithm
        middle = math.log(fact.first) if fact.law == "lognormal" else fact.first
        prior = Prior("normal", middle, fact.second, source=" ".join(fact.records) or fact.note)
        reach = 5 * fact.second
        found[name] = Free(name, middle - reach, middle + reach, start=middle, prior=prior, meaning=meaning)
    return found
