"""Elementary functions of vectors, written as LLVM code on the spot: no calls, no branches, no tables.

Every function takes values of the emitter (double or float, any number of lanes) and returns one. A lane's
result depends on nothing but that lane's argument, and is the same bit for bit at every width: all steps
are single IEEE operations, selects and shifts on bits, nothing is reordered. Errors, costs and the reasons
are in ``docs/decisions/vectormath.md``. Rare functions call the C library lane by lane.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from exodyn.engine.emit import F64, Function, Value


@dataclass(frozen=True)
class Format:
    """What the code must know of an IEEE format, and the polynomials long enough for it.

    The polynomials come from ``benchmarks/minimax.py``.
    """

    mantissa: int  # stored bits of the mantissa
    bias: int
    exp_low: float  # exp is zero below
    exp_high: float  # exp overflows at or below
    ln2_high: float  # log(2) rounded, and what the rounding left
    ln2_low: float
    exp_tail: Sequence[float]  # (exp(r) - 1 - r) / r^2
    log_tail: Sequence[float]  # (2 atanh(s) / s - 2) / s^2, in powers of s^2

    @property
    def round_shift(self) -> float:
        """Added to a small number, it leaves the nearest whole number in the low bits of the mantissa."""
        return 1.5 * 2.0**self.mantissa

    @property
    def exponent_mask(self) -> int:
        return 2 * self.bias + 1

    @property
    def smallest_normal(self) -> float:
        return 2.0 ** (1 - self.bias)

    def bits(self, value: float) -> int:
        """The bit pattern of a number."""
        if self.mantissa == 52:
            return int(struct.unpack("<q", struct.pack("<d", value))[0])
        return int(struct.unpack("<i", struct.pack("<f", value))[0])


FORMATS = {
    "double": Format(
        mantissa=52,
        bias=1023,
        exp_low=-746.0,
        exp_high=710.0,
        ln2_high=float.fromhex("0x1.62e42fefa39efp-1"),
        ln2_low=float.fromhex("0x1.abc9e3b39803fp-56"),
        exp_tail=(
            0.5000000000000011,
            0.16666666666666413,
            0.041666666666530267,
            0.008333333333494336,
            0.0013888888943597766,
            0.00019841269506770172,
            2.4801493136110118e-05,
            2.7557586275317117e-06,
            2.763023394734335e-07,
            2.500006936409776e-08,
        ),
        log_tail=(
            0.6666666666666734,
            0.3999999999941467,
            0.2857142874238961,
            0.22222198572984747,
            0.18183564335811933,
            0.15314050324670173,
            0.14795951777809063,
        ),
    ),
    "float": Format(
        mantissa=23,
        bias=127,
        exp_low=-104.0,
        exp_high=89.0,
        ln2_high=float.fromhex("0x1.62e430p-1"),
        ln2_low=float.fromhex("-0x1.05c610p-29"),
        exp_tail=(
            0.4999999345275929,
            0.16666520688171277,
            0.04166838713376587,
            0.008368709983504554,
            0.001381462511882808,
        ),
        log_tail=(0.6666677638199341, 0.3997754152114134, 0.298717293116651),
    ),
}

LOG2_E = 1.4426950408889634


# -- exponential


def exp_core(x: Value) -> Value:
    """e^x, within 1.1 ulp where the result is a normal number: infinity and zero beyond; NaN stays NaN.

    Between the largest power of two and overflow (709.4 to 709.78; 88.4 to 88.7) it is infinite too early.
    """
    f, form = x.fn, FORMATS[x.type.scalar]
    with f.exact():
        limited = _limit(x, -(form.bias + 0.4) * math.log(2), form.exp_high)
        shifted, r, _ = _reduce(limited, form.bias)
        scale = _power_of_two(shifted)
        return (_expm1_near_zero(r) + 1.0) * scale


def exp(x: Value) -> Value:
    """e^x, within 1.1 ulp for every x."""
    f, form = x.fn, FORMATS[x.type.scalar]
    with f.exact():
        limited = _limit(x, form.exp_low, form.exp_high)
        shifted, r, _ = _reduce(limited, 2 * form.bias)
        # 2^k may not be a number, so it is applied as two factors.
        both = shifted.bitcast(x.type.integer)
        half = (both >> 1) & form.exponent_mask
        first, second = half << form.mantissa, (both - half) << form.mantissa
        return (_expm1_near_zero(r) + 1.0) * first.bitcast(x.type) * second.bitcast(x.type)


def _limit(x: Value, low: float, high: float) -> Value:
    """x between two bounds; NaN stays NaN."""
    f = x.fn
    return f.maximum(f.const(x.type, low), f.minimum(f.const(x.type, high), x))


def _reduce(x: Value, bias: int) -> tuple[Value, Value, Value]:
    """x = k log(2) + r with |r| <= log(2) / 2: a number whose low bits are k + bias; r; k.

    Cody and Waite, Software Manual for the Elementary Functions (1980); with the fused instruction the
    first step is exact without a shortened constant.
    """
    f, form = x.fn, FORMATS[x.type.scalar]
    shift = form.round_shift + bias
    shifted = f.fma(x, LOG2_E, shift)
    k = shifted - shift
    r = f.fma(k, -form.ln2_low, f.fma(k, -form.ln2_high, x))
    return shifted, r, k


def _power_of_two(shifted: Value) -> Value:
    """2^k from the first result of ``_reduce`` with the format's own bias; k = 1024 gives infinity."""
    form = FORMATS[shifted.type.scalar]
    return (shifted.bitcast(shifted.type.integer) << form.mantissa).bitcast(shifted.type)


def _expm1_near_zero(r: Value) -> Value:
    """exp(r) - 1 for |r| <= log(2) / 2."""
    square = r * r
    return r.fn.fma(square, _polynomial(r, square, FORMATS[r.type.scalar].exp_tail), r)


def _polynomial(x: Value, square: Value, coefficients: Sequence[float]) -> Value:
    """c0 + c1 x + c2 x^2 + ...: even and odd powers apart, Horner's count of operations, half his latency."""
    f = x.fn
    even, odd = _horner(square, coefficients[0::2]), _horner(square, coefficients[1::2])
    return f.fma(odd, x, even)


def _horner(x: Value, coefficients: Sequence[float]) -> Value:
    result = x.fn.const(x.type, coefficients[-1])
    for c in reversed(coefficients[:-1]):
        result = x.fn.fma(result, x, c)
    return result


# -- logarithm


def log_core(x: Value) -> Value:
    """The natural logarithm, within 1 ulp, of a positive normal number; infinity and NaN stay."""
    f = x.fn
    with f.exact():
        k, m = _split(x)
        return f.select(x < math.inf, _log_of_parts(k, m), x)


def log(x: Value) -> Value:
    """The natural logarithm within 1 ulp for every x; NaN below zero."""
    f = x.fn
    with f.exact():
        k, m = _split_any(x)
        return _at_the_ends(x, f.select(x < math.inf, _log_of_parts(k, m), x))


def _at_the_ends(x: Value, result: Value) -> Value:
    """A logarithm's result with minus infinity at zero and NaN below."""
    f = x.fn
    beyond = f.select(x.eq(0.0), f.const(x.type, -math.inf), math.nan)
    return f.select(x > 0.0, result, beyond)


def _split(x: Value, bias: Value | None = None) -> tuple[Value, Value]:
    """x = 2^k m with m between sqrt(1/2) and sqrt(2), for positive normal x. A bias is taken off k."""
    form = FORMATS[x.type.scalar]
    root = form.bits(math.sqrt(0.5))
    moved = x.bitcast(x.type.integer) + (form.bits(1.0) - root)
    m = (moved & ((1 << form.mantissa) - 1)) + root
    # The exponent as a number: put it in the low bits of 2^52, take 2^52 off.
    whole = (moved >> form.mantissa) | form.bits(2.0**form.mantissa)
    k = whole.bitcast(x.type) - (2.0**form.mantissa + form.bias if bias is None else bias)
    return k, m.bitcast(x.type)


def _split_any(x: Value) -> tuple[Value, Value]:
    """``_split`` for any positive x: a subnormal one is first brought into the normal range."""
    f, form = x.fn, FORMATS[x.type.scalar]
    lift = form.mantissa + 2
    small = x < form.smallest_normal
    bias = 2.0**form.mantissa + form.bias
    taken = f.select(small, f.const(x.type, bias + lift), bias)
    return _split(f.select(small, x * 2.0**lift, x), taken)


def _log_of_parts(k: Value, m: Value) -> Value:
    """k log(2) + log(m), with log(1 + g) = g - s (g - R), s = g / (2 + g), as in Sun's fdlibm (1993)."""
    f, form = k.fn, FORMATS[k.type.scalar]
    g = m - 1.0
    s = g / (g + 2.0)
    square = s * s
    rest = square * _polynomial(square, square * square, form.log_tail)
    low = f.fma(s, rest - g, k * form.ln2_low)
    return f.fma(k, form.ln2_high, g + low)


# -- the C library, lane by lane


def _each_lane(name: str) -> Callable[..., Value]:
    """A function of the C library, called once per lane in double."""

    def function(*arguments: Value) -> Value:
        kind = arguments[0].type
        f = arguments[0].fn
        if not kind.lanes:
            return _call_double(f, name, arguments)
        result = f.const(kind, 0.0)
        for lane in range(kind.lanes):
            result = result.with_lane(lane, _call_double(f, name, [a.lane(lane) for a in arguments]))
        return result

    function.__name__ = name
    return function


def _call_double(f: Function, name: str, arguments: Sequence[Value]) -> Value:
    kind = arguments[0].type
    return f.call(F64, name, *(a.convert(F64) for a in arguments)).convert(kind)


def sqrt(x: Value) -> Value:
    return x.fn.intrinsic("sqrt", x)


def absolute(x: Value) -> Value:
    return x.fn.intrinsic("fabs", x)


def floor(x: Value) -> Value:
    return x.fn.intrinsic("floor", x)


def ceil(x: Value) -> Value:
    return x.fn.intrinsic("ceil", x)


def factorial(x: Value) -> Value:
    """gamma(x + 1); NaN at its poles, as in the reference of ``exodyn.symbolic.expr``."""
    f = x.fn
    with f.exact():
        shifted = x + 1.0
        return f.select(shifted.eq(0.0), f.const(x.type, math.nan), _each_lane("tgamma")(shifted))


FUNCTIONS: dict[str, Callable[..., Value]] = {
    "abs": absolute,
    "acos": _each_lane("acos"),
    "acosh": _each_lane("acosh"),
    "asin": _each_lane("asin"),
    "asinh": _each_lane("asinh"),
    "atan": _each_lane("atan"),
    "atanh": _each_lane("atanh"),
    "ceil": ceil,
    "cos": _each_lane("cos"),
    "cosh": _each_lane("cosh"),
    "exp": exp,
    "expm1": _each_lane("expm1"),
    "factorial": factorial,
    "floor": floor,
    "log": log,
    "log10": _each_lane("log10"),
    "log1p": _each_lane("log1p"),
    "pow": _each_lane("pow"),
    "rem": _each_lane("fmod"),
    "sin": _each_lane("sin"),
    "sinh": _each_lane("sinh"),
    "sqrt": sqrt,
    "tan": _each_lane("tan"),
    "tanh": _each_lane("tanh"),
}
"""The operators of ``exodyn.symbolic.expr.EVALUATE`` that are functions, by name."""
