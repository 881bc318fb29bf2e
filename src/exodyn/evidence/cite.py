"""References of records, as BibTeX."""

from __future__ import annotations

import re
from collections.abc import Iterable

from exodyn.evidence.record import Record

_ESCAPED = str.maketrans(
    {"%": r"\%", "&": r"\&", "_": r"\_", "#": r"\#", "$": r"\$", "{": r"\{", "}": r"\}", "~": r"\~{}"}
)


def bibtex(found: Iterable[Record]) -> str:
    """One entry for each study and source, in the order of the records; its note names them.

    The records keep no titles: an entry has the study's name, the year, identifiers and where to look.
    """
    studies: dict[tuple[str, str], list[Record]] = {}
    for one in found:
        if one.source:
            studies.setdefault((one.study, one.source), []).append(one)
    keys: dict[str, int] = {}
    entries = []
    for (study, source), them in studies.items():
        key = re.sub(r"[^A-Za-z0-9]", "", study) or them[0].id
        keys[key] = keys.get(key, 0) + 1
        number = f"-{keys[key]}" if keys[key] > 1 else ""
        entries.append(_entry(f"{key}{number}", study, source, them))
    return "\n".join(entries)


def _entry(key: str, study: str, source: str, them: list[Record]) -> str:
    papers = sorted(paper for one in them for paper in one.papers)
    doi = next(iter(sorted(them[0].dois)), "")
    year = re.search(r"(?:19|20)\d\d", study) or re.search(r"(?<!\d)(?:19|20)\d\d(?!\d)", source)
    fields = {
        "title": f"{{{_escape(study or source)}}}",
        "year": year.group() if year else "",
        "doi": doi,
        "url": "" if doi else next((url for url in map(_url, papers) if url), ""),
        "howpublished": _escape(source),
        "note": _escape(f"records {', '.join(one.id for one in them)}"),
    }
    lines = [f"  {name} = {{{text}}}," for name, text in fields.items() if text]
    return "\n".join((f"@misc{{{key},", *lines, "}\n"))


def _url(paper: str) -> str:
    if paper.startswith("pmc"):
        return f"https://pmc.ncbi.nlm.nih.gov/articles/{paper.upper()}/"
    if paper.startswith("pmid"):
        return f"https://pubmed.ncbi.nlm.nih.gov/{paper[4:]}/"
    return f"https://clinicaltrials.gov/study/{paper.upper()}" if paper.startswith("nct") else ""


def _escape(text: str) -> str:
    return text.translate(_ESCAPED)
