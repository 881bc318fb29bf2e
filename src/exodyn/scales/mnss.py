"""mNSS, 0-18 points, higher is worse: motor, sensory, beam and reflex tests of a rodent.

No reliability and no numeric series of an untreated arm was read: rater error and course are assumed.
"""

from exodyn.evidence import parameters
from exodyn.scales.reading import SeverityScore

MNSS = SeverityScore.of("mNSS", parameters("mouse"))
