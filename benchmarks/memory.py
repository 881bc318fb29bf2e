"""Peak memory of a large study of which only the summary is kept.

    python benchmarks/memory.py [PATIENTS]

Runs `exodyn run examples/stroke.toml --keep summary` in a process of its own and reports that process's peak.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

STUDY = Path(__file__).resolve().parents[1] / "examples" / "stroke.toml"

patients = sys.argv[1] if len(sys.argv) > 1 else "100000"
with tempfile.TemporaryDirectory() as folder:
    command = [sys.executable, "-m", "exodyn", "run", str(STUDY), "--patients", patients]
    began = time.perf_counter()
    subprocess.run([*command, "--keep", "summary", "-o", str(Path(folder, "run"))], check=True)
    seconds = time.perf_counter() - began
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss  # in kB on Linux
print(f"{patients} patients: {peak / 1e6:.2f} GB at most, {seconds:.0f} s")
