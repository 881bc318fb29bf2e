"""Severity scores of animals: motor, sensory, beam and reflex tests, higher is worse.

mNSS 0-18 and Longa 0-4 of rodents, NSS 0-10 of head-injured mice, 0-32 of swine; all but the first take
the same share of their range as the mNSS (assumed). Two trained raters agree with a weighted kappa of 0.69
(Park 2016): with 1.5 points between animals that leaves an sd of 1 point.
"""

from exodyn.evidence import parameters
from exodyn.scales.reading import SeverityScore

MNSS = SeverityScore.of("mNSS", parameters("rat"))
NSS = SeverityScore.of("NSS", parameters("mouse"), rated_as="mNSS")
LONGA = SeverityScore.of("Longa", parameters("rat"), rated_as="mNSS")
NSS_SWINE = SeverityScore.of("NSS (swine)", parameters("pig", "traumatic_brain_injury"), rated_as="mNSS")
