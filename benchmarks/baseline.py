"""Measure all that `exodyn bench` measures, show it, and keep the ratios in baseline.json.

    make bench

A change of speed then shows up in review as a change of a small file. Ratios, not times: they depend less on
the machine, which is named beside them.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from exodyn.bench import measure, show

BASELINE = Path(__file__).with_name("baseline.json")

result = measure(report=lambda message: print(message, file=sys.stderr))
show(result)
missing = [peer for peer in result["missing"] if peer != "AMICI"]  # that needs more than a package index
if missing:
    sys.exit(f"not kept: {', '.join(missing)} missing (pip install 'exodyn[bench]')")
host = result["host"]
kept = {
    "ratios": result["ratios"],
    "ranges": result["ranges"],
    "host": {key: host[key] for key in ("processor", "cpu", "vector_bits", "load", "versions")},
}
BASELINE.write_text(json.dumps(kept, indent=2) + "\n")
print(f"kept in {BASELINE}")
