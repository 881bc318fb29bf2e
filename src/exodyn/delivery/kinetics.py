"""Kinetic parameters as tables print them (half-life, clearance, volume, area, peak), of whole-body courses.

The words of a record's condition say what was given: "PEG-liposomal doxorubicin 25 mg/m2" becomes a setting.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from exodyn.delivery.nca import half_lives
from exodyn.delivery.observe import Course
from exodyn.delivery.predict import Forecast, Study, basis
from exodyn.delivery.reading import HOURS, UnreadError
from exodyn.delivery.setting import Setting, described
from exodyn.evidence import Record, parameters
from exodyn.evidence.words import synonym

Floats = NDArray[np.float64]

CARRIERS = re.compile(
    r"liposom|nanoparticle|exosom|vesicle|\bevs?\b|\blnp\b|micelle|nanosphere", re.IGNORECASE
)
NOT_WHOLE = re.compile(
    r"cells?\b|in vitro|convection|hydrogel|brain|cisterna|tissue|in the cell|endosom|lysosom|label|lipid \(",
    re.IGNORECASE,
)
WANTED = re.compile(
    r"^(blood |plasma |second-phase |elimination |terminal |initial )?half-life|^clearance\b|"
    r"^(steady-state |central )?volume|^area under|^peak (concentration|over dose)|^mean residence time",
    re.IGNORECASE,
)
DOSE = re.compile(
    r"([\d.]+(?:e\d+)?) ?(mg/kg|mg/m2|ug protein|particles/kg|particles|mg lipid/kg|mg\b|ug\b)", re.IGNORECASE
)
SAYS_LABEL = re.compile(r"label|luc|125I|3H|dye|fluor|drug|sirna", re.IGNORECASE)
SURFACE = 1.8
"""m2 of skin of a man: doses per surface are given to this."""
FIRST_SAMPLE = 5 / 1440, 3 / 24
"""Days after the dose begins at which a peak is seen: a sample at minutes, or the end of an infusion
(log-uniform).
"""
NOISE = 0.3
"""Sd of the log of a parameter from its own estimation: assumed, as the fit takes for half-lives."""


def is_kinetic(one: Record) -> bool:
    """Whether a record of a table of parameters is of the course of a carrier in a whole animal or man."""
    said = f"{one.quantity} {one.fields.get('condition', '')}"
    return bool(
        WANTED.search(one.quantity.strip())
        and CARRIERS.search(said)
        and not NOT_WHOLE.search(said)
        and (synonym("species", one.species) or ())
    )


def forecast_kinetics(wanted: Sequence[Record], seed: int = 1) -> dict[str, Forecast | str]:
    """By id, a forecast for each record of one study, or why there is none."""
    study = Study(wanted, seed)
    found: dict[str, Forecast | str] = {}
    for one in wanted:
        try:
            where = _setting(one)
            values = _value(one, study.course(where), study)
            found[one.id] = Forecast(values * np.exp(NOISE * study.noise(one.id)), basis(where))
        except UnreadError as error:
            found[one.id] = str(error)
    return found


def _setting(one: Record) -> Setting:
    condition = one.fields.get("condition", "")
    source = condition if CARRIERS.search(condition) else one.quantity
    dose = DOSE.search(condition)
    amount, unit = (dose[1], dose[2].lower()) if dose else ("", "")
    if unit == "mg/m2":
        amount, unit = f"{float(amount) * SURFACE / parameters('human')['weight'].value}", "mg/kg"
    synthetic = "" if re.search(r"exosom|vesicle|\bevs?\b", source, re.IGNORECASE) else " (comparator)"
    usual = "drug assay" if synthetic else ""
    said = {
        "vesicle_source": source + synthetic,
        "label": condition if SAYS_LABEL.search(condition) else usual,
        "health": condition,
        "size_nm": "",
        "dose_value": amount,
        "dose_unit": unit,
    }
    found = described(said, one.species, "iv")
    if isinstance(found, str):
        raise UnreadError(found)
    return found


def _value(one: Record, course: Course, study: Study) -> Floats:
    quantity, unit = one.quantity.strip().casefold(), one.unit.strip()
    weight = parameters(course.species)["weight"].value
    curve = course.per_gram("plasma")
    hours = course.days * 24
    if "half-life" in quantity:
        per_hour = _hours(unit)
        late = bool(re.search(r"second|elimination|terminal|\bbeta\b|slow|late phase", quantity))
        return half_lives(course.days, curve, late) * 24 / per_hour
    area = np.trapezoid(curve, hours)  # %ID h/mL
    if quantity.startswith("mean residence"):
        return np.asarray(np.trapezoid(curve * hours, hours) / area / _hours(unit))
    if quantity.startswith("clearance"):
        return np.asarray(100.0 / area * _per(unit, weight, _TIMED))
    if "volume" in quantity:
        steady = 100.0 * np.trapezoid(curve * hours, hours) / area**2
        return np.asarray(steady * _per(unit, weight, _VOLUMES))
    if quantity.startswith("area"):
        if until := re.search(r"0-(\d+) ?h", quantity):
            kept = hours <= float(until[1])
            area = np.trapezoid(curve[:, kept], hours[kept])
        return np.asarray(area * _mass(one, unit, weight))
    days = np.exp(np.interp(norm.cdf(study.normal("sample")), (0, 1), np.log(FIRST_SAMPLE)))
    peak = np.array([np.interp(day, course.days, c) for day, c in zip(days, curve, strict=True)])
    if "over dose" in quantity:
        return peak / 100 * weight * 1000  # (ug/mL)/(mg/kg)
    return peak * _mass(one, unit, weight)


_TIMED = {"mL/h": 1.0, "mL/min": 1 / 60, "L/h": 1e-3, "mL/d": 24.0, "L/d": 0.024, "L/min": 1 / 60000}
_VOLUMES = {"mL": 1.0, "L": 1e-3}


def _per(unit: str, weight: float, known: dict[str, float]) -> float:
    """Factor from mL (an hour) to a unit, per kg of body weight where it says so."""
    plain = unit.removesuffix("/kg")
    if plain not in known:
        raise UnreadError(f"unit '{unit}': expected one of {', '.join(known)}, or per kg")
    return known[plain] / (weight if unit.endswith("/kg") else 1.0)


def _hours(unit: str) -> float:
    if unit not in HOURS:
        raise UnreadError(f"unit '{unit}': expected a unit of time")
    return HOURS[unit]


def _mass(one: Record, unit: str, weight: float) -> float:
    """Factor from percent of the dose (per mL) to the unit of a concentration or its area."""
    if unit.startswith(("%ID", "percent ID")):
        return 1.0
    dose = DOSE.search(one.fields.get("condition", ""))
    if dose is None or not dose[2].lower().startswith("mg"):
        raise UnreadError(f"unit '{unit}': no dose in mg to convert from")
    scale = {"mg/kg": weight, "mg/m2": SURFACE, "mg": 1.0}.get(dose[2].lower())
    if scale is None or not unit.startswith(("ug", "mg")):
        raise UnreadError(f"unit '{unit}': expected %ID, ug or mg")
    milligrams = float(dose[1]) * scale
    return milligrams / 100 * 1000  # mg/mL is 1000 ug/mL, and mg/L is ug/mL
