"""Quality control of batches: instrument files in, a description of each file and batch and a verdict out.

A specification (TOML) says how files form batches and what is asked of them; every run leaves a line in an
append-only record.
"""

from __future__ import annotations

from exodyn.product.quality.audit import Record, append, changes, read_record
from exodyn.product.quality.batches import ATTRIBUTES, Attribute, Batch, batches, check_names
from exodyn.product.quality.examine import GRID, FileReport, Sample, examine, examine_all, in_order
from exodyn.product.quality.sources import Sources, sources
from exodyn.product.quality.spec import UNITS, Limits, Patients, Spec
from exodyn.product.quality.trends import Comparability, Trend, compare, together, trend

__all__ = [
    "ATTRIBUTES",
    "GRID",
    "UNITS",
    "Attribute",
    "Batch",
    "Comparability",
    "FileReport",
    "Limits",
    "Patients",
    "Record",
    "Sample",
    "Sources",
    "Spec",
    "Trend",
    "append",
    "batches",
    "changes",
    "check_names",
    "compare",
    "examine",
    "examine_all",
    "in_order",
    "read_record",
    "sources",
    "together",
    "trend",
]
