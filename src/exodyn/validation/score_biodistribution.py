"""How right the model of disposition is about studies that no fit has seen: tables of ``docs/delivery.md``.

    python -m exodyn.validation.score_biodistribution [FILE.csv]

Vesicles, lipid and polymer carriers, and solid particles apart, by record and by study: one study of sixty
rows is one witness. The noise ceiling is how well one study is foretold by the others of like particle, coat,
route and time, in the same organ: no model can know more than that they differ.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from exodyn.delivery.reading import days_of
from exodyn.delivery.setting import Setting, setting
from exodyn.evidence import Record, read_records, records
from exodyn.validation.baselines import forecasts
from exodyn.validation.predictors.biodistribution import BIODISTRIBUTION
from exodyn.validation.score import Band, binomial_interval, interval_score
from exodyn.validation.validate import Scored, validate

CLASSES: Mapping[str, tuple[str, ...]] = {
    "vesicles": ("vesicle",),
    "lipid and polymer carriers": ("lipid", "lnp", "polymer"),
    "solid particles": ("solid",),
}
IN_IMAGES = ("organ_ratio_light", "organ_ratio_brightness", "organ_ratio_whole", "organ_ratio_signal")
"""Ratios of organs in images and assays of light, a class of their own: 36 studies of vesicles in mice."""
Floats = NDArray[np.float64]

RESAMPLED = 4000
"""Draws of studies, with replacement, for the interval of a ratio."""
TIMES_ALIKE = 2.0
"""Times within this factor count as the same."""
LEAST = 1e-4
"""A band's end at or below zero counts as this in interval scores of logarithms."""


@dataclass(frozen=True)
class Row:
    """A predicted number: logarithms of what was seen and foretold."""

    scored: Scored
    setting: Setting
    seen: float
    band: Band

    @property
    def error(self) -> float:
        return self.band.median - self.seen


def rows(found: Sequence[Scored]) -> list[Row]:
    """The predicted numbers above zero of studies with a setting."""
    result = []
    for one in found:
        where = setting(one.record)
        if (
            one.kind == "number"
            and one.band
            and one.observed
            and one.observed > 0
            and isinstance(where, Setting)
        ):
            result.append(Row(one, where, math.log(one.observed), _log(one.band)))
    return result


def _log(band: Band) -> Band:
    return Band(*(math.log(max(end, LEAST)) for end in (band.median, band.low, band.high)))


def table(name: str, own: Sequence[Row]) -> str:
    """A line of the table of classes."""
    if not own:
        return f"| {name} | 0 | | | | | | |"
    studies = dict.fromkeys(r.scored.record.study for r in own)
    by_study = [np.mean([abs(r.error) for r in own if r.scored.record.study == s]) for s in studies]
    hits = sum(bool(r.scored.inside) for r in own)
    low, high = binomial_interval(hits, len(own))
    twofold = np.mean([abs(r.error) <= math.log(2) for r in own])
    score = np.mean([interval_score(r.band, r.seen) for r in own])
    return (
        f"| {name} | {len(own)} of {len(studies)} | {np.exp(np.mean([abs(r.error) for r in own])):.2f} "
        f"| {np.exp(np.mean(by_study)):.2f} | {100 * twofold:.0f}% | {100 * hits / len(own):.0f}% "
        f"({100 * low:.0f} to {100 * high:.0f}) | {score:.1f} |"
    )


def against(own: Sequence[Row]) -> list[str]:
    """Lines that set the model beside each dumb forecast, on the records that both predict."""
    lines = []
    for name in ("mean", "meta_regression"):
        both = [(r, _log(f[name])) for r in own if name in (f := forecasts(r.scored.record))]
        if both:
            ours = [interval_score(r.band, r.seen) for r, _ in both]
            theirs = [interval_score(b, r.seen) for r, b in both]
            folds = [
                np.exp(np.mean(np.abs(e)))
                for e in ([r.error for r, _ in both], [b.median - r.seen for r, b in both])
            ]
            lines.append(
                f"| {name.replace('_', '-')} | {len(both)} | {folds[0]:.2f} | {folds[1]:.2f} "
                f"| {np.mean(ours):.1f} | {np.mean(theirs):.1f} |"
            )
    return lines


@dataclass(frozen=True)
class Ceiling:
    """Absolute errors of logarithms by record: of foretelling it from like studies, and of the model.

    theirs, ours: float64[records]; studies: of each record.
    """

    theirs: Floats
    ours: Floats
    studies: tuple[str, ...]

    @property
    def ratio(self) -> float:
        """GMFE of the model over that of the like studies."""
        return float(np.exp(self.ours.mean() - self.theirs.mean()))

    def interval(self) -> tuple[float, float]:
        """90% of the ratio over studies drawn anew: records of one study are one witness."""
        names = list(dict.fromkeys(self.studies))
        own = np.array([names.index(s) for s in self.studies])
        sums = np.array([np.bincount(own, v) for v in (self.ours - self.theirs, np.ones(len(own)))])
        drawn = np.random.default_rng(1).integers(len(names), size=(RESAMPLED, len(names)))
        apart, n = sums[0][drawn].sum(axis=1), sums[1][drawn].sum(axis=1)
        low, high = np.exp(np.quantile(apart / n, [0.05, 0.95]))
        return float(low), float(high)


def ceiling(own: Sequence[Row], known: Sequence[Record], shared: Sequence[str]) -> Ceiling:
    """How well each number is foretold by the geometric mean of the others of like studies."""
    others = [(r, w) for r in known if r.value and r.value > 0 and isinstance(w := setting(r), Setting)]
    theirs, ours, studies = [], [], []
    for row in own:
        one = row.scored.record
        found: dict[str, list[float]] = {}
        for r, where in others:
            alike = all(getattr(where, name) == getattr(row.setting, name) for name in shared)
            if r.study != one.study and alike and _same(r, one):
                found.setdefault(r.study, []).append(math.log(r.value or 1.0))
        if found:
            theirs.append(abs(float(np.mean([np.mean(v) for v in found.values()])) - row.seen))
            ours.append(abs(row.error))
            studies.append(one.study)
    return Ceiling(np.array(theirs), np.array(ours), tuple(studies))


def _same(a: Record, b: Record) -> bool:
    """The same quantity in the same organ of the same species at about the same time."""
    if (a.quantity, a.fields["organ"], a.species) != (b.quantity, b.fields["organ"], b.species):
        return False
    if a.time is None or b.time is None:
        return a.time is b.time
    hours = [max(24 * days_of(r), 1e-3) for r in (a, b)]
    return abs(math.log(hours[0] / hours[1])) <= math.log(TIMES_ALIKE)


LIKE: Mapping[str, tuple[str, ...]] = {
    "kind, coat, label, route, time": ("kind", "coated", "label", "route"),
    "kind, coat, route, time": ("kind", "coated", "route"),
    "kind, route, time": ("kind", "route"),
}
"""What like studies share, beside species, organ, quantity and time."""


def main() -> None:
    """Print the tables for a file, or for the evidence base."""
    given = read_records(Path(sys.argv[1])) if len(sys.argv) > 1 else records("biodistribution")
    found = [s for s in validate(given, [BIODISTRIBUTION]) if s.split == "validation"]
    images = [r for r in rows(found) if r.scored.record.quantity.startswith(IN_IMAGES)]
    own = [r for r in rows(found) if not r.scored.record.quantity.startswith(IN_IMAGES)]
    _head(
        "validation numbers",
        "records of studies",
        "GMFE",
        "by study",
        "within 2-fold",
        "in the band",
        "score",
    )
    for name, kinds in CLASSES.items():
        print(table(name, [r for r in own if r.setting.kind in kinds]))
    print(table("all", own))
    print(table("all but Shalgunov2017", [r for r in own if r.scored.record.study != "Shalgunov2017"]))
    print(table("vesicles in images, organ over liver", images))
    every = own + images
    for key in (
        lambda r: f"{r.setting.species}, {r.setting.route}",
        lambda r: r.scored.record.study,
        lambda r: r.scored.record.fields["organ"],
    ):
        for name in dict.fromkeys(key(r) for r in every):
            print(table(name, [r for r in every if key(r) == name]))
    _head("against", "records", "GMFE", "theirs", "score", "theirs")
    print("\n".join(against(every)))
    _ceilings({"all": every, "images": images, "all but images": own})
    _statements(found)


def _ceilings(classes: Mapping[str, Sequence[Row]]) -> None:
    """The table of the noise ceiling: classes given, and those of particles apart from images."""
    apart = classes["all but images"]
    kinds = {name: [r for r in apart if r.setting.kind in them] for name, them in CLASSES.items()}
    _head(
        "numbers",
        "like studies share",
        "records of studies",
        "GMFE of the like",
        "of the model",
        "ratio (90%)",
    )
    for name, own in {**classes, **kinds}.items():
        for alike, shared in LIKE.items():
            found = ceiling(own, records("biodistribution"), shared)
            if len(found.ours):
                low, high = found.interval()
                folds = [np.exp(errors.mean()) for errors in (found.theirs, found.ours)]
                print(
                    f"| {name} | {alike} | {len(found.ours)} of {len(set(found.studies))} "
                    f"| {folds[0]:.2f} | {folds[1]:.2f} | {found.ratio:.2f} ({low:.2f} to {high:.2f}) |"
                )


def _statements(found: Sequence[Scored]) -> None:
    judged = [s for s in found if s.kind == "statement" and s.probability is not None]
    hits = sum(bool(s.inside) for s in judged)
    low, high = binomial_interval(hits, len(judged))
    print(f"\nstatements: {hits} of {len(judged)} hold ({100 * low:.0f} to {100 * high:.0f}%)\n\nmisses:")
    for s in found:
        if s.inside is False:
            r = s.record
            where = f"- {r.id} {r.study}, {r.fields['organ']}, {r.time or ''} {r.time_unit} {r.quantity}"
            if s.kind == "statement":
                print(f"{where}: {r.value:g}, probability {s.probability:.2f}")
            elif s.band:
                print(f"{where}: {s.observed:g}, foretold {s.band.low:.3g} to {s.band.high:.3g}")


def _head(*cells: str) -> None:
    print("\n| " + " | ".join(cells) + " |\n|" + " --- |" * len(cells))


if __name__ == "__main__":
    main()
