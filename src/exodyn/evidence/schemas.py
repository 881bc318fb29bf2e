"""The families of tables: the columns of each, and how a line of it becomes a record.

A table is told apart by its header. Columns beyond a family's own are kept in `Record.fields`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from exodyn.evidence.record import Record
from exodyn.evidence.table import EvidenceError, Row

SPREAD_KINDS = ("", "none", "sd", "sem", "cv_percent", "ci95", "iqr", "range", "unknown")
STATUSES = ("measured", "reported", "assumed")
SPLITS = ("", "calibration", "validation")

_PLACE = ("source", "where", "status", "note")
_VALUE = ("value", "spread", "spread_kind", "n")


@dataclass(frozen=True)
class Schema:
    """A family of tables: the columns that it must have, those of them that hold a number or nothing, those
    that hold one of a few words, and the reader that makes a record of a line.
    """

    name: str
    columns: tuple[str, ...]
    numbers: tuple[str, ...]
    words: tuple[tuple[str, tuple[str, ...]], ...]
    read: Callable[[str, Row], Record]

    def record(self, table: str, row: Row) -> Record:
        """The record of a line. Raises EvidenceError for a cell that its column does not allow."""
        for column in self.numbers:
            row.number(column)
        for column, allowed in self.words:
            if column in row.cells:
                row.choice(column, allowed)
        if not row.text("id"):
            raise EvidenceError(f"{row.place('id')}: expected an id")
        return self.read(table, row)


def schema_of(header: Collection[str], file: str) -> Schema:
    """The family whose columns a header has. Raises EvidenceError that names what is missing."""
    best = max(SCHEMAS, key=lambda schema: _share(schema, header))
    missing = [column for column in best.columns if column not in header]
    if _share(best, header) < 0.5:
        raise EvidenceError(
            f"{file}, line 1: the header is that of no table of evidence; the nearest is"
            f" '{best.name}', expected {','.join(best.columns)}"
        )
    if missing:
        raise EvidenceError(f"{file}, line 1: no column '{missing[0]}', which a table '{best.name}' has")
    return best


def table_family(one: Record) -> str:
    """The name of the family of tables that a record was read from, such as "outcome"."""
    return _family(frozenset(one.fields))


@cache
def _family(columns: frozenset[str]) -> str:
    return schema_of(columns, "record").name


def _share(schema: Schema, header: Collection[str]) -> float:
    return sum(column in header for column in schema.columns) / len(schema.columns)


def _outcome(table: str, row: Row) -> Record:
    return _record(table, row, "scale", "scale_unit", indication=row.text("indication"))


def _biodistribution(table: str, row: Row) -> Record:
    return _record(table, row, "quantity", "", indication=row.text("health"))


def _parameter(table: str, row: Row) -> Record:
    return _record(table, row, "parameter", "unit")


def _claim(table: str, row: Row) -> Record:
    # The value is the article's own words and never an input.
    return _record(table, row, "claim", "unit", value=None, study=row.text("cited_as"), status="reported")


def _trial(table: str, row: Row) -> Record:
    return _record(
        table,
        row,
        "title",
        "",
        study=row.text("registry_id") or row.text("title"),
        n=row.number("n_actual"),
        status=row.text("status_of_fact"),
        indication=row.text("condition"),
        species="human",
    )


def _safety(table: str, row: Row) -> Record:
    percent = row.number("rate_percent")
    counted = percent is None and row.text("events") != ""
    return _record(
        table,
        row,
        "outcome",
        "",
        value=row.number("events") if counted else percent,
        unit="events" if counted else "%",
        spread=row.interval("ci95_percent"),
        spread_kind="ci95" if row.text("ci95_percent") else "none",
    )


def _translation(table: str, row: Row) -> Record:
    low, high = row.number("ci_low"), row.number("ci_high")
    both = low is not None and high is not None
    return _record(
        table,
        row,
        "outcome",
        "effect_unit",
        value=row.number("effect"),
        spread=(low, high) if both else (),
        spread_kind="ci95" if both else "none",
        n=row.number("n_subjects"),
        indication=row.text("indication"),
        species="human" if row.text("side") == "human" else "",
    )


def _reference(table: str, row: Row) -> Record:
    # `expected` holds one number or several, or a sentence.
    plain = re.fullmatch(r"[-+.\d]+(?:[eE][-+]?\d+)?", row.text("expected")) is not None
    return _record(
        table,
        row,
        "quantity",
        "",
        study=row.text("source"),
        value=row.number("expected") if plain else None,
        status="reported",
    )


def _record(table: str, row: Row, quantity: str, unit_column: str, **given: object) -> Record:
    """A record of the columns that most tables share, but for those that are given."""
    attributes: dict[str, object] = {
        "id": row.text("id"),
        "study": row.text("study"),
        "quantity": row.text(quantity),
        "value": row.number("value") if "value" not in given else None,
        "unit": row.text(unit_column),
        "spread": row.interval("spread"),
        "spread_kind": row.text("spread_kind"),
        "n": row.number("n"),
        "time": row.number("time"),
        "time_unit": row.text("time_unit"),
        "species": row.text("species"),
        "indication": "",
        "route": row.text("route"),
        "source": row.text("source"),
        "where": row.text("where"),
        "status": row.text("status"),
        "split": row.text("split"),
        "note": row.text("note"),
    }
    return Record(table=table, fields=MappingProxyType(dict(row.cells)), **(attributes | given))  # type: ignore[arg-type]


OUTCOME = Schema(
    "outcome",
    (
        *("id", "study", "indication", "species", "strain_or_population", "injury_model", "age", "severity"),
        *("arm", "vesicle_source", "vesicle_modification", "dose_value", "dose_unit", "dose_particles"),
        *("route", "first_dose_time", "first_dose_unit", "n_doses", "interval_days", "scale", "scale_unit"),
        *("time", "time_unit", *_VALUE, "statistic", "split", *_PLACE),
    ),
    ("dose_value", "dose_particles", "first_dose_time", "n_doses", "interval_days", "time", "value", "n"),
    (("spread_kind", SPREAD_KINDS), ("status", STATUSES), ("split", SPLITS)),
    _outcome,
)
BIODISTRIBUTION = Schema(
    "biodistribution",
    (
        *("id", "study", "species", "health", "vesicle_source", "label", "size_nm", "dose_value"),
        *("dose_unit", "route", "organ", "time", "time_unit", "quantity", *_VALUE, "split", *_PLACE),
    ),
    ("size_nm", "dose_value", "time", "value", "n"),
    (("spread_kind", SPREAD_KINDS), ("status", STATUSES), ("split", SPLITS)),
    _biodistribution,
)
PARAMETER = Schema(
    "parameter",
    ("id", "study", "parameter", "symbol", "species", "condition", *_VALUE, "unit", *_PLACE),
    ("value", "n"),
    (
        ("spread_kind", SPREAD_KINDS),
        ("status", STATUSES),
        ("split", SPLITS),
        ("direction", ("", "decrease", "increase", "preserved", "no_change", "change", "shift")),
    ),
    _parameter,
)
CLAIMS = Schema(
    "claims",
    (
        *("id", "section", "claim", "value", "unit", "cited_as", "found", "what_was_found", "source"),
        *("consistency", "verdict", "note"),
    ),
    (),
    (("found", ("yes", "partly", "no", "contradicted")),),
    _claim,
)
TRIALS = Schema(
    "trials",
    (
        *("id", "registry_id", "title", "condition", "product_source_cell", "route", "dose"),
        *("dose_particles", "schedule", "phase", "n_planned", "n_actual", "design", "primary_endpoint"),
        *("follow_up", "status", "results_summary", "adverse_events", "source", "where"),
        *("status_of_fact", "note"),
    ),
    ("n_planned", "n_actual"),
    (("status_of_fact", STATUSES),),
    _trial,
)
SAFETY = Schema(
    "safety",
    (
        *("id", "study", "species", "product", "route", "dose", "dose_particles", "schedule", "outcome"),
        *("events", "n", "rate_percent", "ci95_percent", "arm", "follow_up", *_PLACE),
    ),
    ("events", "n", "rate_percent"),
    (("status", STATUSES),),
    _safety,
)
TRANSLATION = Schema(
    "translation",
    (
        *("id", "therapy", "class", "indication", "side", "study", "n_studies", "n_subjects", "outcome"),
        *("effect", "effect_unit", "ci_low", "ci_high", "i2", "quality_notes", "phase"),
        *("primary_result", "year", "time_window", *_PLACE),
    ),
    ("n_studies", "n_subjects", "effect", "ci_low", "ci_high", "i2", "year"),
    (
        ("status", STATUSES),
        ("side", ("animal", "human")),
        ("primary_result", ("", "positive", "neutral", "negative")),
    ),
    _translation,
)
REFERENCE = Schema(
    "reference value",
    ("id", "area", "quantity", "inputs", "expected", "tolerance", "source"),
    (),
    (),
    _reference,
)

SCHEMAS = (OUTCOME, BIODISTRIBUTION, PARAMETER, CLAIMS, TRIALS, SAFETY, TRANSLATION, REFERENCE)
