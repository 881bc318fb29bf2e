"""BMS, 0-9 points, higher is better: hind limb movement of a mouse in the open field.

Raters agree with an intraclass correlation of 0.92 to 0.99, novices within half a point of experts (Basso
2006).
"""

from exodyn.evidence import parameters
from exodyn.scales.locomotion import LocomotorScore

BMS = LocomotorScore.of("BMS", parameters("mouse"))
