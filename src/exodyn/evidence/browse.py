"""All records as one page to browse and search: a single file that fetches nothing from elsewhere."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

from exodyn.evidence.checks import Judgement, judge
from exodyn.evidence.record import Record
from exodyn.evidence.records import all_records, is_validation
from exodyn.evidence.words import names


def records_page() -> str:
    """The page's HTML, with the records, their verdicts and the script that searches them inside."""
    found = all_records()
    lines = [_line(one, verdict) for one, verdict in zip(found, judge(found), strict=True)]
    # "</" inside a script would end it
    data = json.dumps(lines, ensure_ascii=False, separators=(",", ":")).replace("</", "<\\/")
    template = (files("exodyn.evidence") / "browse.html").read_text(encoding="utf-8")
    return template.replace("RECORDS", data, 1)


def _line(one: Record, judged: Judgement) -> dict[str, Any]:
    return {
        "id": one.id,
        "study": one.study,
        "says": one.says(),
        "area": one.table,
        "indication": names("indication", one.indication),
        "species": names("species", one.species),
        "split": "validation" if is_validation(one) else one.split,
        "status": one.status,
        "verdict": judged.verdict,
        "reasons": judged.reasons,
        "cells": {column: text for column, text in one.fields.items() if text and column != "id"},
    }
