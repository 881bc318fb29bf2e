"""BBB, 0-21 points, higher is better: hind limb movement of a rat in the open field.

Made for rats: six experts disagreed when they used it on mice (Basso 2006); in mice it is read all the same
where a study did so, with twice the error. No reliability in rats was read: its error is assumed.
"""

from exodyn.evidence import parameters
from exodyn.scales.locomotion import LocomotorScore

BBB = LocomotorScore.of("BBB", parameters("rat"))
