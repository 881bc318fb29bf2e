"""A dose as people write it: ``200 ug``, ``1.5 x 10^10 particles/kg``, ``1e6 cells``, ``50 uL of 1e9/mL``.

Amount and unit, perhaps with a concentration ("of", "x", "at" or "@") and "/kg". A comma parts thousands
(``1,000,000``) or is a decimal comma (``0,5``) where it can be only one of them.
"""

from __future__ import annotations

import math
import re
import unicodedata
from dataclasses import dataclass
from typing import Literal, NoReturn

from exodyn.errors import InputError, nearest

Quantity = Literal["particles", "ug_protein", "cell_equivalents", "mL"]

_WAY_OUT = (
    "expected an amount with a unit, such as '200 ug', '1e10 particles', '1e6 cells' or '50 uL of 1e9/mL',"
    " with '/kg' where it is per body weight"
)
_PREFIX = {"thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12}
_MASS = {"ng": 1e-3, "nanogram": 1e-3, "ug": 1.0, "mcg": 1.0, "microgram": 1.0, "mg": 1e3, "milligram": 1e3}
_MASS |= {"g": 1e6, "gram": 1e6}
_VOLUME = {
    "ul": 1e-3,
    "microliter": 1e-3,
    "microlitre": 1e-3,
    "ml": 1.0,
    "milliliter": 1.0,
    "millilitre": 1.0,
}
_VOLUME |= {"l": 1e3, "liter": 1e3, "litre": 1e3}
_COUNT = (
    "particle",
    "vesicle",
    "exosome",
    "ev",
    "sev",
    "extracellular vesicle",
    "small extracellular vesicle",
)
_CELL = ("cell", "cell equivalent", "msc", "msc equivalent", "ce")
_UNITS: dict[str, tuple[Quantity, float]] = {
    **{name: ("ug_protein", factor) for name, factor in _MASS.items()},
    **{name: ("mL", factor) for name, factor in _VOLUME.items()},
    **dict.fromkeys(_COUNT, ("particles", 1.0)),
    "gparticle": ("particles", 1e9),
    **dict.fromkeys(_CELL, ("cell_equivalents", 1.0)),
}
_SHOWN = ("particles", "cells", "cell equivalents", "ug", "mg", "uL", "mL")

_EXPONENT = re.compile(r"(?:(?P<factor>[\d.,]+) ?[x*] ?)?10 ?(?:\^|\*\*) ?(?P<power>[+-]?\d{1,3})(?![\d.])")
_NUMBER = re.compile(r"[\d][\d.,]*(?:e[+-]?\d+)?|[.]\d+(?:e[+-]?\d+)?")
_AFTER_UNIT = re.compile(r"^ ?(?:of )?(?:total |exosomal? |exosome |ev |vesicle )?proteins?\b")
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻", "0123456789+-")


@dataclass(frozen=True)
class Dose:
    """A dose as stated: an amount of `quantity` and, of a volume, what a millilitre holds.

    amount: particles, ug, cells or mL. concentration: (quantity, amount per mL) or None. per_kg: of body
    weight; all that it is converted to is per kg then.
    """

    text: str
    quantity: Quantity
    amount: float
    concentration: tuple[Quantity, float] | None = None
    per_kg: bool = False


def parse(text: str) -> Dose:
    """The dose in a text. Raises InputError that says what was expected, with the nearest unit."""
    plain = _plain(text)
    if not plain:
        _refuse(text, "nothing is stated")
    per_kg = re.search(r" ?(?:/|per) ?kg(?: (?:body ?weight|bw|of body weight))?$", plain)
    if per_kg:
        plain = plain[: per_kg.start()]
    amount, rest = _number(text, plain)
    quantity, factor, rest = _unit(text, rest)
    stated = None
    if quantity == "mL" and rest:
        stated = _concentration(text, rest)
    elif rest:
        _refuse(text, f"'{rest}' stands after the unit")
    return Dose(text.strip(), quantity, _finite(text, amount * factor), stated, bool(per_kg))


def _concentration(text: str, rest: str) -> tuple[Quantity, float]:
    begins = re.match(r"(?:of|at|@|x|\*|containing|with) ?", rest)
    if not begins:
        _refuse(text, f"'{rest}' stands after the volume, expected 'of' and a concentration")
    amount, rest = _number(text, rest[begins.end() :])
    per = re.search(r" ?(?:/|per) ?(?P<unit>[a-z]+)$", rest)
    if not per or _singular(per["unit"]) not in _VOLUME:
        _refuse(text, f"a concentration per volume was expected, such as 1e9/mL{_near(rest)}")
    volume = _VOLUME[_singular(per["unit"])]
    rest = rest[: per.start()].strip()
    quantity: Quantity = "particles"
    factor = 1.0
    if rest:
        quantity, factor, rest = _unit(text, rest)
        if quantity == "mL" or rest:
            _refuse(text, "a concentration holds particles, cells or protein per volume")
    return quantity, _finite(text, amount * factor / volume)


def _plain(text: str) -> str:
    """Small letters, plain spaces, one sign for times, micro and superscripts."""
    plain = re.sub(r"10([⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻]+)", lambda found: "10^" + found[1].translate(_SUPERSCRIPTS), text)
    plain = unicodedata.normalize("NFKC", plain).casefold()
    plain = plain.replace("μ", "u").replace("µ", "u").replace("×", "x").replace("·", "x").replace("−", "-")
    return " ".join(plain.split())


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
    elif digits.count(",") == 1 and "." not in digits:
        digits = digits.replace(",", ".")
    try:
        return float(digits)
    except ValueError:
        _refuse(text, f"'{digits}' is no number")


def _unit(text: str, rest: str) -> tuple[Quantity, float, str]:
    """The unit that a text begins with: its quantity, its factor, and what follows."""
    for words in range(min(3, len(rest.split())), 0, -1):
        begin = re.match(r"\S+(?: \S+)" + f"{{{words - 1}}}", rest)
        if begin is None:
            continue
        name = _singular(begin[0].replace("-", " ").rstrip(".,;"))
        if name in _UNITS:
            quantity, factor = _UNITS[name]
            rest = rest[begin.end() :]
            if quantity == "ug_protein":
                rest = _AFTER_UNIT.sub("", rest)
            return quantity, factor, rest.strip()
    if not rest:
        _refuse(text, "it has no unit")
    _refuse(text, f"unit '{rest}' cannot be converted{_near(rest)}")


def _near(word: str) -> str:
    return nearest(word, _SHOWN)


def _singular(name: str) -> str:
    return name[:-1] if name.endswith("s") and name not in _UNITS else name


def _finite(text: str, value: float) -> float:
    if not 0.0 <= value < math.inf:
        _refuse(text, "a dose is a finite number of 0 or more")
    return value


def _refuse(text: str, why: str) -> NoReturn:
    raise InputError(f"dose '{text.strip()[:80]}': {why}; {_WAY_OUT}")
