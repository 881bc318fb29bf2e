"""What an instrument saw and what was there: light, detection, coincidence, broadening, and the way back."""

from __future__ import annotations

from exodyn.product.response.compare import Agreement, compare
from exodyn.product.response.detection import INSTRUMENTS, Instrument, instrument
from exodyn.product.response.linearity import Linearity, linearity
from exodyn.product.response.truth import Number, Window, true_number

__all__ = [
    "INSTRUMENTS",
    "Agreement",
    "Instrument",
    "Linearity",
    "Number",
    "Window",
    "compare",
    "instrument",
    "linearity",
    "true_number",
]
