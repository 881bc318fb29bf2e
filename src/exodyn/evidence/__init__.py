"""What is known, as records: published numbers, and the model's parameters that rest on them.

Every number that steers a prediction is a line of a data file here, with its unit, source and status.
"""

from exodyn.evidence.browse import records_page
from exodyn.evidence.checks import Judgement, judge
from exodyn.evidence.cite import bibtex
from exodyn.evidence.draws import Draws, draws_of, stamp
from exodyn.evidence.facts import ScaleFacts, scale_facts
from exodyn.evidence.limits import ANY, Limits, limits_by_name, says
from exodyn.evidence.parameters import ParameterRecord, areas, conversion, parameters, storage_numbers
from exodyn.evidence.population import Cohort, Target, TraitRecord, cohorts, correlations, targets, traits
from exodyn.evidence.record import Record
from exodyn.evidence.records import (
    all_records,
    is_validation,
    product_rows,
    read_records,
    record,
    records,
    tables,
)
from exodyn.evidence.release import data_hash
from exodyn.evidence.reporting import GUIDELINES, Item, marker_categories, reporting_items
from exodyn.evidence.schemas import table_family
from exodyn.evidence.select import about, areas_of_records, select
from exodyn.evidence.table import EvidenceError
from exodyn.evidence.translation_facts import (
    EVENTS,
    Measure,
    PriorFact,
    ScaleSpread,
    benefit_sign,
    families_of,
    group_of,
    is_adverse,
    measure_of,
    scale_spread,
    translation_priors,
    translation_truth,
)
from exodyn.evidence.uses import uses
from exodyn.evidence.words import Kind, canonical_names, lowered, names, names_in, plain, synonym

__all__ = [
    "ANY",
    "EVENTS",
    "GUIDELINES",
    "Cohort",
    "Draws",
    "EvidenceError",
    "Item",
    "Judgement",
    "Kind",
    "Limits",
    "Measure",
    "ParameterRecord",
    "PriorFact",
    "Record",
    "ScaleFacts",
    "ScaleSpread",
    "Target",
    "TraitRecord",
    "about",
    "all_records",
    "areas",
    "areas_of_records",
    "benefit_sign",
    "bibtex",
    "canonical_names",
    "cohorts",
    "conversion",
    "correlations",
    "data_hash",
    "draws_of",
    "families_of",
    "group_of",
    "is_adverse",
    "is_validation",
    "judge",
    "limits_by_name",
    "lowered",
    "marker_categories",
    "measure_of",
    "names",
    "names_in",
    "parameters",
    "plain",
    "product_rows",
    "read_records",
    "record",
    "records",
    "records_page",
    "reporting_items",
    "says",
    "scale_facts",
    "scale_spread",
    "select",
    "stamp",
    "storage_numbers",
    "synonym",
    "table_family",
    "tables",
    "targets",
    "traits",
    "translation_priors",
    "translation_truth",
    "uses",
]
