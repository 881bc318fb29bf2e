"""A record's number where it is compared with others of its quantity: ratios of amounts, odds of shares."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass

from exodyn.evidence import Record, measure_of, synonym, table_family
from exodyn.validation.answers import Measure
from exodyn.validation.describe import indication_of

HALF = 0.5  # of a patient: by so much none or all of n differ from the share that is compared
UNKNOWN_N = 30.0  # patients or animals behind a share whose n is not stated
UNKNOWN_CV = 0.5  # sampling error of an amount whose spread or n is not stated, relative to it
LEVEL_95 = 3.919927969080108
MOST = 1e150  # its square is a number

_RANGE = re.compile(r"\((-?\d+(?:\.\d+)?) ?(?:-|–|to) ?(\d+(?:\.\d+)?)")
_COUNTED = ("patients", "animals", "subjects", "participants", "count", "events")
_RATIOS = ("odds_ratio", "risk_ratio", "fold", "ratio")
LOGARITHMIC = ("odds ratio", "risk ratio", "ratio")  # measures of the table of translation
_CONTRASTS = ("SMD", *_RATIOS[:2])


@dataclass(frozen=True)
class Quantity:
    """What a record is a number of, and how it is compared.

    key: equal for records of the same quantity, whatever the species. measure: where values are compared.
    whole: what all is in the record's unit, for shares; else the size that differences are relative to.
    variance: sampling variance where it is compared.
    """

    key: tuple[str, ...]
    measure: Measure
    whole: float
    variance: float
    contrast: bool

    def to(self, value: float) -> float:
        """A value in the record's unit, where it is compared; a share of none or all by half a patient."""
        match self.measure:
            case "log":
                return math.log(max(value, 1e-12))
            case "logit":
                share = min(max(value / self.whole, 1e-3), 1 - 1e-3)
                return math.log(share / (1 - share))
            case _:
                return value / self.whole

    def back(self, compared: float) -> float:
        """The inverse of `to`."""
        match self.measure:
            case "log":
                return math.exp(min(compared, 700.0))
            case "logit":
                return self.whole / (1 + math.exp(-min(max(compared, -700.0), 700.0)))
            case _:
                return compared * self.whole


def quantity_of(one: Record) -> Quantity:
    """What a record is a number of."""
    maker: dict[str, Callable[[Record], Quantity]] = {
        "outcome": _outcome,
        "biodistribution": _biodistribution,
        "translation": _translation,
    }
    return maker.get(table_family(one), _parameter)(one)


def _outcome(one: Record) -> Quantity:
    words = one.quantity.lower().strip(), one.fields.get("statistic", "").split(" (")[0].lower()
    unit = _unit(one)
    n = _n(one, UNKNOWN_N)
    whole = whole_of(one.unit, n)
    if words[1].startswith(("proportion", "count", "percent of", "share")) and whole is not None:
        key: tuple[str, ...] = (indication_of(one), words[0], "share")
        return Quantity(key, "logit", whole, _of_share(one, whole, n), False)
    if unit in _CONTRASTS:
        measure: Measure = "linear" if unit == "SMD" else "log"
        key = indication_of(one), _kind_of_effect(words[0]), unit
        return Quantity(key, measure, 1.0, _of_interval(one, measure), True)
    key = indication_of(one), words[0], words[1], unit
    bounds = _RANGE.search(one.unit)
    if unit == "points" or bounds:
        whole = float(bounds[2]) - float(bounds[1]) if bounds else 100.0
        return Quantity(key, "linear", whole, _of_amount(one) / whole**2, "difference" in words[0])
    if unit == "percent" or (one.value or 0.0) <= 0:
        return Quantity(key, "linear", 100.0, _of_amount(one) / 1e4, words[1].startswith("relative"))
    return Quantity(key, "log", 1.0, _of_log(one), False)


def whole_of(unit: str, n: float) -> float | None:
    """What all of n patients are in a unit: 100 percent, a fraction of 1, or n; None if no share has it."""
    if "%" in unit or unit.startswith("percent"):
        return 100.0
    if unit.startswith(_COUNTED):
        return n
    return 1.0 if unit == "1" or "fraction" in unit or unit.startswith(("proportion", "share")) else None


def _kind_of_effect(words: str) -> str:
    """Effects on tissue and on function are two quantities, whatever the scale."""
    return "lesion" if re.search(r"lesion|infarct|oedema|plaque", words) else "function"


def _biodistribution(one: Record) -> Quantity:
    key = one.fields.get("organ", "").lower(), one.quantity
    if one.value is not None and one.value <= 0:
        return Quantity(key, "linear", 1.0, _of_amount(one), False)
    return Quantity(key, "log", 1.0, _of_log(one), False)


def _parameter(one: Record) -> Quantity:
    key = one.quantity.lower(), _unit(one)
    if one.value is not None and one.value <= 0:
        return Quantity(key, "linear", 1.0, _of_amount(one), False)
    return Quantity(key, "log", 1.0, _of_log(one), False)


def _translation(one: Record) -> Quantity:
    unit = one.unit.split(" (")[0]
    measure: Measure = "log" if measure_of(one.unit).name in LOGARITHMIC else "linear"
    return Quantity((one.fields.get("side", ""), unit), measure, 1.0, _of_interval(one, measure), True)


def _unit(one: Record) -> str:
    return (synonym("unit", one.unit) or (one.unit,))[0]


def _n(one: Record, unknown: float) -> float:
    """How many were read; `unknown` where that is not stated or cannot be."""
    return one.n if one.n is not None and one.n >= 1 else unknown


def _of_share(one: Record, whole: float, n: float) -> float:
    """Sampling variance of the log odds of a share of n, half a patient kept from none and all."""
    share = ((one.value or 0.0) / whole * n + HALF) / (n + 2 * HALF)
    return 1 / (n * share * (1 - share))


def _of_interval(one: Record, measure: Measure) -> float:
    """Sampling variance by the printed 95% interval; else of two groups of n."""
    if len(one.spread) == 2 and one.spread_kind == "ci95":
        low, high = one.spread
        if measure == "linear":
            return min((high - low) / LEVEL_95, MOST) ** 2
        if low > 0:
            return (math.log(high / low) / LEVEL_95) ** 2
    return 4 / _n(one, UNKNOWN_N)


def _of_amount(one: Record) -> float:
    """Sampling variance of a mean."""
    sd = _sd(one)
    return sd * sd


def _sd(one: Record) -> float:
    """Standard error of a mean."""
    if len(one.spread) == 1:
        sd = one.spread[0] if one.spread_kind != "cv_percent" else abs(one.value or 0.0) * one.spread[0] / 100
        return sd if one.spread_kind == "sem" else sd / math.sqrt(_n(one, UNKNOWN_N))
    if len(one.spread) == 2 and one.spread_kind == "ci95":
        return (one.spread[1] - one.spread[0]) / LEVEL_95
    return UNKNOWN_CV * abs(one.value or 0.0) / math.sqrt(_n(one, 1.0))


def _of_log(one: Record) -> float:
    """Sampling variance of the logarithm of a positive amount."""
    if one.value is None:
        return UNKNOWN_CV**2
    return min(max(_sd(one) / abs(one.value), 1e-2), 2.0) ** 2
