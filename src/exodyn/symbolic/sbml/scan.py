"""A look at the text before libsbml reads it: what would crash it, and what it would not tell."""

from __future__ import annotations

import bz2
import gzip
import re
import zipfile
import zlib
from pathlib import Path
from xml.parsers import expat

from exodyn.symbolic.sbml.errors import ModelRefused, SBMLError

DEEPEST = 1000
"""Deepest nesting of elements accepted: libsbml is recursive and would crash without a word."""
LONGEST_FORMULA = 100_000
"""Longest formula in the text notation of level 1, for the same reason."""

SUPPORTED = frozenset({"comp", "fbc", "layout", "render", "groups", "l3v2extendedmath", "extendedmath"})
"""Packages that are understood, or that never change what a model computes."""
MEANING = {
    "arrays": "arrays of elements",
    "distrib": "random draws",
    "dyn": "dynamic structures",
    "multi": "multistate species",
    "qual": "qualitative (logical) models",
    "spatial": "space",
}


def scan(file: Path, seen: frozenset[Path] = frozenset()) -> None:
    """Raise SBMLError if a file or one that it includes is no XML or too deep, ModelRefused for a package."""
    path = file.resolve()
    if path in seen:
        return
    scanner = _Scanner()
    scanner.read(_content(file))
    for source in scanner.sources:
        beside = file.parent / source
        if beside.is_file():
            scan(beside, seen | {path})


def _content(file: Path) -> bytes:
    """The XML text of a plain or compressed file."""
    try:
        content = file.read_bytes()
    except IsADirectoryError:
        raise SBMLError("is a directory, expected an SBML file") from None
    except (OSError, ValueError) as error:
        raise SBMLError(f"cannot be read: {getattr(error, 'strerror', None) or error}") from None
    try:
        if content[:2] == b"\x1f\x8b":
            return gzip.decompress(content)
        if content[:3] == b"BZh":
            return bz2.decompress(content)
        if content[:4] == b"PK\x03\x04":
            with zipfile.ZipFile(file) as archive:
                return archive.read(archive.namelist()[0])
    except (OSError, EOFError, ValueError, zlib.error, zipfile.BadZipFile, IndexError, RuntimeError) as error:
        raise SBMLError(f"damaged compressed file: {error}") from None
    return content


class _Scanner:
    """Walks over the elements; `sources` are the files that hold further model definitions."""

    def __init__(self) -> None:
        self.depth = 0
        self.sources: list[str] = []
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.parser.EntityDeclHandler = self.entity

    def read(self, content: bytes) -> None:
        try:
            self.parser.Parse(content, True)
        except expat.ExpatError as error:
            text = expat.errors.messages.get(error.code, str(error))
            raise SBMLError(f"line {error.lineno}: not well-formed XML ({text})") from None
        except (LookupError, ValueError) as error:
            raise SBMLError(f"line 1: encoding: {error}; expected UTF-8") from None

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        if self.depth == 1:
            _refuse_required(attributes)
        if self.depth > DEEPEST:
            raise self.error(f"elements nested more than {DEEPEST} deep")
        if len(attributes.get("formula", "")) > LONGEST_FORMULA:
            raise self.error(f"a formula of more than {LONGEST_FORMULA} characters")
        if name.endswith("externalModelDefinition"):
            self.sources.extend(v for key, v in attributes.items() if key.rpartition(":")[2] == "source")

    def end(self, _name: str) -> None:
        self.depth -= 1

    def entity(self, name: str, *_: object) -> None:
        # An entity that names others can grow without bound; SBML has no use for any.
        raise self.error(f"declares the entity '{name}', which SBML has no use for")

    def error(self, message: str) -> SBMLError:
        return SBMLError(f"line {self.parser.CurrentLineNumber}: {message}")


def _refuse_required(attributes: dict[str, str]) -> None:
    """Refuse a document that requires a package which is not supported (``arrays:required="true"``)."""
    for key, value in attributes.items():
        prefix, _, name = key.rpartition(":")
        if prefix and name == "required" and value in ("true", "1"):
            uri = attributes.get(f"xmlns:{prefix}", "")
            found = re.search(r"/([^/]+)/version\d+$", uri)
            package = found[1] if found else prefix
            if package not in SUPPORTED:
                meaning = f" ({MEANING[package]})" if package in MEANING else ""
                raise ModelRefused(
                    f"package '{package}'{meaning} is not supported, and the model requires it"
                )
