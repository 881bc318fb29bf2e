"""NIHSS, 0-42 points, higher is worse: the bedside deficit, with a floor at recovery, without death.

Rater error: an intraclass correlation of 0.95 between neurologists and a spread of 7 points between
patients would leave an sd of 1.5 points; both are assumed.
"""

from exodyn.evidence import parameters
from exodyn.scales.reading import SeverityScore

NIHSS = SeverityScore.of("NIHSS", parameters("human"))
