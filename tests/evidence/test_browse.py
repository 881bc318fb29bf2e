"""The page of records: whole, on its own, and in step with the program; and what docs/evidence.md says."""

from __future__ import annotations

import json
import re
from pathlib import Path

from exodyn.evidence import all_records, judge, records_page

DOCS = Path(__file__).parents[2] / "docs" / "evidence.md"


def test_the_page_holds_every_record() -> None:
    page = records_page()
    found = re.search(r'<script type="application/json" id="records">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    lines = {line["id"]: line for line in json.loads(found[1])}
    assert list(lines) == [one.id for one in all_records()]
    for one in all_records():
        told = {column: text for column, text in one.fields.items() if text and column != "id"}
        assert lines[one.id]["cells"] == told
        assert lines[one.id]["says"] == one.says()


def test_the_page_fetches_nothing() -> None:
    page = re.sub(
        r'(<script type="application/json".*?>).*?</script>', r"\1</script>", records_page(), flags=re.DOTALL
    )
    assert not re.search(r"""\bsrc=|<link|@import|url\(|fetch\(|XMLHttp|import\(""", page)
    assert page.count("<script") == page.count("</script>") == 2
    assert "innerHTML" not in page  # the tables' words are text, never markup


def test_the_worked_example_says_what_the_program_says() -> None:
    verdicts = {one.id: one.verdict for one in judge(all_records())}
    told = re.findall(r"^\| ((?:CLM\d+(?:, )?)+) \|[^|]*\| (\w+) \|", DOCS.read_text(), re.MULTILINE)
    assert len(told) == 8
    for ids, verdict in told:
        assert {verdicts[id] for id in ids.split(", ")} == {verdict}, ids
    objected = {id for id, v in verdicts.items() if id.startswith("CLM") and v != "unchecked"}
    assert objected == {id for ids, _ in told for id in ids.split(", ")}
    assert f"{len(all_records())} records" in DOCS.read_text()
