"""Units of expressions: every sum, comparison and rate is checked, in dimension and in scale.

Pint does the arithmetic, ``units.txt`` says which units there are. Particles, cells and points of a scale are
dimensions of their own, so that particles/mL is never added to cells/mL; copies are molecules. Pint is
imported when the first unit is read, since not every use of a model needs it.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from exodyn.errors import nearest
from exodyn.symbolic.expr import LOGIC, RELATIONS, Expr, Symbol, walk
from exodyn.symbolic.model import ModelError

if TYPE_CHECKING:
    import pint

    Unit: TypeAlias = pint.Unit

COMMON = (
    *("1", "percent", "s", "min", "h", "d", "week", "month", "year"),
    *("m", "cm", "mm", "um", "nm", "L", "dL", "mL", "uL", "kg", "g", "mg", "ug", "ng", "pg", "kDa"),
    *("mol", "mmol", "umol", "nmol", "pmol", "M", "mM", "uM", "nM", "pM"),
    *("particles", "copies", "cells", "points", "IU", "U", "Pa", "mmHg", "K", "mV"),
)
"""What a misspelled unit is compared with."""

WITHOUT_PREFIX = frozenset({"minute", "hour", "day", "week", "month", "year", "point", "percent", "count"})
"""A deciday is always a misspelling."""

SAME = frozenset({"add", "sub", "min", "max", "rem"}) | RELATIONS
KEEP = frozenset({"neg", "abs"})


class UnitError(ModelError):
    """A unit that is unknown or does not fit: the message names the equation and both units."""


@lru_cache(maxsize=1)
def _registry() -> Any:
    import pint

    registry: Any = pint.UnitRegistry(Path(__file__).with_name("units.txt"))
    registry.formatter.default_sort_func = None  # a unit prints in the order in which it was written
    return registry


@lru_cache(maxsize=4096)
def parse(text: str) -> Unit:
    """The unit that a text such as ``"ng/mL/d"``, ``"1"`` or ``"%"`` names; UnitError where none."""
    try:
        unit: Unit = _registry().parse_units(text)
    except Exception as error:  # pint raises a dozen kinds, some from Python's tokenizer
        raise UnitError(f"'{text}' is no unit{_nearest(text)}") from error
    for word in unit._units:
        ((prefix, stem, _),) = _registry().parse_unit_name(word)[:1]
        if prefix and stem in WITHOUT_PREFIX:
            raise UnitError(f"'{text}' is no unit: '{prefix}{stem}' is nothing that anybody uses")
    return unit


def _nearest(text: str) -> str:
    for word in text.replace("*", "/").replace("(", "/").replace(")", "/").split("/"):
        word = word.strip().split("^")[0]
        if word and not _is_unit(word):
            return f": '{word}' is unknown{nearest(word, COMMON)}"
    return ""


def _is_unit(word: str) -> bool:
    try:
        _registry().parse_units(word)
    except Exception:  # noqa: BLE001 - as above
        return False
    return True


@lru_cache(maxsize=4096)
def _base(unit: Unit) -> tuple[float, frozenset[tuple[str, float]]]:
    """Scale and dimensions in base units."""
    base = _registry().Quantity(1.0, unit).to_base_units()
    powers = base.units._units.items()
    return float(base.magnitude), frozenset((word, round(float(power), 9)) for word, power in powers)


def base(text: str) -> tuple[float, frozenset[tuple[str, float]]]:
    """A unit as a number times powers of base units, e.g. ``(1e-6, {("kilogram", 1), ("meter", -3)})``."""
    return _base(parse(text))


def same(a: Unit, b: Unit) -> bool:
    """Whether the units agree in dimension and in scale."""
    (scale_a, dimension_a), (scale_b, dimension_b) = _base(a), _base(b)
    return dimension_a == dimension_b and abs(scale_a / scale_b - 1.0) < 1e-9


def name(unit: Unit) -> str:
    """Short text of a unit, ``1`` for a pure number."""
    return f"{unit:~C}".replace("µ", "u") or "1"


def factor(given: str, wanted: str) -> float:
    """What a value in the unit ``given`` is multiplied by to stand in ``wanted``."""
    return _factor(parse(given), parse(wanted), given, wanted)


def _factor(given: Unit, wanted: Unit, given_text: str, wanted_text: str) -> float:
    (scale, dimension), (to_scale, to_dimension) = _base(given), _base(wanted)
    if dimension != to_dimension:
        raise UnitError(f"expected '{wanted_text}' or a unit of its dimension, not '{given_text}'")
    factor = scale / to_scale
    # Scales carry rounding errors in their last digits: an hour is to be 3600 s, not 3600.0000000000005 s.
    short = float(f"{factor:.12g}")
    return short if abs(short / factor - 1.0) < 1e-14 else factor


def unit_of(
    root: Expr, units: Mapping[Symbol, Unit], place: str, known: dict[Expr, Unit | None] | None = None
) -> Unit | None:
    """The unit of an expression; None where any unit fits (a zero or infinite constant) or for a condition.

    ``known`` keeps what is found from call to call. Raises UnitError, which starts with ``place``.
    """
    found = known if known is not None else {}
    for current in walk([root]):
        if current not in found:
            try:
                found[current] = _unit(current, [found[a] for a in current.args], units)
            except _MismatchError as mismatch:
                raise UnitError(f"{place}: {mismatch}") from None
    return found[root]


def expect(
    root: Expr,
    wanted: Unit,
    units: Mapping[Symbol, Unit],
    place: str,
    known: dict[Expr, Unit | None],
    why: str,
) -> None:
    """Refuse an expression whose unit is not ``wanted``; ``why`` says where that one comes from."""
    unit = unit_of(root, units, place, known)
    if unit is not None and not same(unit, wanted):
        raise UnitError(
            f"{place}: the equation gives {name(unit)}, expected {name(wanted)} ({why}){_hint(unit, wanted)}"
        )


class _MismatchError(Exception):
    pass


def _hint(a: Unit, b: Unit) -> str:
    (scale_a, dimension_a), (scale_b, dimension_b) = _base(a), _base(b)
    if dimension_a != dimension_b:
        return ""
    return f"; the first is {scale_a / scale_b:.6g} times the second: state both in one unit"


def _unit(current: Expr, given: list[Unit | None], units: Mapping[Symbol, Unit]) -> Unit | None:
    op, args = current.op, current.args
    one = parse("1")
    if isinstance(current, Symbol):
        return units[current]
    if op == "const":
        finite = current.value != 0.0 and abs(current.value) < float("inf")
        return one if finite else None
    if op in LOGIC:
        return None
    if op in SAME:
        both = _agree(current, args[0], args[1], given[0], given[1])
        return None if op in RELATIONS else both
    if op == "where":
        return _agree(current, args[1], args[2], given[1], given[2])
    if op in KEEP:
        return given[0]
    if op in ("mul", "div"):
        a, b = given
        if a is None or b is None:
            return None
        result: Unit = a * b if op == "mul" else a / b
        return result
    if op == "sqrt" or (op == "pow" and args[1].op == "const"):
        return None if given[0] is None else _power(given[0], 0.5 if op == "sqrt" else args[1].value)
    if op == "hill":
        _agree(current, args[0], args[1], given[0], given[1])
        _pure(current, args[2], given[2])
        return one
    # All else (exp, log, sin, a power with a variable exponent...) has a meaning for pure numbers only.
    for argument, unit in zip(args, given, strict=True):
        _pure(current, argument, unit)
    return one


def _power(unit: Unit, exponent: float) -> Unit:
    raised: Any = unit**exponent
    return raised  # type: ignore[no-any-return]


def _agree(current: Expr, a: Expr, b: Expr, unit_a: Unit | None, unit_b: Unit | None) -> Unit | None:
    if unit_a is None or unit_b is None:
        return unit_b if unit_a is None else unit_a
    if not same(unit_a, unit_b):
        both = f"`{a}` is in {name(unit_a)} but `{b}` is in {name(unit_b)}"
        raise _MismatchError(f"{both}, in `{current}`{_hint(unit_a, unit_b)}")
    return unit_a


def _pure(current: Expr, argument: Expr, unit: Unit | None) -> None:
    if unit is not None and not same(unit, parse("1")):
        raise _MismatchError(
            f"`{argument}` is in {name(unit)}, expected a pure number (unit 1), in `{current}`"
        )
