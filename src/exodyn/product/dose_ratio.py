"""Particles per microgram of protein and per cell: what other laboratories found, what a new one may find.

Both ratios are log-normal with a part for the source of the vesicles, the isolation, the laboratory and the
preparation. In log10 an observation of study j is

    y = mean + source + isolation + laboratory_j + preparation + error

and a comparison inside one study, such as "twice the purity of ultracentrifugation", is a difference of two.
The mean has a prior from the physics of a vesicle (its mass and share of protein, and what a counter misses),
the standard deviations of the parts half-normal priors, all in ``conversion.csv``. Given those, everything is
normal, so the posterior is exact; over them it is summed on fixed points that are weighted by the likelihood.
What is predicted is a mixture of normals, cut at what the mass of the smallest vesicle allows.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from exodyn.evidence import conversion, is_validation, names, record, records
from exodyn.product.purity import FG_PER_UG, most_particles_per_ug, particle_mass

Array = NDArray[np.float64]
Ratio = Literal["per_ug", "per_cell"]
PARTS = ("laboratories", "sources", "isolations", "preparations")

_POINTS = 600
_UNIT = {"per_ug": "particles/ug", "per_cell": "particles/cell"}
_PROTEIN_PER_CELL = "ug/cell"
# Comparisons inside one study: record, above, below, and which ratio they are about.
_COMPARISONS: tuple[tuple[str, str, str, Ratio], ...] = (
    ("PRD035", "filtration", "ultracentrifugation", "per_ug"),
    ("PRD002", "filtration", "ultracentrifugation", "per_cell"),
)


@dataclass(frozen=True)
class Observation:
    """A ratio that a study states, log10 of its value; `below` is set for a comparison of two isolations."""

    id: str
    study: str
    value: float
    source: str
    isolation: str
    error: float = 0.0
    below: str = ""


@dataclass(frozen=True)
class Mixture:
    """A mixture of normals of log10 of a ratio, cut above `ceiling`; weights sum to 1."""

    weights: Array
    means: Array
    sds: Array
    ceiling: float = math.inf

    def quantile(self, share: Array | float) -> Array:
        """Values below which these shares lie, float64 as `share`, read off a fine table."""
        from scipy.special import ndtr

        reach = 7 * float(self.sds.max())
        grid = np.linspace(self.means.min() - reach, min(self.means.max() + reach, self.ceiling), 1501)
        below = ndtr((grid[:, None] - self.means) / self.sds) @ self.weights
        return np.asarray(np.interp(np.asarray(share) * below[-1], below, grid), dtype=np.float64)

    @property
    def mean(self) -> float:
        """Mean before the cut."""
        return float(self.weights @ self.means)

    @property
    def sd(self) -> float:
        """Standard deviation before the cut."""
        return math.sqrt(float(self.weights @ (self.sds**2 + self.means**2)) - self.mean**2)

    def measured(self, value: float, error: float) -> Mixture:
        """What is left once the ratio itself was measured with this standard deviation; both in log10."""
        total = self.sds**2 + error**2
        weights = self.weights * np.exp(-0.5 * (value - self.means) ** 2 / total) / np.sqrt(total)
        gain = self.sds**2 / total
        if not weights.sum() > 0:  # so far off that nothing is left of the weights: the measurement alone
            weights = self.weights
        return Mixture(
            weights / weights.sum(),
            self.means + gain * (value - self.means),
            np.sqrt(self.sds**2 * (1 - gain)),
            math.inf,  # a count that is there is not cut: it is flagged instead
        )

    def shifted(self, value: float, variance: float, ceiling: float) -> Mixture:
        """The same after a known shift that also takes a part of the variance away, at most nine tenths."""
        left = np.maximum(self.sds**2 - variance, 0.1 * self.sds**2)
        return Mixture(self.weights, self.means + value, np.sqrt(left), min(self.ceiling, ceiling))


def predict(
    ratio: Ratio, source: str = "", isolation: str = "", observed: Sequence[Observation] | None = None
) -> Mixture:
    """The ratio that a new preparation of a new laboratory may have, in log10.

    source, isolation: names as `names` of evidence gives them, "" where not known. observed: what it
    rests on, the calibration records where not given.
    """
    if observed is None:
        return _predicted(ratio, source, isolation)
    return _posterior(ratio, source, isolation, tuple(observed))


def observations(ratio: Ratio, *, validation: bool = False) -> tuple[Observation, ...]:
    """What the records state of a ratio: of the studies kept for calibration, or of those held back."""
    found = []
    for one in records("dose_units"):
        if one.value is None or is_validation(one) is not validation:
            continue
        value = math.log10(one.value)
        error = one.spread[0] / one.value / math.log(10) if one.spread_kind in ("sd", "sem") else 0.0
        source = "".join(names("vesicle_source", one.fields["source_cell"]))
        isolation = "".join(names("isolation", one.fields["method"]))
        if ratio == "per_cell" and one.unit == _PROTEIN_PER_CELL:
            # Its vesicles were weighed, not counted: as many to the ug as other laboratories found.
            per_ug = predict("per_ug", source, isolation)
            value, error = value + per_ug.mean, math.hypot(error, per_ug.sd)
        elif one.unit != _UNIT[ratio]:
            continue
        found.append(Observation(one.id, one.study, value, source, isolation, error))
    for id, above, below, of in _COMPARISONS:
        one = record(id)
        if of == ratio and one.value is not None and is_validation(one) is validation:
            found.append(Observation(id, one.study, math.log10(one.value), "", above, 0.0, below))
    return tuple(found)


def expected(ratio: Ratio) -> float:
    """Prior mean of log10: per cell as stated, per ug by the mass of a vesicle and what is counted."""
    number = {symbol: one.value for symbol, one in conversion().items()}
    if ratio == "per_cell":
        return number["per_cell"]
    cube_mean = number["vesicle_diameter"] * math.exp(1.5 * number["diameter_spread"] ** 2)
    protein = number["protein_share"] * particle_mass(cube_mean)
    return math.log10(FG_PER_UG / protein) + number["counted_share"]


def ceiling(diameter: float | None = None) -> float:
    """Log10 of the most particles of a diameter, nm, that a microgram of protein can make: all poor in it.

    The smallest vesicles where no diameter is given.
    """
    known = conversion()
    share = known["protein_share"].low or known["protein_share"].value
    if diameter is None:
        diameter = known["smallest_diameter"].value
    return math.log10(most_particles_per_ug(diameter, protein_share=share))


@cache
def _predicted(ratio: Ratio, source: str, isolation: str) -> Mixture:
    return _posterior(ratio, source, isolation, observations(ratio))


def _posterior(ratio: Ratio, source: str, isolation: str, observed: tuple[Observation, ...]) -> Mixture:
    number = {symbol: one.value for symbol, one in conversion().items()}
    sds = _points() * np.array([number[f"{ratio}_{part}"] for part in PARTS])
    design, kinds = _design(observed, source, isolation)
    # Variance of each column by its kind at each point; the first is the mean, with its own prior.
    prior = np.concatenate([np.full((len(sds), 1), number[f"{ratio}_uncertainty"] ** 2), sds**2], axis=1)
    spread = prior[:, kinds]
    target, design = design[0], design[1:]
    variance = np.einsum("c,pc,c->p", target, spread, target) + sds[:, 3] ** 2
    middle = np.full(len(sds), expected(ratio))
    weights = np.ones(len(sds))
    if observed:
        y = np.array([one.value - (0.0 if one.below else expected(ratio)) for one in observed])
        noise = np.array([[1 + bool(one.below), one.error**2] for one in observed])
        own = np.einsum("nc,pc,mc->pnm", design, spread, design)
        own[:, range(len(y)), range(len(y))] += sds[:, 3:] ** 2 * noise[:, 0] + noise[:, 1]
        cross = np.einsum("nc,pc,c->pn", design, spread, target)
        solved = np.linalg.solve(own, np.broadcast_to(y, (len(sds), len(y)))[..., None])[..., 0]
        middle = middle + np.einsum("pn,pn->p", cross, solved)
        gain = np.linalg.solve(own, cross[..., None])[..., 0]
        variance = variance - np.einsum("pn,pn->p", cross, gain)
        log = -0.5 * (solved @ y + np.linalg.slogdet(own)[1])
        weights = np.exp(log - log.max())
    top = ceiling() if ratio == "per_ug" else math.inf
    return Mixture(weights / weights.sum(), middle, np.sqrt(variance), top)


def _design(observed: tuple[Observation, ...], source: str, isolation: str) -> tuple[Array, list[int]]:
    """Rows of the target and of each observation over their effects, and the kind of each effect.

    What is not named is an unknown source or isolation of its own.
    """
    columns: dict[tuple[int, str], int] = {(0, ""): 0}

    def at(kind: int, name: str) -> int:
        return columns.setdefault((kind, name), len(columns))

    entries = [(0, 0, 1.0), (0, at(1, "new"), 1.0)]
    entries += [(0, at(2, source or "new"), 1.0), (0, at(3, isolation or "new"), 1.0)]
    for row, one in enumerate(observed, start=1):
        if one.below:
            entries += [(row, at(3, one.isolation), 1.0), (row, at(3, one.below), -1.0)]
            continue
        entries += [(row, 0, 1.0), (row, at(1, one.study), 1.0)]
        entries += [(row, at(2, one.source or f"of {one.study}"), 1.0)]
        entries += [(row, at(3, one.isolation or f"of {one.study}"), 1.0)]
    design = np.zeros((len(observed) + 1, len(columns)))
    for row, column, value in entries:
        design[row, column] = value
    return design, [kind for kind, _ in columns]


def even(count: int, axes: int) -> Array:
    """Points spread evenly over the unit cube, float64[count, axes], the same on each call.

    Multiples of the generalised golden ratio (Roberts 2018), moved so that each axis holds the midpoints of
    `count` equal parts: what depends on one axis alone has exact quantiles.
    """
    golden = 2.0
    for _ in range(40):
        golden = (1 + golden) ** (1 / (axes + 1))
    steps = golden ** -np.arange(1.0, axes + 1)
    ranks = np.argsort(np.argsort(np.outer(np.arange(1, count + 1), steps) % 1.0, axis=0), axis=0)
    return np.asarray((ranks + 0.5) / count, dtype=np.float64)


@cache
def _points() -> Array:
    """Half-normal points, float64[points, parts]."""
    from scipy.special import ndtri

    return np.asarray(ndtri(0.5 + 0.5 * even(_POINTS, len(PARTS))), dtype=np.float64)
