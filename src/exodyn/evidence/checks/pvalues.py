"""P values against the test statistics that are printed beside them, as statcheck does.

Nuijten and others 2016, Behavior Research Methods 48:1205.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from exodyn.evidence.checks.finding import (
    Finding,
    Peers,
    Printed,
    doubtful,
    impossible,
    sound,
    statistic,
    texts,
)
from exodyn.evidence.record import Record

_NUMBER = r"-?\d*\.?\d+(?:e-?\d+)?"
_TEST = re.compile(
    rf"\b(?P<name>t|F|z|Z|chi2|chi-squared|χ2|r)\s*(?:\(\s*(?P<df>{_NUMBER}(?:\s*,\s*{_NUMBER})?)\s*(?:,\s*[nN]\s*=\s*\d+)?\))?"
    rf"\s*=\s*(?P<value>{_NUMBER})\s*[,;]?\s*(?:one[- ](?:sided|tailed)\s*)?"
    rf"[pP]\s*(?P<sign>[<=>])\s*(?P<p>{_NUMBER})"
)
_ONE_SIDED = re.compile(r"\b(?:one|1)[- ](?:sided|tailed)\b", re.IGNORECASE)
_COLUMNS = (
    "statistic",
    "note",
    "results_summary",
    "what_was_found",
    "consistency",
    "value",
    "outcome",
    "claim",
)


def check(one: Record, peers: Peers) -> Iterator[Finding]:
    """Every test that the record's words print in full."""
    for text in texts(one, *_COLUMNS):
        for found in _TEST.finditer(text):
            yield from _of(found, one_sided=bool(_ONE_SIDED.search(text)))
    yield from _of_groups(one, peers)


def _of_groups(one: Record, peers: Peers) -> Iterator[Finding]:
    """The P of a treated mean against what a t test of the printed groups gives.

    Other tests may give another P, so only one that is ten times smaller is in doubt.
    """
    told = [
        match
        for text in texts(one, "statistic", "note")
        if not _TEST.search(text)
        for match in re.finditer(rf"\b[pP]\s*[<=]\s*({_NUMBER})", text)
    ]
    controls = [
        peer
        for peer in peers.of_study(one)
        if peer.fields.get("arm") == "control"
        and (peer.quantity, peer.time, peer.time_unit) == (one.quantity, one.time, one.time_unit)
    ]
    if not one.fields.get("arm", "").startswith("treated") or len(told) != 1 or len(controls) != 1:
        return
    ours, theirs = _group(one), _group(controls[0])
    if ours is None or theirs is None:
        return
    from scipy.stats import ttest_ind_from_stats

    p, printed = float(ttest_ind_from_stats(*ours, *theirs).pvalue), float(told[0][1])
    what = f"a t test of the groups ({one.id}, {controls[0].id}) gives P = {p:.2g}, printed {told[0].group()}"
    yield doubtful(what) if 10 * printed < p else sound(what)


def _group(one: Record) -> tuple[float, float, int] | None:
    """Mean, sd and n as printed; a spread of unknown kind as the sd, which gives the smaller P."""
    if one.value is None or one.n is None or one.n < 2 or len(one.spread) != 1 or not one.spread[0] > 0:
        return None
    if one.spread_kind not in ("sd", "sem", "unknown") or not statistic(one).startswith("mean"):
        return None
    return one.value, one.spread[0] * (one.n**0.5 if one.spread_kind == "sem" else 1.0), int(one.n)


def _of(found: re.Match[str], one_sided: bool) -> Iterator[Finding]:
    value, p = Printed.of(found["value"]), Printed.of(found["p"])
    if value is None:
        return
    df = [float(part) for part in re.findall(_NUMBER, found["df"] or "")]
    tail = _tail(found["name"], df)
    if tail is None:
        return
    size = abs(value.value)
    ends = sorted(tail(max(0.0, size + move)) for move in (-value.half, value.half))
    printed, exact = float(found["p"]), tail(size)
    half = p.half if p is not None else 0.05 * printed
    if not 0 <= printed <= 1:
        yield impossible(f"P is {printed:g}")
        return
    fits = {
        "=": ends[0] - half <= printed <= ends[1] + half,
        "<": ends[0] < printed,
        ">": ends[1] > printed,
    }[found["sign"]]
    what = f"{found.group().strip()}: the statistic gives P = {exact:.3g}"
    with_one = ends[0] / 2 - half <= printed <= ends[1] / 2 + half and found["name"] in "tzZr"
    if fits or (one_sided and (with_one or (found["sign"] == "<" and ends[0] / 2 < printed))):
        yield sound(what if fits else f"{what} with two sides, half of it with one, as it is printed")
    elif found["sign"] == "=" and with_one:
        yield doubtful(f"{what} with two sides, half of it with one")
    else:
        yield impossible(what)


def _tail(name: str, df: list[float]) -> Callable[[float], float] | None:
    """P as a function of the size of the statistic, with two sides where it has a sign."""
    from scipy.stats import chi2, f, norm, t

    if name in "zZ":
        return lambda x: float(2 * norm.sf(x))
    if name == "t" and len(df) == 1:
        return lambda x: float(2 * t.sf(x, df[0]))
    if name == "F" and len(df) == 2:
        return lambda x: float(f.sf(x, *df))
    if name in ("chi2", "chi-squared", "χ2") and len(df) == 1:
        return lambda x: float(chi2.sf(x, df[0]))
    if name == "r" and len(df) == 1:
        return lambda x: float(
            2 * t.sf(min(x, 0.999999) * (df[0] / (1 - min(x, 0.999999) ** 2)) ** 0.5, df[0])
        )
    return None
