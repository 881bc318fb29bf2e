"""GRIMMER and SPRITE: which standard deviations can n readings in steps, between two bounds, have.

Anaya 2016 (GRIMMER) and Allard 2018 (its analytic form): the sum of squares is a whole number, even or odd as
the sum is. Heathers, Anaya, van der Zee and Brown 2018 (SPRITE): some sample within the bounds must have both
numbers; here by the least and the greatest sum of squares that a sum allows, instead of by search.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from exodyn.evidence.checks.finding import Finding, Peers, Printed, doubtful, impossible, sound
from exodyn.evidence.checks.means import plain_mean, sums
from exodyn.evidence.record import Record


def check(one: Record, peers: Peers) -> Iterator[Finding]:
    """Whether some sample of the scale has the printed mean and standard deviation."""
    scale, mean = plain_mean(one)
    sd = Printed.of(one.fields.get("spread", ""))
    if scale is None or mean is None or sd is None or one.n is None or one.n < 2:
        return
    if one.spread_kind not in ("sd", "sem", "unknown"):
        return
    n = int(one.n)
    if one.spread_kind == "sem":
        sd = Printed(sd.value * math.sqrt(n), sd.half * math.sqrt(n))
    if not sums(mean, n, scale.step):
        return  # said by the check of means
    among = f"{n} readings of {scale.name} ({scale.low:g} to {scale.high:g}) with a mean of {mean.value:g}"
    shown = (
        f"{'a standard deviation' if one.spread_kind != 'sem' else 'a standard error'} of {one.spread[0]:g}"
    )
    if possible(mean, sd, n, step=scale.step, low=scale.low, high=scale.high):
        yield sound(f"{among} can have {shown}")
        return
    if one.spread_kind == "unknown":
        error = Printed(sd.value * math.sqrt(n), sd.half * math.sqrt(n))
        if possible(mean, error, n, step=scale.step, low=scale.low, high=scale.high):
            yield sound(f"{among} can have a standard error of {one.spread[0]:g}, no such deviation")
        else:
            yield doubtful(f"no {among} have {shown}, nor such a standard error")
        return
    near = Printed(sd.value, 2 * sd.half)
    apart = scale.step**2 / (n - 1) / max(sd.value, sd.half)  # of the standard deviations that there can be
    if apart > 4 * near.half and possible(mean, near, n, step=scale.step, low=scale.low, high=scale.high):
        yield doubtful(f"{among} have {shown} only if digits were cut, or rounded twice")
        return
    too_wide = not possible(mean, sd, n, step=None, low=scale.low, high=scale.high)
    if too_wide:
        yield impossible(f"no {among} have {shown}: the bounds do not leave room for it")
    else:
        yield impossible(f"no {among} have {shown}: the squares do not add up in steps of {scale.step:g}")


def possible(
    mean: Printed,
    sd: Printed,
    n: int,
    *,
    step: float | None = 1.0,
    low: float = -math.inf,
    high: float = math.inf,
) -> bool:
    """Whether n readings between low and high, in steps (None: of any value), can print this mean and sd.

    n: 2 or more. The sd is the sample's, with n - 1.
    """
    totals = range(0) if step is None else sums(mean, n, step)
    if step is None or totals.stop - totals.start > 1000:  # so many sums that steps no longer matter
        middle = min(max(mean.value, low), high)
        widest = math.sqrt(max(0.0, (middle + mean.half - low) * (high - middle + mean.half)) * n / (n - 1))
        return sd.value - sd.half <= widest
    bounds = (low / step, high / step)
    low_sd, high_sd = max(0.0, sd.value - sd.half) / step, (sd.value + sd.half) / step
    for total in totals:
        least, greatest = _squares(total, n, *bounds)
        centre = total * total / n
        first = max(least, math.ceil((n - 1) * low_sd**2 + centre - 1e-6))
        last = min(greatest, (n - 1) * high_sd**2 + centre + 1e-6)
        if (first - total) % 2:  # x and x squared are both even or both odd
            first += 1
        if first <= last:
            return True
    return False


def _squares(total: int, n: int, low: float, high: float) -> tuple[int, float]:
    """The least and the greatest sum of squares of n whole numbers between low and high with this sum."""
    each, rest = divmod(total, n)
    least = rest * (each + 1) ** 2 + (n - rest) * each**2
    if math.isinf(low) or math.isinf(high):
        return least, math.inf
    if not low * n <= total <= high * n:
        return least, -math.inf
    low_int, high_int = math.ceil(low), math.floor(high)
    if low_int == high_int:
        return least, least
    tops, over = divmod(total - n * low_int, high_int - low_int)
    greatest = tops * high_int**2 + (n - tops) * low_int**2
    if over:
        greatest += (low_int + over) ** 2 - low_int**2
    return least, greatest
