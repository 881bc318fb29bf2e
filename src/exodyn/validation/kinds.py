"""What a record asks of a prediction: a number, whether a statement holds, or nothing that can be predicted.

The rules are those by which the tables are written: ranks, detections, directions, signals and signs are
statements; so is how a trial ended that prints no effect; a quantity printed only as a range is a number;
designs and findings in words are neither.
"""

from __future__ import annotations

from exodyn.evidence import Record, measure_of, table_family
from exodyn.evidence.statement import statement
from exodyn.validation.answers import Kind


def kind_of(one: Record) -> Kind:
    """What kind of answer a record asks for."""
    family = table_family(one)
    if family == "biodistribution" and statement(one) is not None:
        return "statement"
    if family == "outcome" and one.value is None and not is_range(one):
        return "statement"
    if family == "translation" and one.fields["side"] == "human" and _tells_only_its_end(one):
        return "statement"
    if family == "parameter" and one.value is None and one.fields.get("direction"):
        return "statement"
    return "number"


def _tells_only_its_end(one: Record) -> bool:
    """Whether a trial prints no effect but how it ended: in words, or as 1 for a success and 0 for none."""
    if one.value is None:
        return bool(one.fields["primary_result"])
    return one.value in (0.0, 1.0) and measure_of(one.unit).name == "result"


def is_range(one: Record) -> bool:
    """Whether the record prints no value, only from where to where it lies."""
    return one.value is None and one.spread_kind in ("range", "iqr", "ci95") and len(one.spread) == 2


def nothing_to_predict(one: Record) -> str:
    """Why nothing about the record can be predicted, whatever the model; empty where something can."""
    family = table_family(one)
    if family not in ("outcome", "biodistribution", "parameter", "translation", "safety"):
        return f"a table of {family} prints no readout of a study"
    statistic = one.fields.get("statistic", "")
    if statistic.startswith("design") or one.unit in ("registry entry", "registry id"):
        return "a design or registry entry, no result"
    if one.note.startswith("design row"):
        return "a design, no result"
    if kind_of(one) == "number" and one.value is None and not is_range(one):
        return "no value: a finding in words"
    if family == "biodistribution" and kind_of(one) == "statement" and one.value is None:
        return "no value: the statement is not said"
    return ""
