"""The page of a validation: one HTML file that fetches nothing, and the same as Markdown for the docs."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files

import jinja2

from exodyn import __version__
from exodyn.study.figures import svg
from exodyn.validation import figures
from exodyn.validation.describe import indication_of
from exodyn.validation.summary import Group, groups
from exodyn.validation.validate import Scored


def page(found: Sequence[Scored]) -> str:
    """The page's HTML: skill by group, predicted against observed, forests by indication, misses by name."""
    template = (files("exodyn.validation") / "page.html").read_text(encoding="utf-8")
    made = jinja2.Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string(template)
    drawn = {"predicted_observed": figures.predicted_observed(found)} | {
        f"forest_{name or 'other'}": figures.forest(them, name.replace("_", " "))
        for name, them in by_indication(found).items()
    }
    return made.render(
        version=__version__,
        headings=HEADINGS,
        rows=rows(found),
        drawn={name: svg(figure, name) for name, figure in drawn.items()},
        misses=misses(found),
        reasons=reasons(found),
        records=len(found),
        predicted=sum(one.skipped is None for one in found),
    )


BASELINES = {"mean": "mean", "meta_regression": "meta-regression", "no_effect": "no effect"}


def by_indication(found: Sequence[Scored]) -> dict[str, list[Scored]]:
    """Held-back numbers that were predicted, by indication; of an indication without any, all numbers."""
    shown: dict[str, list[Scored]] = {}
    for one in figures.numbers(found):
        shown.setdefault(indication_of(one.record), []).append(one)
    held = {name: [one for one in them if one.split == "validation"] for name, them in shown.items()}
    return {name: held[name] or them for name, them in shown.items()}


def rows(found: Sequence[Scored]) -> list[list[str]]:
    """The skill table, a row a group with predictions."""
    return [_row(group) for group in groups(found) if group.predicted]


def _row(group: Group) -> list[str]:
    assert group.interval is not None
    low, high = group.interval
    number = group.kind == "number"
    skills = [
        f"{skill.skill:+.2f} (of {skill.records})" if (skill := group.baselines.get(name)) else "–"
        for name in BASELINES
    ]
    return [
        group.split or "neither",
        group.kind,
        group.family,
        group.indication.replace("_", " ") or "–",
        group.species or "–",
        f"{group.predicted} of {group.records}, {group.studies} studies",
        f"{group.right} ({100 * group.right / group.predicted:.0f}%, {100 * low:.0f} to {100 * high:.0f}%)",
        "–" if number else f"{group.right_by_mechanism}",
        "–" if number else f"{group.always_better}",
        "–" if group.gmfe is None else f"{group.gmfe:.2f}",
        "–" if group.within_2fold is None else f"{group.within_2fold}",
        "–" if group.interval_score is None else f"{group.interval_score:.2f}",
        *skills,
    ]


HEADINGS = (
    *(
        "split",
        "kind",
        "table",
        "indication",
        "species",
        "predicted",
        "right (95% interval)",
        "by mechanism alone",
        "always better",
    ),
    *("GMFE", "within 2-fold", "interval score", *(f"skill against {name}" for name in BASELINES.values())),
)


def misses(found: Sequence[Scored]) -> list[list[str]]:
    """Every record whose prediction was wrong: id, split, study, what, observed, predicted."""
    return [
        [
            one.record.id,
            one.split or "neither",
            one.record.study,
            one.record.quantity,
            "" if one.observed is None else f"{one.observed:g} {one.record.unit}",
            _predicted(one),
        ]
        for one in found
        if one.inside is False
    ]


def _predicted(one: Scored) -> str:
    if one.probability is not None:
        return f"probability {one.probability:.2f}"
    assert one.band is not None
    return f"{one.band.median:.3g} ({one.band.low:.3g} to {one.band.high:.3g})"


def nulls(found: Sequence[Scored]) -> list[list[str]]:
    """Every finding of no difference: id, split, study, what, probability, that of the mechanism alone."""
    return [
        [
            one.record.id,
            one.split or "neither",
            one.record.study,
            one.record.quantity,
            f"{one.probability:.2f}",
            "" if one.mechanism is None else f"{one.mechanism:.2f}",
        ]
        for one in found
        if one.says == "same" and one.probability is not None
    ]


def reasons(found: Sequence[Scored]) -> list[tuple[str, int]]:
    """Why records were not predicted, the commonest first; quoted words left out."""
    counts: dict[str, int] = {}
    for one in found:
        if one.skipped is not None:
            reason = one.skipped.split("': ")[-1] if one.skipped.startswith("'") else one.skipped
            counts[reason] = counts.get(reason, 0) + 1
    return sorted(counts.items(), key=lambda item: -item[1])


def table(headings: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """A table in Markdown."""
    shown = [headings, ["---"] * len(headings), *lines]
    return "".join("| " + " | ".join(cell.replace("|", "/") for cell in line) + " |\n" for line in shown)
