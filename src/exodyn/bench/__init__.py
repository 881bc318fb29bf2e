"""How fast this engine is beside other programs, at the error that each achieves, on the machine at hand.

One problem, programs, matching, and what `exodyn bench` prints. The peers are optional: `exodyn[bench]`.
"""

from exodyn.bench.measurement import PEERS, measure
from exodyn.bench.table import show

__all__ = ["PEERS", "measure", "show"]
