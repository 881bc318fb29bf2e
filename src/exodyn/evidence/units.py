"""Units as tables write them: "µg·h/mL", "%ID per g", "mL min-1 kg-1", "ng siRNA/mL", by the units library.

The injected dose is a unit of its own, `ID`, and so are particles and counts of an instrument.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pint

_OF_DOSE = re.compile(
    r"(?:of +)?(?:the +)?(?:total +)?(?:injected|administered|applied|initial|given|input)[ -]+"
    r"(?:dose|activity|radioactivity|amount)\b"
    r"|(?:of +)?(?:the +)?dose(?: +(?:injected|administered|given))?\b|\bi\.?[dac]\.?(?=\W|$)|(?<=%)i[dac]\b",
    re.IGNORECASE,
)
_PERCENT = re.compile(r"\bper ?cent(?:age)?\b|\bpct\b", re.IGNORECASE)
_TOKEN = re.compile(
    r"(?P<name>[a-zA-Z%]+?)(?P<power>\^?-?\d)?(?![a-zA-Z%\d])|(?P<number>\d+(?:\.\d+)?)|(?P<sign>[/*():-])"
)
_TISSUE = re.compile(
    r"((?:/|(?:\b|_)per(?:\b|_)) ?(?:\d+[ _]?)?)(k|m|)g(?:ram)?s?(?![a-zA-Z])", re.IGNORECASE
)
_SAME = {
    "percent": "%",
    "fraction": "",
    "l": "liter litre liters litres",
    "ml": "milliliter millilitre cc ccm",
    "ul": "microliter microlitre",
    "dl": "",
    "g": "gram grams gm",
    "mg": "",
    "ug": "mcg microgram micrograms",
    "ng": "",
    "pg": "",
    "kg": "",
    "h": "hr hrs hour hours hpi",
    "min": "mins minute minutes",
    "s": "sec secs second seconds",
    "day": "d days dpi",
    "week": "wk wks weeks",
    "month": "mo months",
    "year": "years yr",
    "cm": "",
    "mm": "",
    "um": "",
    "nm": "",
    "mV": "mv",
    "kDa": "kda",
    "m": "",
    "mol": "mole moles",
    "mmol": "",
    "umol": "micromol",
    "nmol": "",
    "pmol": "",
    "MBq": "mbq",
    "kBq": "kbq",
    "Bq": "bq",
    "GBq": "gbq",
    "uCi": "uci",
    "mCi": "mci",
    "nCi": "nci",
    "Ci": "ci",
    "cpm": "dpm counts",
    "particle": "particles exosome exosomes ev evs sev sevs vesicle vesicles nanoparticle nanoparticles",
    "ID": "id",
}
_NAMES = {word.casefold(): name for name, others in _SAME.items() for word in (name, *others.split())}
_MOLAR = re.compile(r"\b([munp]?)M\b")


def unit_in(text: str) -> tuple[pint.Quantity[float] | None, tuple[str, ...]]:
    """One of the unit that a text says, and the words in it that are none ("siRNA" of "ng siRNA/mL").

    None for a text that says no unit.
    """
    said = unicodedata.normalize("NFKC", text).replace("\u03bc", "u").replace("\u2212", "-").replace("_", " ")
    said = _OF_DOSE.sub(" ID ", _PERCENT.sub("%", said)).replace("\u00b7", "*")
    said = _MOLAR.sub(lambda found: f"{found[1]}mol/l", said)
    return _parsed(re.sub(r"(?<=[a-zA-Z])\.(?=[a-zA-Z])", "*", re.sub(r"\bper\b", ":", said)))


def per_volume(text: str) -> str:
    """The text of a concentration with the tissue that it is per as a volume: a gram of it is a mL."""
    return _TISSUE.sub(lambda found: found[1] + {"k": "L", "m": "uL", "": "mL"}[found[2].lower()], text)


@cache
def _parsed(said: str) -> tuple[pint.Quantity[float] | None, tuple[str, ...]]:
    terms: list[str] = []
    others: list[str] = []
    sign, after_per = "", False
    for found in _TOKEN.finditer(said):
        if found["sign"] == ")":
            terms.append(")")
        elif found["sign"] == "(":
            terms += [sign or "*", "("] if terms else ["("]
            sign = ""
        elif found["sign"]:  # a hyphen parts factors: "uL/g-min"
            sign = {"-": "/" if "/" in terms else "*", ":": "/"}.get(found["sign"], found["sign"])
            after_per = found["sign"] == ":"
        else:
            name = found["number"] or _NAMES.get(found["name"].casefold(), "")
            if not name:
                others.append(found["name"])
                continue
            if terms and terms[-1] != "(":
                terms.append(sign or "*")
            elif sign == "/":
                terms += ["1", "/"]
            terms.append(name + (f"**{found['power'].lstrip('^')}" if found["power"] else ""))
            sign = (
                "/" if (found["number"] or after_per) and "/" in terms[-2:] else ""
            )  # "/100 mg", "per g min"
    if not any(re.match(r"[a-zA-Z]", term) for term in terms):
        return None, tuple(others)
    try:
        return registry().Quantity(1.0, "") * registry().parse_expression(" ".join(terms)), tuple(others)
    except Exception:  # noqa: BLE001  pint raises of many kinds; a text that it cannot read says no unit
        return None, tuple(others)


@cache
def registry() -> pint.UnitRegistry[float]:
    """Units with those of a table: ID (the injected dose), particle, cpm."""
    import pint

    known: pint.UnitRegistry[float] = pint.UnitRegistry()
    known.define("fraction = []")
    for name in ("ID", "particle", "cpm"):
        known.define(f"{name} = [{name}]")
    return known
