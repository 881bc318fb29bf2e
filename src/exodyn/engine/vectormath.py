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
    exp_rest: Sequence[float]  # (exp(r) - 1 - r - r^2 / 2) / r^3
    exp2_tail: Sequence[float]  # (2^r - 1) / r
    log_tail: Sequence[float]  # (2 atanh(s) / s - 2) / s^2, in powers of s^2

    @property
    def round_shift(self) -> float:
        """Added to a small number, it leaves the nearest whole number in the low bits of the mantissa."""
        return 1.5 * 2.0**self.mantissa

    @property
    def exponent_mask(self) -> int:
        return 2 * self.bias + 1

    @property
    def epsilon(self) -> float:
        """The distance from 1 to the next number."""
        return 2.0**-self.mantissa

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
        exp_rest=(
            0.1666666666666658,
            0.04166666666661885,
            0.008333333333412515,
            0.0013888888921055424,
            0.0001984126963736878,
            2.480151557710292e-05,
            2.7557505574543104e-06,
            2.7622557916415523e-07,
            2.5015803436417286e-08,
        ),
        exp2_tail=(
            0.6931471805599453,
            0.2402265069591013,
            0.055504108664820084,
            0.00961812910759412,
            0.0013333558146774623,
            0.00015403530457112132,
            1.5252733493125708e-05,
            1.3215435282292017e-06,
            1.0178199572627434e-07,
            7.073783250851153e-09,
            4.434771174834135e-10,
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
        exp_rest=(
            0.1666654778606909,
            0.04166708973166517,
            0.008366177693752912,
            0.0013874601701966281,
        ),
        exp2_tail=(
            0.6931472028547613,
            0.2402264791352261,
            0.0555033247159439,
            0.009618437373103226,
            0.0013398874282215185,
            0.00015353357481004732,
        ),
        log_tail=(0.6666677638199341, 0.3997754152114134, 0.298717293116651),
    ),
}

LOG2_E = 1.4426950408889634

# The rest is for double only; float goes through double there.
LN2_SHORT = float.fromhex("0x1.62e42fefa4p-1")  # log(2) in 40 bits: k times it is exact
LN2_REST = float.fromhex("-0x1.8432a1b0e2634p-43")
LOG10_E = float.fromhex("0x1.bcb7b1526e50ep-2"), float.fromhex("0x1.95355baaafad3p-57")
TWO_THIRDS = float.fromhex("0x1.5555555555555p-1"), float.fromhex("0x1.5555555555555p-55")
HALF_PI = (
    float.fromhex("0x1.921fb54442d18p+0"),
    float.fromhex("0x1.1a62633145c07p-54"),
    float.fromhex("-0x1.f1976b7ed8fbcp-110"),
)
LOG_REST = (  # (log_tail - 2/3) / s^2
    0.40000000000002256,
    0.2857142857010006,
    0.22222222519825055,
    0.181817843765382,
    0.15386756862729173,
    0.1325682937877158,
    0.13196214705555237,
)
SIN_TAIL = (  # (sin(r) / r - 1) / r^2, in powers of r^2
    -0.16666666666666632,
    0.008333333333322418,
    -0.0001984126982981228,
    2.7557313693539644e-06,
    -2.5050758379620397e-08,
    1.589681154724325e-10,
)
COS_TAIL = (  # (cos(r) - 1 + r^2 / 2) / r^4
    0.0416666666666666,
    -0.0013888888888874131,
    2.4801587289487033e-05,
    -2.755731435379386e-07,
    2.0875723479578184e-09,
    -1.1359658867640124e-11,
)
ANGLE_LIMIT = 2.0**30
"""Beyond, the three parts of pi/2 are too short and the C library takes over."""


# -- exponential


@dataclass(frozen=True)
class Reduced:
    """x = k log(2) + r + tail, |r| <= log(2) / 2."""

    shifted: Value  # its low bits are k plus a bias
    k: Value
    r: Value
    tail: Value  # what rounding took from r


def exp2_core(x: Value) -> Value:
    """2^x, within 1.2 ulp where the result is a normal number: infinity and zero beyond; NaN stays NaN.

    A sixth faster than e^x: its reduction is one subtraction. A constant factor of the argument can take
    log2(e) along, as the order of a Hill term does.
    """
    f, form = x.fn, FORMATS[x.type.scalar]
    with f.exact():
        shift = form.round_shift + form.bias
        limited = _limit(x, -(form.bias + 0.4), form.bias + 1.2)
        shifted = limited + shift
        r = limited - (shifted - shift)
        return f.fma(r, _polynomial(r, r * r, form.exp2_tail), 1.0) * _power_of_two(shifted)


def exp(x: Value) -> Value:
    """e^x, within 1 ulp for every x."""
    form = FORMATS[x.type.scalar]
    with x.fn.exact():
        return _exp_of(_reduce(_limit(x, form.exp_low, form.exp_high), 2 * form.bias))


def expm1(x: Value) -> Value:
    """e^x - 1, within 1.2 ulp for every x."""
    f, form = x.fn, FORMATS[x.type.scalar]
    with f.exact():
        high, low = _half_expm1(x)
        return f.select(absolute(x) < form.epsilon / 4, x, (high + low) * 2.0)


def sinh(x: Value) -> Value:
    """The hyperbolic sine, within 1 ulp for every x."""
    f, form = x.fn, FORMATS[x.type.scalar]
    with f.exact():
        size = absolute(x)
        reduced, scale, small = _hyperbolic(size)
        result = _combine(_fast_two_sum(scale, -small), _fast_two_sum(scale, small), reduced)
        return _copy_sign(f.select(size < math.sqrt(form.epsilon), size, result), x)


def cosh(x: Value) -> Value:
    """The hyperbolic cosine, within 1 ulp for every x."""
    with x.fn.exact():
        reduced, scale, small = _hyperbolic(absolute(x))
        return _combine(_fast_two_sum(scale, small), _fast_two_sum(scale, -small), reduced)


def tanh(x: Value) -> Value:
    """The hyperbolic tangent, within 1 ulp for every x."""
    f, form = x.fn, FORMATS[x.type.scalar]
    with f.exact():
        size = absolute(x)
        high, low = _half_expm1(size * -2.0)
        upper, upper_low = _fast_two_sum(-high, -low)
        lower, lower_low = _fast_two_sum(f.const(x.type, 1.0), -upper)
        result = _ratio(upper, upper_low, lower, lower_low - upper_low)
        return _copy_sign(f.select(size < form.epsilon, size, result), x)


def _limit(x: Value, low: float, high: float) -> Value:
    """x between two bounds; NaN stays NaN."""
    f = x.fn
    return f.maximum(f.const(x.type, low), f.minimum(f.const(x.type, high), x))


def _reduce(x: Value, bias: int, low: Value | None = None) -> Reduced:
    """Take the nearest multiple of log(2) off x, or off x + low.

    Cody and Waite, Software Manual for the Elementary Functions (1980); with the fused instruction the
    first step is exact without a shortened constant.
    """
    f, form = x.fn, FORMATS[x.type.scalar]
    shift = form.round_shift + bias
    shifted = f.fma(x, LOG2_E, shift)
    k = shifted - shift
    first = f.fma(k, -form.ln2_high, x)
    if low is None:
        r = f.fma(k, -form.ln2_low, first)
        return Reduced(shifted, k, r, f.fma(k, -form.ln2_low, first - r))
    r, tail = _fast_two_sum(first, f.fma(k, -form.ln2_low, low))
    return Reduced(shifted, k, r, tail)


def _power_of_two(shifted: Value) -> Value:
    """2^k from a reduction with the format's own bias; k = 1024 gives infinity."""
    return (_bits(shifted) << FORMATS[shifted.type.scalar].mantissa).bitcast(shifted.type)


def _curved(r: Value, more: Value) -> Value:
    """exp(r) - 1 - r + more, for |r| <= log(2) / 2."""
    f, square = r.fn, r * r
    rest = _polynomial(r, square, FORMATS[r.type.scalar].exp_rest)
    return f.fma(square, f.fma(rest, r, 0.5), more)


def _exp_of(reduced: Reduced) -> Value:
    """The exponential of a number reduced with twice the format's bias."""
    f, form = reduced.r.fn, FORMATS[reduced.r.type.scalar]
    high, low = _fast_two_sum(f.const(reduced.r.type, 1.0), reduced.r)
    result = high + (low + _curved(reduced.r, reduced.tail))
    # 2^k alone may not be a number, so it is applied as two factors.
    both = _bits(reduced.shifted)
    half = (both >> 1) & form.exponent_mask
    for factor in (half, both - half):
        result = result * (factor << form.mantissa).bitcast(result.type)
    return result


def _half_expm1(x: Value) -> tuple[Value, Value]:
    """(e^x - 1) / 2 as a sum of two; the half keeps 2^k finite."""
    f, form = x.fn, FORMATS[x.type.scalar]
    reduced = _reduce(_limit(x, -(form.mantissa + 4) * math.log(2), form.exp_high), form.bias - 1)
    r, scale = reduced.r, _power_of_two(reduced.shifted)
    base, base_low = _fast_two_sum(f.const(x.type, -0.5), scale)
    high = f.fma(scale, r, base)
    low = f.fma(scale, r, base - high) + base_low
    return high, f.fma(scale, _curved(r, f.fma(r, reduced.tail, reduced.tail)), low)


def _hyperbolic(x: Value) -> tuple[Reduced, Value, Value]:
    """For x = k log(2) + r >= 0: its parts, 2^k / 4 and 2^-k / 4."""
    f, form = x.fn, FORMATS[x.type.scalar]
    reduced = _reduce(f.minimum(f.const(x.type, form.exp_high + 0.6), x), form.bias - 2)
    scale = _power_of_two(reduced.shifted)
    # 2^-k is of no account long before it stops being a number.
    opposite = ((2 * (form.bias - 2) << form.mantissa) - _bits(scale)).bitcast(x.type)
    return reduced, scale, f.select(reduced.k < form.bias / 2, opposite, 0.0)


def _combine(a: tuple[Value, Value], b: tuple[Value, Value], reduced: Reduced) -> Value:
    """2 (a cosh(r) + b sinh(r)), where the two large terms, a and b r, lose nothing."""
    r, f, form = reduced.r, reduced.r.fn, FORMATS[reduced.r.type.scalar]
    square = r * r
    even = square * f.fma(square, _horner(square, form.exp_rest[1::2]), 0.5)
    odd = f.fma(square * r, _horner(square, form.exp_rest[0::2]), reduced.tail)
    first, first_low = _product(b[0], r)
    high, low = _fast_two_sum(a[0], first)
    small = f.fma(a[0], even, f.fma(b[0], odd, f.fma(b[1], r, a[1])))
    return (high + (low + first_low + small)) * 2.0


# -- logarithm


def log_core(x: Value) -> Value:
    """The natural logarithm, within 1 ulp, of a positive normal number; infinity and NaN stay."""
    f = x.fn
    with f.exact():
        k, m = _split(x)
        return f.select(x < math.inf, _log_of(k, m - 1.0), x)


def log(x: Value) -> Value:
    """The natural logarithm, within 1 ulp for every x; NaN below zero."""
    f = x.fn
    with f.exact():
        k, m = _split_any(x)
        return _at_the_ends(x, f.select(x < math.inf, _log_of(k, m - 1.0), x))


def log10(x: Value) -> Value:
    """The decimal logarithm, within 1 ulp for every x; NaN below zero."""
    f = x.fn
    with f.exact():
        result = _log10_of_float(x) if x.type.scalar == "float" else _log10_of_double(x)
        return _at_the_ends(x, f.select(x < math.inf, result, x))


def _log10_of_float(x: Value) -> Value:
    return (log_core(x.convert(x.type.of("double"))) * LOG10_E[0]).convert(x.type)


def _log10_of_double(x: Value) -> Value:
    f = x.fn
    high, low = _log_twofold(*_split_any(x))
    product = high * LOG10_E[0]
    rest = f.fma(high, LOG10_E[1], f.fma(high, LOG10_E[0], -product))
    return product + f.fma(low, LOG10_E[0], rest)


def log1p(x: Value) -> Value:
    """log(1 + x), within 1.1 ulp for every x; NaN below -1."""
    f, form = x.fn, FORMATS[x.type.scalar]
    with f.exact():
        total = x + 1.0
        back = total - x
        lost = (x - (total - back)) + (1.0 - back)
        k, m = _split(total)
        # What the sum lost, at the scale of m; nothing that counts where 2^-k may not be a number.
        inverse = (form.bits(1.0) + _bits(m) - _bits(total)).bitcast(x.type)
        inverse = f.select(x < 2.0 ** (form.bias / 2), inverse, 0.0)
        first = m - 1.0
        g = f.fma(lost, inverse, first)
        result = _log_of(k, g, f.fma(lost, inverse, first - g))
        # Minus infinity at total = 0, NaN below; zero keeps its sign, infinity and NaN stay.
        return f.select((x < math.inf) & x.ne(0.0), _at_the_ends(total, result), _at_the_ends(total, x))


def _at_the_ends(x: Value, result: Value) -> Value:
    """A logarithm's result with minus infinity at zero and NaN below."""
    f = x.fn
    beyond = f.select(x.eq(0.0), f.const(result.type, -math.inf), math.nan)
    return f.select(x > 0.0, result, beyond)


def _split(x: Value, bias: Value | None = None) -> tuple[Value, Value]:
    """x = 2^k m with m between sqrt(1/2) and sqrt(2), for positive normal x. A bias is taken off k."""
    form = FORMATS[x.type.scalar]
    root = form.bits(math.sqrt(0.5))
    moved = _bits(x) + (form.bits(1.0) - root)
    m = (moved & ((1 << form.mantissa) - 1)) + root
    # The exponent as a number: put it in the low bits of 2^52, take 2^52 off.
    whole = (moved >> form.mantissa) | form.bits(2.0**form.mantissa)
    k = whole.bitcast(x.type) - (2.0**form.mantissa + form.bias if bias is None else bias)
    return k, m.bitcast(x.type)


def _split_any(x: Value) -> tuple[Value, Value]:
    """``_split`` for any positive x: a subnormal one is first brought into the normal range."""
    f, form = x.fn, FORMATS[x.type.scalar]
    lift = form.mantissa + 2
    small = x < 2.0 ** (1 - form.bias)
    bias = 2.0**form.mantissa + form.bias
    taken = f.select(small, f.const(x.type, bias + lift), bias)
    return _split(f.select(small, x * 2.0**lift, x), taken)


def _log_of(k: Value, g: Value, tail: Value | None = None) -> Value:
    """k log(2) + log(1 + g + tail).

    log(1 + g) = g - s (g - R) with s = g / (2 + g), R = s^2 (2/3 + ...), as in Sun's fdlibm (1993).
    """
    f, form = k.fn, FORMATS[k.type.scalar]
    s = g / (g + 2.0)
    square = s * s
    rest = square * _polynomial(square, square * square, form.log_tail)
    small = k * form.ln2_low if tail is None else f.fma(k, form.ln2_low, tail)
    return f.fma(k, form.ln2_high, g + f.fma(s, rest - g, small))


def _log_twofold(k: Value, m: Value) -> tuple[Value, Value]:
    """k log(2) + log(m) as a sum of two doubles, right to 2^-64.

    log(m) = 2 s + s^3 (2/3 + ...) with s = (m - 1) / (m + 1).
    """
    f = k.fn
    upper = m - 1.0
    lower = m + 1.0
    lower_low = m - (lower - 1.0)
    inverse = 1.0 / lower
    s = upper * inverse
    s_low = f.fma(s, -lower_low, f.fma(-s, lower, upper)) * inverse
    z, z_low = _product(s, s)
    z_low = f.fma(s * 2.0, s_low, z_low)
    series = f.fma(z, _polynomial(z, z * z, LOG_REST), TWO_THIRDS[1])
    t, t_low = _fast_two_sum(f.const(k.type, TWO_THIRDS[0]), series)
    t_low = f.fma(z_low, LOG_REST[0], t_low)
    u, u_low = _product(z, t)
    u_low = u_low + f.fma(z, t_low, z_low * t)
    cube, cube_low = _product(s, u)
    cube_low = cube_low + f.fma(s, u_low, s_low * u)
    high, low = _fast_two_sum(s * 2.0, cube)
    whole, whole_low = _fast_two_sum(k * LN2_SHORT, high)
    return whole, whole_low + (f.fma(k, LN2_REST, low) + f.fma(s_low, 2.0, cube_low))


# -- power


def pow(x: Value, y: Value) -> Value:
    """x^y, within 1 ulp, with every special case of C99 (annex F.9.4.4)."""
    f = x.fn
    with f.exact():
        size = absolute(x)
        result = _pow_of_float(size, y) if x.type.scalar == "float" else _pow_of_double(size, y)
        return _pow_specials(x, y, size, result)


def _pow_of_float(x: Value, y: Value) -> Value:
    wide = x.type.of("double")
    return exp2_core(y.convert(wide) * (log_core(x.convert(wide)) * math.log2(math.e))).convert(x.type)


def _pow_of_double(x: Value, y: Value) -> Value:
    """x^y of positive numbers: the logarithm to 64 bits, its product with y to more."""
    f, form = x.fn, FORMATS["double"]
    high, low = _log_twofold(*_split_any(x))
    product = y * high
    rest = f.fma(y, low, f.fma(y, high, -product))
    # Where the product overflows, the rest is no number; the result is zero or infinity.
    rest = f.select(absolute(product) < 1000.0, rest, 0.0)
    return _exp_of(_reduce(_limit(product, form.exp_low, form.exp_high), 2 * form.bias, rest))


def _pow_specials(x: Value, y: Value, size: Value, result: Value) -> Value:
    f, form = x.fn, FORMATS[x.type.scalar]
    infinite = absolute(y).eq(math.inf)
    limit = f.select((size > 1.0) ^ (y < 0.0), f.const(x.type, math.inf), 0.0)
    result = f.select(size.eq(0.0) | size.eq(math.inf) | infinite, limit, result)
    # A whole y gives the power of a negative base, with its sign where y is odd.
    whole, half = y.eq(floor(y)), y * 0.5
    odd = whole & half.ne(floor(half))
    sign = f.select(odd, _bits(x) & form.bits(-0.0), 0)
    result = (_bits(result) | sign).bitcast(x.type)
    result = f.select((x < 0.0) & (size < math.inf) & ~whole, f.const(x.type, math.nan), result)
    result = f.select(x.unordered() | y.unordered(), f.const(x.type, math.nan), result)
    return f.select(x.eq(1.0) | y.eq(0.0) | (size.eq(1.0) & infinite), f.const(x.type, 1.0), result)


# -- sine, cosine, tangent


def sin(x: Value) -> Value:
    """The sine, within 1 ulp for every x."""
    return _circular("sin", _sin, x)


def cos(x: Value) -> Value:
    """The cosine, within 1 ulp for every x."""
    return _circular("cos", _cos, x)


def tan(x: Value) -> Value:
    """The tangent, within 1.1 ulp for every x."""
    return _circular("tan", _tan, x)


def _circular(name: str, near: Callable[[Value], Value], x: Value) -> Value:
    """A function of an angle: inline up to 2^30, beyond by the C library for those lanes; float in double."""
    f = x.fn
    wide = x.convert(x.type.of("double"))
    with f.exact():
        result = f.variable(wide.type, near(wide))
        far = absolute(wide) >= ANGLE_LIMIT
        with f.when(f.any(far) if x.type.lanes else far):
            result.set(f.select(far, _each_lane(name)(wide), result.get()))
        return result.get().convert(x.type)


def _sin(x: Value) -> Value:
    f = x.fn
    quadrant, r, tail = _reduce_angle(x)
    s, s_low, c, c_low = _sin_cos(r, tail)
    result = f.select((quadrant & 1).eq(0), s + s_low, c + c_low)
    return f.select(absolute(x) < 2.0**-27, x, _turn(result, quadrant & 2))


def _cos(x: Value) -> Value:
    quadrant, r, tail = _reduce_angle(x)
    s, s_low, c, c_low = _sin_cos(r, tail)
    return _turn(x.fn.select((quadrant & 1).eq(0), c + c_low, s + s_low), (quadrant + 1) & 2)


def _tan(x: Value) -> Value:
    f = x.fn
    quadrant, r, tail = _reduce_angle(x)
    s, s_low, c, c_low = _sin_cos(r, tail)
    s, s_low = _fast_two_sum(s, s_low)
    c, c_low = _fast_two_sum(c, c_low)
    even = (quadrant & 1).eq(0)
    upper, lower = f.select(even, s, c), f.select(even, c, s)
    result = _ratio(upper, f.select(even, s_low, c_low), lower, f.select(even, c_low, s_low))
    return f.select(absolute(x) < 2.0**-27, x, _turn(result, (quadrant & 1) << 1))


def _turn(x: Value, sign: Value) -> Value:
    """x with its sign changed where ``sign`` is 2."""
    return (_bits(x) ^ (sign << 62)).bitcast(x.type)


def _reduce_angle(x: Value) -> tuple[Value, Value, Value]:
    """x = n pi/2 + r + tail, |r| <= pi/4, for |x| < 2^30: a word with n in its low bits, r, tail."""
    f = x.fn
    shift = 1.5 * 2.0**52
    shifted = f.fma(x, 2 / math.pi, shift)
    n = shifted - shift
    first = f.fma(n, -HALF_PI[0], x)  # exact
    second, second_low = _product(n, f.const(x.type, -HALF_PI[1]))
    r, low = _two_sum(first, second)
    return (_bits(shifted), *_fast_two_sum(r, f.fma(n, -HALF_PI[2], low + second_low)))


def _sin_cos(r: Value, tail: Value) -> tuple[Value, Value, Value, Value]:
    """sin(r + tail) and cos(r + tail), each as a sum of two, for |r| <= pi/4."""
    f = r.fn
    z = r * r
    half = z * 0.5
    fourth = z * z
    s_low = f.fma(r * z, _polynomial(z, fourth, SIN_TAIL), f.fma(tail, -half, tail))
    c, c_low = _fast_two_sum(f.const(r.type, 1.0), -half)
    return r, s_low, c, c_low + f.fma(fourth, _polynomial(z, fourth, COS_TAIL), -r * tail)


# -- parts that all use


def _bits(x: Value) -> Value:
    return x.bitcast(x.type.integer)


def _copy_sign(x: Value, sign: Value) -> Value:
    return x.fn.intrinsic("copysign", x, sign)


def _two_sum(a: Value, b: Value) -> tuple[Value, Value]:
    """a + b rounded, and what the rounding lost (Knuth)."""
    total = a + b
    back = total - a
    return total, (a - (total - back)) + (b - back)


def _fast_two_sum(a: Value, b: Value) -> tuple[Value, Value]:
    """The same where a is the larger one, or zero (Dekker)."""
    total = a + b
    return total, (a - total) + b


def _product(a: Value, b: Value) -> tuple[Value, Value]:
    """A product rounded, and what the rounding lost."""
    product = a * b
    return product, a.fn.fma(a, b, -product)


def _ratio(a: Value, a_low: Value, b: Value, b_low: Value) -> Value:
    """(a + a_low) / (b + b_low), rounded almost as if once."""
    f = a.fn
    inverse = 1.0 / b
    quotient = a * inverse
    left = f.fma(-quotient, b, a) + f.fma(-quotient, b_low, a_low)
    return f.fma(left, inverse, quotient)


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
    "cos": cos,
    "cosh": cosh,
    "exp": exp,
    "expm1": expm1,
    "factorial": factorial,
    "floor": floor,
    "log": log,
    "log10": log10,
    "log1p": log1p,
    "pow": pow,
    "rem": _each_lane("fmod"),
    "sin": sin,
    "sinh": sinh,
    "sqrt": sqrt,
    "tan": tan,
    "tanh": tanh,
}
"""The operators of ``exodyn.symbolic.expr.EVALUATE`` that are functions, by name."""
