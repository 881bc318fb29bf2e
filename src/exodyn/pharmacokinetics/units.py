"""The units in which data count amounts, volumes and time."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Units:
    """Doses are in `amount`, volumes of distribution in `volume`; weight-based ones end in /kg, both."""

    amount: str = "mg"
    volume: str = "L"
    time: str = "h"

    @property
    def concentration(self) -> str:
        return f"({self.amount}) / ({self.volume})"

    @property
    def flow(self) -> str:
        """Of clearances."""
        return f"({self.volume}) / ({self.time})"

    @property
    def rate(self) -> str:
        """Of first-order rate constants."""
        return f"1 / ({self.time})"
