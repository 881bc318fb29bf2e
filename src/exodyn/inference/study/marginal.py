"""The likelihood of data given what virtual patients show, averaged over them, with its derivatives.

A subject's readings have the density that they have in one virtual patient, averaged over all of them: what
is not known of a subject is integrated over. A group's mean and SD have those of its virtual patients; its
means at several visits are correlated, because the same subjects were read.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from exodyn.inference.likelihoods import mean_and_sd, mean_with_error
from exodyn.inference.objective import Impossible
from exodyn.inference.study.data import Counts, Mean, Reading, Unit
from exodyn.inference.study.reading import TINY, Law, slopes

Floats = NDArray[np.float64]
Columns = dict[str, Floats]


@dataclass
class Slopes:
    """A log likelihood; its derivatives by outputs, float64[patients, times, outputs], traits and noise."""

    value: float
    outputs: Floats
    traits: Columns
    noise: dict[str, float]


def likelihood(
    units: Sequence[Unit],
    values: Floats,
    times: Floats,
    outputs: Sequence[str],
    columns: Columns,
    laws: Mapping[str, Law],
    noise: Mapping[str, float],
) -> Slopes:
    """The log likelihood of units that the same virtual patients stand behind.

    values: of the model's outputs, float64[patients, times, outputs]; columns: traits as ``trait:NAME``;
    noise: errors by name. Raises Impossible where a group's spread is zero.
    """
    total = _Sum(values, times, outputs, columns, noise)
    with np.errstate(all="ignore"):
        subjects = [unit for unit in units if unit.readings]
        if subjects:
            _subjects(total, subjects, laws)
        for unit in units:
            if unit.means:
                _means(total, unit.means, laws)
            for counts in unit.counts:
                _counts(total, counts, laws[counts.readout])
    return total.found


class _Sum:
    """Collects derivatives by outputs, traits and noise for one pattern."""

    def __init__(
        self,
        values: Floats,
        times: Floats,
        outputs: Sequence[str],
        columns: Columns,
        noise: Mapping[str, float],
    ) -> None:
        self.values, self.noise = values, noise
        self.place = {name: i for i, name in enumerate(outputs)}
        self.time = {time: i for i, time in enumerate(times.tolist())}
        self.traits = {
            name.removeprefix("trait:"): column
            for name, column in columns.items()
            if name.startswith("trait:")
        }
        self.found = Slopes(
            0.0,
            np.zeros_like(values),
            {name: np.zeros(len(values)) for name in self.traits},
            dict.fromkeys(noise, 0.0),
        )

    def seen(self, law: Law, time: float) -> Columns:
        """What a law reads at a time, float64[patients] by name."""
        patients = len(self.values)
        found = {}
        for name in law.reads:
            if name in self.place:
                found[name] = self.values[:, self.time[time], self.place[name]]
            elif name in self.noise:
                found[name] = np.full(patients, self.noise[name])
            else:
                found[name] = self.traits[name]
        return found

    def add(self, time: float, by: Mapping[str, Floats]) -> None:
        """Derivatives by what was seen at a time, float64[patients] by name."""
        for name, slope in by.items():
            if name in self.place:
                self.found.outputs[:, self.time[time], self.place[name]] += slope
            elif name in self.noise:
                self.found.noise[name] += float(np.sum(slope))
            else:
                self.found.traits[name] += slope


def _subjects(total: _Sum, subjects: Sequence[Unit], laws: Mapping[str, Law]) -> None:
    """Readings of subjects: their density in each virtual patient, averaged over those alive by then."""
    patients = len(total.values)
    logs = np.zeros((len(subjects), patients))
    alive = np.zeros((len(subjects), patients))
    rows: dict[tuple[float, str], list[tuple[int, Reading]]] = {}
    last: dict[tuple[int, str], float] = {}
    for s, unit in enumerate(subjects):
        for one in unit.readings:
            rows.setdefault((one.time, one.readout), []).append((s, one))
            last[s, one.readout] = max(one.time, last.get((s, one.readout), one.time))
    kept = []
    for (time, readout), its in rows.items():
        law = laws[readout]
        seen = total.seen(law, time)
        who = np.array([s for s, _ in its])
        low, high = (np.array([[getattr(one, end)] for _, one in its]) for end in ("low", "high"))
        density = law.density(low, high, seen)
        logs[who] += np.broadcast_to(density.log, (len(its), patients))
        kept.append((time, who, density.by))
        ends = np.array([s for s, _ in its if last[s, readout] == time], dtype=np.int64)
        if ends.size and law.ends_with_death:
            share, by = _alive(law, seen)
            alive[ends] += np.log(np.maximum(share, TINY))
            kept.append((time, ends, {f"alive:{name}": slope / share for name, slope in by.items()}))
    sums, base = _log_sum(logs + alive), _log_sum(alive)
    total.found.value += float(np.sum(sums - base))
    if not math.isfinite(total.found.value):
        return
    weight = np.exp(logs + alive - sums[:, None])
    prior = np.exp(alive - base[:, None])
    for time, who, slopes_of in kept:
        for name, slope in slopes_of.items():
            of_alive = name.startswith("alive:")
            used = weight[who] - prior[who] if of_alive else weight[who]
            total.add(time, {name.removeprefix("alive:"): np.sum(used * slope, axis=0)})


def _log_sum(logs: Floats) -> Floats:
    """Logarithm of the sum of exponentials over patients, [subjects]."""
    top = logs.max(axis=1)
    return np.asarray(top + np.log(np.exp(logs - np.where(np.isfinite(top), top, 0.0)[:, None]).sum(axis=1)))


def _alive(law: Law, seen: Columns) -> tuple[Floats, Columns]:
    """The probability of a reading and its derivatives; those that are zero left out."""
    if not law.ends_with_death:
        return law.alive(seen), {}
    by = slopes(law.alive, seen)
    return law.alive(seen), {name: slope for name, slope in by.items() if np.any(slope)}


def _means(total: _Sum, means: Sequence[Mean], laws: Mapping[str, Law]) -> None:
    """Means and SDs of a group: means at several times jointly normal, each SD by its chi-squared law."""
    seen = [total.seen(laws[one.readout], one.time) for one in means]
    m, v = (
        np.array(each)
        for each in zip(
            *(laws[one.readout].moments(s) for one, s in zip(means, seen, strict=True)), strict=True
        )
    )
    alive = [_alive(laws[one.readout], s) for one, s in zip(means, seen, strict=True)]
    share = np.array([each for each, _ in alive])
    whole = share.sum(axis=1, keepdims=True)
    w = share / whole
    mu = np.sum(w * m, axis=1)
    root = np.sqrt(w)
    off = root * (m - mu[:, None])
    spread = off @ off.T + np.diag(np.sum(w * v, axis=1))
    n = np.array([one.n for one in means])
    together = np.minimum.outer(n, n) / np.outer(n, n)  # the smaller group's subjects are in both
    y = np.array([one.value for one in means])
    value, by_mu, by_spread = _joint_normal(y - mu, spread * together)
    by_spread = by_spread * together
    for i, one in enumerate(means):
        if one.sd is not None and one.n > 1 and one.sd > 0:
            sd = math.sqrt(spread[i, i])
            both = mean_and_sd(0.0, one.sd, one.n, 0.0, sd)
            alone = mean_with_error(0.0, sd / math.sqrt(one.n), 0.0)
            value += both.total - alone.total
            by_spread[i, i] += (float(both.by["predicted_sd"]) + 1 / sd) / (2 * sd)
    total.found.value += value
    # back through mu = sum w m, off = sqrt(w) (m - mu), spread = off off' + diag(sum w v)
    by_off = 2 * by_spread @ off
    by_mu = by_mu - np.sum(by_off * root, axis=1)
    by_m = by_off * root + by_mu[:, None] * w
    by_v = np.diag(by_spread)[:, None] * w
    by_w = (
        by_off * (m - mu[:, None]) / (2 * np.maximum(root, TINY))
        + by_mu[:, None] * m
        + np.diag(by_spread)[:, None] * v
    )
    by_share = (by_w - np.sum(w * by_w, axis=1, keepdims=True)) / whole
    for i, one in enumerate(means):
        law = laws[one.readout]
        by_moment = slopes(lambda s, law=law: np.array(law.moments(s)), seen[i])  # type: ignore[misc]
        total.add(one.time, {name: by_m[i] * by[0] + by_v[i] * by[1] for name, by in by_moment.items()})
        total.add(one.time, {name: by_share[i] * slope for name, slope in alive[i][1].items()})


def _joint_normal(off: Floats, covariance: Floats) -> tuple[float, Floats, Floats]:
    """Log density of a deviation from the mean, its derivative by the mean and by the covariance."""
    try:
        inverse = np.linalg.inv(covariance)
        sign, log_size = np.linalg.slogdet(covariance)
    except np.linalg.LinAlgError:
        sign, log_size, inverse = 0.0, 0.0, covariance
    if not sign > 0:
        raise Impossible("the predicted spread of a group is zero")
    solved = inverse @ off
    value = -0.5 * (float(off @ solved) + log_size + len(off) * math.log(2 * math.pi))
    return value, solved, 0.5 * (np.outer(solved, solved) - inverse)


def _counts(total: _Sum, counts: Counts, law: Law) -> None:
    """A table over the levels of a scale: multinomial; of those alive where death is no level."""
    seen = total.seen(law, counts.time)
    share, by_alive = _alive(law, seen)
    w = share / share.sum()
    for level, count in counts.counts.items():
        if count:
            at = np.array([[level]], dtype=np.float64)
            density = law.density(at, at, seen)
            p = np.exp(density.log[0])
            whole = float(w @ p)
            total.found.value += count * math.log(max(whole, TINY))
            scale = count / max(whole, TINY)
            total.add(counts.time, {name: scale * w * p * slope[0] for name, slope in density.by.items()})
            total.add(
                counts.time,
                {name: scale * (p - whole) / share.sum() * slope for name, slope in by_alive.items()},
            )
    table = [count for count in counts.counts.values() if count]
    total.found.value += math.lgamma(sum(table) + 1) - math.fsum(math.lgamma(k + 1) for k in table)
