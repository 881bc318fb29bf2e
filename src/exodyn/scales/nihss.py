"""NIHSS, 0-42 points, higher is worse: the bedside deficit, with a floor at recovery, without death.

Rater error: the intraclass correlation is 0.95 between neurologists, which with a spread of 7 points
between patients leaves an sd of 1.5 points; routine care has 3.6-4.0.
"""

from exodyn.scales.reading import SeverityScore

NIHSS = SeverityScore.of("NIHSS", "human")
