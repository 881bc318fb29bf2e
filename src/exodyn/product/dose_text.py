"""A dose as people write it: ``200 ug``, ``1.5 x 10^10 particles/kg``, ``1e6 cells``, ``50 uL of 1e9/mL``.

Amount and unit, perhaps with a concentration ("of", "x", "at" or "@") and "/kg". What says nothing of the
amount is passed over ("about", "per rat", "in 200 uL PBS"); what makes more than one dose of it, a range, a
limit or a course, is refused by that name. A comma parts thousands (``1,000,000``) or is a decimal comma
(``0,5``) where it can be only one of them.
"""

from __future__ import annotations

import math
import re
import unicodedata
from dataclasses import dataclass
from typing import Literal, NamedTuple, NoReturn

from exodyn.errors import InputError, nearest

Quantity = Literal["particles", "ug_protein", "cell_equivalents", "mL"]

_WAY_OUT = (
    "expected an amount with a unit, such as '200 ug', '1e10 particles', '1e6 cells' or '50 uL of 1e9/mL',"
    " with '/kg' where it is per body weight"
)
_PREFIX = {"thousand": 1e3, "million": 1e6, "billion": 1e9, "bn": 1e9, "trillion": 1e12}
_MASS = {"ng": 1e-3, "nanogram": 1e-3, "ug": 1.0, "mcg": 1.0, "microgram": 1.0, "mg": 1e3, "milligram": 1e3}
_MASS |= {"g": 1e6, "gram": 1e6, "nanogramme": 1e-3, "microgramme": 1.0, "milligramme": 1e3, "gramme": 1e6}
_VOLUME = {
    "ul": 1e-3,
    "microliter": 1e-3,
    "microlitre": 1e-3,
    "ml": 1.0,
    "milliliter": 1.0,
    "millilitre": 1.0,
}
_VOLUME |= {"l": 1e3, "liter": 1e3, "litre": 1e3}
_SHOWN = ("particles", "cells", "cell equivalents", "ug", "mg", "uL", "mL")

_VESICLES = r"(?:(?:small |large )?(?:extracellular |nano|micro)?vesicles?|(?:small )?s?evs?|exosomes?)"
_PARTICLES = rf"(?:(?:{_VESICLES}[ -]|nano)?particles?|{_VESICLES})"
_CELLS = (
    r"(?:(?:stem |stromal )?cells?(?:[ -]equivalents?)?|equivalents?|ce|[a-z]{0,3}mscs?(?:[ -]equivalents?)?)"
)
_ORIGIN = r"(?:(?P<origin>[a-z][a-z0-9 -]{1,40}?)[ -](?:derived[ -])?)??"
_COUNTED = re.compile(rf"{_ORIGIN}(?:(?P<giga>g)particles?|(?P<particles>{_PARTICLES})|(?P<cells>{_CELLS}))")
_OF_MASS = re.compile(
    rf"(?:of )?{_ORIGIN}(?:total )?(?:(?:{_VESICLES}|exosomal|vesicular)(?: |$))?(?:proteins?)?"
    r"(?: ?equivalents?)?"
)
_OF_VOLUME = re.compile(
    r"(?:of )?(?:conditioned (?:culture )?medi(?:um|a)|cm|supernatant"
    r"|(?:[a-z]+ )?(?:suspension|solution|stock))"
)
# Words of an origin that say nothing of the kind of cell.
_NO_ORIGIN = re.compile(
    r"\b(?:human|rat|mouse|murine|pig|porcine|swine|rabbit|dog|canine|sheep|ovine|horse|equine|bovine|monkey"
    r"|purified|isolated|native|naive|engineered|loaded|labell?ed|fresh|total|producer|parent|equivalents?|s?evs?|exosomes?)\b"
)

_EXPONENT = re.compile(r"(?:(?P<factor>[\d.,]+) ?[x*] ?)?10 ?(?:\^|\*\*) ?(?P<power>[+-]?\d{1,3})(?![\d.])")
_NUMBER = re.compile(r"[\d][\d.,]*(?:e[+-]?\d+)?|[.]\d+(?:e[+-]?\d+)?")
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻", "0123456789+-")
_BODY = r"(?:of )?(?:body ?weight|bw\b|b\.w\.?)"
_PER_KG = re.compile(
    rf" ?(?:/|per) ?(?:kg|kilogram(?:me)?)\b(?: ?{_BODY})?(?=$| (?:of|at|x|containing|with) | @)"
)
_PER_GRAM = re.compile(rf" ?(?:/|per) ?g(?:ram)? ?{_BODY}$")
_PER_ANIMAL = re.compile(
    r" ?(?:/|\b(?:per|each|a)\b) ?(?:rat|mouse|animal|pig|rabbit|dog|monkey|macaque|patient|subject|person"
    r"|head|dose|injection|administration)$"
)
_BEFORE = re.compile(
    r"(?:(?:about|around|roughly|circa|ca\.?|approx(?:imately|\.)?|~|≈|a |an |single |one |dose of "
    rf"|the |{_VESICLES} (?:of|from|(?:derived|isolated|collected) from|(?:released|secreted|given off) by)"
    r"(?= [\d.])) ?)+"
)
_VEHICLE = re.compile(
    r" (?:(?:diluted|suspended|dissolved) )?in (?:[\d.,]+ ?(?:u|m|micro|milli)l\w*|pbs|saline|buffer)\b.*$"
)
_LIMIT = re.compile(r"[<>≤≥]|(?:up to|at least|at most|less than|more than|below|above|over|under)\b")
_RANGE = re.compile(r"(?:-|–|—|to|\.\.+|…) ?\d")
_SPREAD = re.compile(r"±|\+/?-")
_COURSE = re.compile(
    r"(?:/|\bper) ?(?:d|day|wk|week|month|h|hour)\b|\b(?:daily|weekly|twice|thrice|times|doses|injections)\b"
    r"|\bfor \d+ (?:days|weeks)\b|[a-z] x ?\d{1,2}$|^\d+ ?x ?\d[\d.]* ?[a-z]"
)
_LOST_POWER = re.compile(r"[\d.] ?[x*] ?10(?:e\d| ?\(| \d{1,2}\b|1[0-4]\b|[6-9]\b)")


@dataclass(frozen=True)
class Dose:
    """A dose as stated: an amount of `quantity` and, of a volume, what a millilitre holds.

    amount: particles, ug, cells or mL. concentration: (quantity, amount per mL) or None. per_kg: of body
    weight; all that it is converted to is per kg then. source: the cell or fluid that the text names, in
    its words, "" where none.
    """

    text: str
    quantity: Quantity
    amount: float
    concentration: tuple[Quantity, float] | None = None
    per_kg: bool = False
    source: str = ""


class _Unit(NamedTuple):
    """A unit that was read: its quantity, its factor, what follows and the source that it names."""

    quantity: Quantity
    factor: float
    rest: str = ""
    source: str = ""


def parse(text: str) -> Dose:
    """The dose in a text. Raises InputError that says what was expected, with the nearest unit."""
    plain = _one_dose(text, _plain(text))
    plain, kilograms = _PER_KG.subn("", plain, count=1)
    plain, grams = _PER_GRAM.subn("", plain)
    amount, rest = _number(text, plain)
    unit = _unit(text, rest)
    stated, source = None, unit.source
    if unit.quantity == "mL" and unit.rest and not _OF_VOLUME.fullmatch(unit.rest):
        stated, source = _concentration(text, unit.rest)
    amount = _finite(text, amount * unit.factor * (1e3 if grams else 1.0))
    return Dose(text.strip(), unit.quantity, amount, stated, bool(kilograms or grams), source)


def _one_dose(text: str, plain: str) -> str:
    """The text without what says nothing of the amount; refused where it is not one dose."""
    plain = _VEHICLE.sub("", plain)
    plain = _PER_ANIMAL.sub("", plain)
    plain = plain[begins.end() :] if (begins := _BEFORE.match(plain)) else plain
    if not plain:
        _refuse(text, "nothing is stated")
    if _LIMIT.match(plain):
        _refuse(text, "a limit is no dose, convert the number that it limits")
    if lost := _LOST_POWER.search(plain):
        _refuse(text, f"the power in '{lost[0]}' can be read in two ways, write it as 10^9 or 1e9")
    if _COURSE.search(plain):
        _refuse(text, "a course of several doses is stated, convert the single one")
    return plain


def _concentration(text: str, rest: str) -> tuple[tuple[Quantity, float], str]:
    """What a mL holds and the source that it names."""
    begins = re.match(r"(?:of|at|@|x|\*|containing|with|\() ?", rest)
    if not begins:
        _refuse(text, f"'{rest}' stands after the volume, expected 'of' and a concentration")
    amount, rest = _number(text, rest[begins.end() :].rstrip(")"))
    per = re.search(r" ?(?:/|per) ?(?P<unit>[a-z]+)$", rest)
    if not per or _singular(per["unit"]) not in _VOLUME:
        _refuse(text, f"a concentration per volume was expected, such as 1e9/mL{_near(rest)}")
    volume = _VOLUME[_singular(per["unit"])]
    rest = rest[: per.start()].strip()
    unit = _unit(text, rest) if rest else _Unit("particles", 1.0)
    if unit.quantity == "mL":
        _refuse(text, "a concentration holds particles, cells or protein per volume")
    return (unit.quantity, _finite(text, amount * unit.factor / volume)), unit.source


def _plain(text: str) -> str:
    """Small letters, plain spaces, one sign for times, micro, thousands and superscripts."""
    plain = re.sub(r"10([⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻]+)", lambda found: "10^" + found[1].translate(_SUPERSCRIPTS), text)
    plain = unicodedata.normalize("NFKC", plain).casefold()
    plain = plain.replace("μ", "u").replace("µ", "u").replace("×", "x").replace("·", "x").replace("−", "-")
    plain = re.sub(r" ?x? ?\bkg ?\^?-1\b|xkg ?\^?-1\b", "/kg", " ".join(plain.split()))
    plain = re.sub(r"(?<=\d)['’_](?=\d{3}(?!\d))", "", plain)
    return re.sub(r"(?<![\d.,^])\d{1,3}(?: \d{3})+(?![\d.])", lambda found: found[0].replace(" ", ""), plain)


def _number(text: str, plain: str) -> tuple[float, str]:
    """The number that a text begins with, and what follows."""
    power = _EXPONENT.match(plain)
    if power:
        factor = _decimal(text, power["factor"]) if power["factor"] else 1.0
        value, rest = factor * float(f"1e{power['power']}"), plain[power.end() :]
    else:
        found = _NUMBER.match(plain)
        if not found:
            _refuse(text, "a dose begins with a number of 0 or more")
        digits, _, exponent = found[0].partition("e")
        value = _decimal(text, digits) * float(f"1e{exponent or 0}")
        rest = plain[found.end() :]
    rest = rest.strip()
    if _RANGE.match(rest):
        _refuse(text, "a range is stated, convert each of its ends")
    if _SPREAD.match(rest):
        _refuse(text, "convert the mean alone, a spread that was measured belongs in a batch (--batch FILE)")
    word = re.match(rf"({'|'.join(_PREFIX)})s?\b ?", rest)
    if word:
        value, rest = value * _PREFIX[word[1]], rest[word.end() :]
    return _finite(text, value), rest


def _decimal(text: str, digits: str) -> float:
    digits = digits.rstrip(".,")
    thousands = re.fullmatch(r"\d{1,3}(,\d{3})+(\.\d+)?", digits)
    if "," in digits and thousands and digits.count(",") == 1 and "." not in digits:
        _refuse(text, f"'{digits}' can be read in two ways, as a decimal comma and as thousands")
    if thousands:
        digits = digits.replace(",", "")
    elif re.fullmatch(r"\d{1,3}(\.\d{3}){2,}(,\d+)?", digits):
        digits = digits.replace(".", "").replace(",", ".")
    elif digits.count(",") == 1 and "." not in digits:
        digits = digits.replace(",", ".")
    try:
        return float(digits)
    except ValueError:
        _refuse(text, f"'{digits}' is no number")


def _unit(text: str, rest: str) -> _Unit:
    """The unit that a text begins with; a count or cells must be all that is left."""
    if not rest:
        _refuse(text, "it has no unit")
    word = re.match(r"[a-z]+", rest)
    name = _singular(word[0]) if word else ""
    after = rest[len(word[0]) :].strip(" .,;") if word else ""
    if name in _VOLUME:
        return _Unit("mL", _VOLUME[name], after)
    if name in _MASS:
        of = _OF_MASS.fullmatch(after)
        if not of:
            _refuse(text, f"'{after}' stands after the unit{_of_a_volume(after)}")
        return _Unit("ug_protein", _MASS[name], source=_source(of["origin"]))
    counted = _COUNTED.fullmatch(rest.rstrip(".,;"))
    if not counted:
        _refuse(text, f"unit '{rest}' cannot be converted{_of_a_volume(rest) or _near(rest)}")
    if cells := counted["cells"]:
        stromal = re.match(r"[a-z]{0,3}msc", cells)
        return _Unit("cell_equivalents", 1.0, source=_source(counted["origin"], stromal))
    return _Unit("particles", 1e9 if counted["giga"] else 1.0, source=_source(counted["origin"]))


def _source(origin: str | None, stromal: re.Match[str] | None = None) -> str:
    """The cell or fluid in the words before a unit, "" where they tell no more than the species."""
    named = _NO_ORIGIN.sub("", f"{origin or ''}{'-' + stromal[0] if stromal else ''}")
    return " ".join(re.sub(r"(?<=msc)s\b", "", named).split()).strip("- ")


def _of_a_volume(rest: str) -> str:
    if re.search(r"(?:/|per) ?(?:u|m|micro|milli)?l(?:it(?:er|re)s?)?\b", rest):
        return ": a concentration alone is no dose, say '3 mL of 1e11/mL'"
    return ""


def _near(word: str) -> str:
    return nearest(word, _SHOWN)


def _singular(name: str) -> str:
    return name[:-1] if name.endswith("s") else name


def _finite(text: str, value: float) -> float:
    if not 0.0 <= value < math.inf:
        _refuse(text, "a dose is a finite number of 0 or more")
    return value


def _refuse(text: str, why: str) -> NoReturn:
    raise InputError(f"dose '{text.strip()[:80]}': {why}; {_WAY_OUT}")
