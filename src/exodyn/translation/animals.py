"""The animal side: how much better treated animals do, once what inflates such numbers is taken off."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from exodyn.evidence import Record, benefit_sign, measure_of, scale_spread

Floats = NDArray[np.float64]

USUAL_BLINDED, USUAL_RANDOMISED = 0.35, 0.29
"""Shares over 31 reviews of animal studies (10.1371/journal.pone.0098856)."""


def animal_effect(rows: Sequence[Record], draws: Mapping[str, Floats]) -> Floats | None:
    """Percent improvement of a therapy in animals after correction, one value a draw of the bias terms.

    The mean over its pools; of one review, rows corrected for publication bias stand in for its others. None
    where no row has a size.
    """
    sizes = [size for row in _without_alternatives(rows) if (size := _size(row, draws)) is not None]
    return np.mean(sizes, axis=0) if sizes else None


def _size(row: Record, draws: Mapping[str, Floats]) -> Floats | None:
    if row.value is None:
        return None
    measure = measure_of(row.unit).name
    sign = benefit_sign(row.unit, row.quantity, measure)
    percent = _percent(row, measure, draws)
    if percent is None or not sign:
        return None
    return sign * percent * np.exp(-_inflation(row, draws))


def _percent(row: Record, measure: str, draws: Mapping[str, Floats]) -> Floats | None:
    """An effect in percent of the control's; None where its unit says no size."""
    assert row.value is not None
    match measure:
        case "percent change" | "relative reduction" | "risk difference":
            return np.full_like(draws["percent_per_smd"], row.value)
        case "ratio":
            return np.full_like(draws["percent_per_smd"], 100 * (row.value - 1))
        case "smd":
            return row.value * draws["percent_per_smd"]
        case "difference":
            spread = scale_spread(f"{row.unit} {row.quantity}")
            return None if spread is None else row.value * draws["percent_per_smd"] / spread.sd
    return None


def _inflation(row: Record, draws: Mapping[str, Floats]) -> Floats:
    """Log of how much too large a pool is for want of publication, blinding and randomisation."""
    missing = 0.0 if _is_corrected(row) else 1.0
    text = row.fields.get("quality_notes", "").lower()
    blinded = _share(text, "blinded", "blind", "assessor blinded", usual=USUAL_BLINDED)
    randomised = _share(text, "randomised", "randomized", usual=USUAL_RANDOMISED)
    return np.asarray(
        missing * np.log(draws["publication_bias"])
        + (1 - blinded) * draws["unblinded_bias"]
        + (1 - randomised) * draws["unrandomised_bias"]
    )


def _is_corrected(row: Record) -> bool:
    text = " ".join((row.fields.get("quality_notes", ""), row.quantity, row.study)).lower()
    return any(word in text for word in ("corrected", "correction", "adjusted", "trim and fill")) and not any(
        word in text for word in ("inflated", "brings it to", "survives")
    )


def _without_alternatives(rows: Sequence[Record]) -> list[Record]:
    """Rows without those that another row of the same study gives again with correction."""
    corrected = {row.study.split(",")[0] for row in rows if _is_corrected(row)}
    return [row for row in rows if _is_corrected(row) or row.study.split(",")[0] not in corrected]


def _share(text: str, *words: str, usual: float) -> float:
    """A share such as "blinded 67%" or "58% blinded"; all where the word stands alone, else the usual one."""
    for word in words:
        if found := re.search(rf"{word}\w*:? (\d+)%|(\d+)% (?:called |were )?{word}", text):
            return float(found[1] or found[2]) / 100
    return 1.0 if any(re.search(rf"^{word}|[;,] {word}", text) for word in words) else usual
