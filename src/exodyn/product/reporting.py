"""What a paper on a preparation must say, by MISEV2023, MIFlowCyt-EV and EV-METRIC.

Each item is reported, missing or not applicable, with the reason why it matters. The items are data
(``evidence/data/reporting``); the checks that a list of keys cannot say are functions here, by name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from exodyn.evidence import Item, reporting_items
from exodyn.product.methods_text import paragraph, table
from exodyn.product.preparation import (
    Description,
    category_of,
    given,
    markers,
    number,
    particles_per_ug,
    read_description,
    value,
)

GOLD_STANDARD = (
    "MISEV2023 names no gold standard for separation: methods trade recovery against specificity, and the"
    " choice depends on source and use (CLM036)"
)


@dataclass(frozen=True)
class Verdict:
    """Whether an item is reported; missing: the keys or the condition in words, () unless it is missing.

    state: "reported", "missing" or "not applicable".
    """

    item: Item
    state: str
    missing: tuple[str, ...]


@dataclass(frozen=True)
class Report:
    """Every item of the guidelines for one description; score: EV-METRIC in percent."""

    name: str
    verdicts: tuple[Verdict, ...]
    score: float
    paragraph: str
    table: tuple[tuple[str, str], ...]

    def of(self, guideline: str) -> tuple[Verdict, ...]:
        """The verdicts of one guideline."""
        return tuple(one for one in self.verdicts if one.item.guideline == guideline)


def report(description: Description) -> Report:
    """What is reported and what is missing, with the paragraph and the table."""
    verdicts = tuple(_verdict(item, description) for item in reporting_items())
    metric = [one for one in verdicts if one.item.guideline == "EV-METRIC" and one.state != "not applicable"]
    score = 100 * sum(one.state == "reported" for one in metric) / len(metric)
    name = str(description.get("name", "the preparation"))
    return Report(name, verdicts, score, paragraph(description, score), table(description))


def _verdict(item: Item, description: Description) -> Verdict:
    if item.key in description.get("not_applicable", {}) and item.kind != "mandatory":
        return Verdict(item, "not applicable", ())
    if item.applies and not _applies(item.applies, description):
        return Verdict(item, "not applicable", ())
    missing = [key for key in item.needs if not given(description, key)]
    if item.check:
        lacks = _CHECKS[item.check](description)
        missing += [lacks] if lacks else []
    return Verdict(item, "missing" if missing else "reported", tuple(missing))


def _applies(when: str, description: Description) -> bool:
    key, _, wanted = when.partition("=")
    if wanted:
        return str(value(description, key)).lower() == wanted
    if when == "ultracentrifugation":
        return any(_is_ultracentrifugation(step) for step in description.get("separation", ()))
    if when == "antibodies":
        return any(_uses_antibody(marker) for marker in description.get("markers", ()))
    return bool(description.get(when))


def _in_category(number: int, words: str) -> Callable[[Description], str]:
    def check(description: Description) -> str:
        tested = [each for each in markers(description, number) if each.get("method") and each.get("result")]
        return "" if tested else f"a marker of category {number} ({words}) with method and result"

    return check


def _two_quantities(description: Description) -> str:
    of = {str(each.get("of", "")).lower() for each in description.get("quantities", ()) if number(each)}
    return (
        "" if len(of - {""}) >= 2 else "two of particles, protein and lipid, each with method, value and unit"
    )


def _ratio(description: Description) -> str:
    if any(
        str(each.get("of", "")).lower() == "ratio" and number(each)
        for each in description.get("quantities", ())
    ):
        return ""
    if particles_per_ug(description) is not None:
        return ""
    return "particles and protein per the same volume, or their ratio (of = 'ratio')"


def _three_positive(description: Description) -> str:
    positive = markers(description, result="positive")
    own = {category_of(each) for each in positive}
    if len(positive) >= 3 and {1, 2} <= own:
        return ""
    return f"three positive markers with one each of categories 1 and 2; {len(positive)} stated"


def _not_enriched(description: Description) -> str:
    tested = [*markers(description, 3, "negative"), *markers(description, 4, "negative")]
    return "" if tested else "a marker of category 3 or 4 that was looked for and is negative"


def _separation(description: Description) -> str:
    steps = description.get("separation", ())
    if not steps:
        return "the steps of separation, [[separation]]"
    bare = [str(each.get("step", "?")) for each in steps if len([key for key in each if key != "step"]) == 0]
    return f"how it was done: {', '.join(bare)}" if bare else ""


def _is_ultracentrifugation(step: Mapping[str, Any]) -> bool:
    g = step.get("g", 0)
    fast = isinstance(g, int | float) and not isinstance(g, bool) and g >= 40_000
    return fast or "ultracentrifug" in str(step.get("step", "")).lower()


def _centrifugation(description: Description) -> str:
    for step in description.get("separation", ()):
        if _is_ultracentrifugation(step):
            lacks = [key for key in ("g", "rotor", "time_min") if not step.get(key)]
            if lacks:
                return f"{', '.join(lacks)} of the step '{step.get('step', 'ultracentrifugation')}'"
    return ""


def _gradient(description: Description) -> str:
    steps = " ".join(str(each.get("step", "")).lower() for each in description.get("separation", ()))
    return "" if re.search(r"gradient|cushion|iodixanol|optiprep|sucrose", steps) else "a density gradient"


def _uses_antibody(marker: Mapping[str, Any]) -> bool:
    methods = r"blot|flow|elisa|immuno|bead|array|antibod"
    return bool(marker.get("antibody")) or bool(re.search(methods, str(marker.get("method", "")).lower()))


def _antibodies(description: Description) -> str:
    bare = [
        str(each.get("name", "?"))
        for each in description.get("markers", ())
        if _uses_antibody(each) and not (each.get("antibody") and each.get("dilution"))
    ]
    return f"antibody and dilution of {', '.join(bare)}" if bare else ""


def _analysis(description: Description) -> str:
    lacks = []
    if not any(number(each) for each in description.get("quantities", ())):
        lacks.append("a quantity with its method and unit")
    if not description.get("markers"):
        lacks.append("a marker")
    return " and ".join(lacks)


_CHECKS: Mapping[str, Callable[[Description], str]] = {
    "two_quantities": _two_quantities,
    "ratio": _ratio,
    "category_1": _in_category(1, "such as CD9, CD63, CD81"),
    "category_2": _in_category(2, "such as TSG101, ALIX, syntenin"),
    "category_3": _in_category(3, "such as albumin, apolipoproteins"),
    "category_4": _in_category(4, "such as calnexin, GM130"),
    "category_5": _in_category(5, "such as cytokines"),
    "three_positive": _three_positive,
    "separation": _separation,
    "analysis": _analysis,
    "gradient": _gradient,
    "centrifugation": _centrifugation,
    "antibodies": _antibodies,
    "not_enriched": _not_enriched,
}


__all__ = ["GOLD_STANDARD", "Report", "Verdict", "read_description", "report"]
