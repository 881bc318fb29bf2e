"""MkDocs hook: the page of records, ``records.html``, is made from the package's data."""

from __future__ import annotations

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

from exodyn.evidence import records_page


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the page to the files of the site, so that links to it are checked as any other."""
    files.append(File.generated(config, "records.html", content=records_page()))
    return files
