"""Kinetic parameters as tables of parameters print them, of whole-body courses.

The words of a record's condition say what was given: "PEG-liposomal doxorubicin 25 mg/m2" becomes a record of
biodistribution, read as any other.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from exodyn.delivery.curve import asked
from exodyn.delivery.observe import Course
from exodyn.delivery.predict import Forecast, Study, basis
from exodyn.delivery.reading import reading
from exodyn.delivery.unread import UnreadError
from exodyn.delivery.words import find, find_first_said
from exodyn.evidence import Record, lowered, names_in

Floats = NDArray[np.float64]

CARRIERS = re.compile(
    r"liposom|nanoparticle|exosom|vesicle|\bs?evs?\b|\blnps?\b|micelle|nanosphere|patisiran|doxil|ambisome"
)
NOT_WHOLE = re.compile(
    r"\bcells? (?!line|of|from|-?deriv|exos|s?ev|vesic)[^,;]*$|in vitro|ex vivo|convection|hydrogel|cisterna"
    r"|tissue|in the cell|endosom|lysosom|escape|\blabel\b|lipid \(|mrna half|mirna|messenger|caco|culture"
    r"|pbpk|physiolog"
)
NOT_ASKED = re.compile(
    r"\bratio|accumulation|\bshare\b|fraction|exponent|\bform of|compartments|detectable|dose (in|threshold)"
    r"|\bloss of|\btumou?r|\bpercent of|secretion|two-compartment|range of|populations"
    r"|vascular (share|volume)|capacity|small tracer|\bsodium|amino|albumin|reduction|change|luciferase"
    r"|expression|bound|into cells"
)
DOSE = re.compile(
    r"(?<![a-z\d.,-])(?P<value>\d[\d.,]*(?:e\+?\d+)?) ?"
    r"(?P<unit>(?:[npum]?g|[num]?mol|[mkg]?bq|[um]?ci|cpm|particles|exosomes|vesicles|s?evs)\b"
    r"(?: ?(?:of )?(?:protein|lipid|phospholipid|mrna|sirna))?"
    r"(?: ?(?:/|per ) ?(?:\d+ ?)?(?:kg|g|m2|m\^2)\b)?)"
)
NOISE = 0.3
"""Sd of the log of a parameter from its own estimation: assumed, as the fit takes for half-lives."""


def is_kinetic(one: Record) -> bool:
    """Whether a record of a table of parameters is of the course of a carrier in a whole animal or man."""
    said = lowered(f"{one.quantity} ; {one.fields.get('condition', '')}")
    return bool(
        asked(one.quantity)
        and not NOT_ASKED.search(lowered(one.quantity))
        and CARRIERS.search(said)
        and not NOT_WHOLE.search(said)
        and names_in("species", one.species)
    )


def forecast_kinetics(wanted: Sequence[Record], seed: int = 1) -> dict[str, Forecast | str]:
    """By id, a forecast for each record of one study, or why there is none."""
    read = {one.id: as_biodistribution(one) for one in wanted}
    study = Study(tuple(read.values()), seed)
    found: dict[str, Forecast | str] = {}
    for one in read.values():
        try:
            where = study.setting(one)
            values = study.readings(one, where)
            found[one.id] = Forecast(values * np.exp(NOISE * study.noise(one.id)), basis(where))
        except UnreadError as error:
            found[one.id] = str(error)
    return found


def value(one: Record, course: Course, sampled: Floats) -> Floats:
    """The record's parameter of a course, float64[lanes]; sampled: days at which a peak is seen."""
    return reading(as_biodistribution(one), course, sampled)


def as_biodistribution(one: Record) -> Record:
    """The record with the cells that a table of biodistribution has, read off its condition."""
    condition = one.fields.get("condition", "")
    text = lowered(condition)
    source = condition if CARRIERS.search(text) else one.quantity
    dose = next((m for m in DOSE.finditer(text) if _is_dose(m, text)), None)
    vesicle = re.search(r"exosom|(?<!lamellar )vesicle|\bs?evs?\b", lowered(source))
    labelled = find_first_said("labels", condition)["label"] != "unstated"
    cells = {
        "vesicle_source": source + ("" if vesicle else " (comparator)"),
        "label": condition if labelled else "" if vesicle else "drug assay",
        "health": condition,
        "size_nm": next(iter(re.findall(r"(\d+(?:\.\d+)?) ?nm\b", text)), ""),
        "dose_value": dose["value"].replace(",", "") if dose else "",
        "dose_unit": dose["unit"] if dose else "",
        "organ": _organ(one.quantity),
    }
    ways = names_in("route", condition)
    return replace(one, fields=MappingProxyType({**one.fields, **cells}), route=ways[0] if ways else "iv")


def _is_dose(found: re.Match[str], text: str) -> bool:
    """Whether an amount in a text is a dose: no concentration, and no "12 exosomes" of C2C12 exosomes."""
    counted = re.match(r"particle|exosome|vesicle|s?ev", found["unit"])
    few = counted and float(found["value"].replace(",", "")) < 1e5
    return not few and not re.match(r" ?/ ?(ml|l|ul)\b", text[found.end() :])


def _organ(quantity: str) -> str:
    """The organ that a parameter's words name: of "hepatic clearance" the liver; blood or plasma are none."""
    found = find("organs", re.sub(r"macrophage[- ]depleted|before .*|after .*", "", quantity))
    if found is None:
        return ""
    return {"whole": "", "lesion": quantity, "tumour": quantity, "cells": quantity}.get(
        found["place"], found["place"]
    )
