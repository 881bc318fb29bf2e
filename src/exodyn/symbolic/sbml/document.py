"""From a file to a checked, flat SBML document: read errors, refused packages, hierarchical models."""

from __future__ import annotations

import bz2
import gzip
import os
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.parsers import expat

import libsbml

from exodyn.symbolic.sbml.errors import ModelRefused, SBMLError

DEEPEST = 1000
"""Deepest nesting of elements accepted: the parser below is recursive and would crash without a word."""

IGNORED_PACKAGES = frozenset({"layout", "render", "groups", "annot", "req"})
"""Packages that describe or draw a model: they never change what it computes."""

PACKAGE_MEANING = {
    "arrays": "arrays of elements",
    "distrib": "random draws",
    "dyn": "dynamic structures",
    "multi": "multistate species",
    "qual": "qualitative (logical) models",
    "spatial": "space",
}


def read_document(path: str | os.PathLike[str]) -> libsbml.SBMLDocument:
    """The document of a file, without hierarchy: `comp` submodels are flattened.

    Raises SBMLError (not readable, not XML, not valid SBML) or ModelRefused (packages that change the
    mathematics).
    """
    file = Path(path)
    check_nesting(_content(file))
    document = libsbml.readSBMLFromFile(str(file))
    _raise_first_error(document)
    _refuse_packages(document)
    _check_consistency(document)
    if document.getPlugin("comp") is not None:
        _flatten(document)
    if document.getModel() is None:
        raise SBMLError("the document holds no model")
    return document


def _content(file: Path) -> bytes:
    """The XML text of a plain or compressed file."""
    try:
        content = file.read_bytes()
    except IsADirectoryError:
        raise SBMLError("is a directory, expected an SBML file") from None
    except OSError as error:
        raise SBMLError(f"cannot be read: {error.strerror or error}") from None
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


def check_nesting(content: bytes) -> None:
    """Refuse text that is not XML, or so deeply nested that libsbml would run out of stack."""
    depth = 0

    def start(_name: str, _attributes: Any) -> None:
        nonlocal depth
        depth += 1
        if depth > DEEPEST:
            raise SBMLError(f"line {parser.CurrentLineNumber}: elements nested more than {DEEPEST} deep")

    def end(_name: str) -> None:
        nonlocal depth
        depth -= 1

    def entity(name: str, *_: Any) -> None:
        # An entity that names others can grow without bound; SBML has no use for any.
        raise SBMLError(
            f"line {parser.CurrentLineNumber}: declares the entity '{name}', which SBML has no use for"
        )

    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.EntityDeclHandler = entity
    try:
        parser.Parse(content, True)
    except expat.ExpatError as error:
        text = expat.errors.messages.get(error.code, str(error))
        raise SBMLError(f"line {error.lineno}: not well-formed XML ({text})") from None


def _errors(document: libsbml.SBMLDocument) -> Iterator[libsbml.SBMLError]:
    for index in range(document.getNumErrors()):
        error = document.getError(index)
        if error.getSeverity() in (libsbml.LIBSBML_SEV_ERROR, libsbml.LIBSBML_SEV_FATAL):
            yield error


def _raise_first_error(document: libsbml.SBMLDocument) -> None:
    found = list(_errors(document))
    if not found:
        return
    more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    text = " ".join(found[0].getMessage().split())
    line = f"line {found[0].getLine()}: " if found[0].getLine() else ""
    raise SBMLError(f"{line}{text}{more}")


def _check_consistency(document: libsbml.SBMLDocument) -> None:
    """The rules of the specification, without those on units (which change no number) and style."""
    document.setConsistencyChecks(libsbml.LIBSBML_CAT_UNITS_CONSISTENCY, False)
    document.setConsistencyChecks(libsbml.LIBSBML_CAT_MODELING_PRACTICE, False)
    document.checkConsistency()
    _raise_first_error(document)


def _refuse_packages(document: libsbml.SBMLDocument) -> None:
    for index in range(document.getNumUnknownPackages()):
        prefix = document.getUnknownPackagePrefix(index)
        if document.getPackageRequired(prefix):
            raise ModelRefused(f"package '{prefix}' is not supported and the model requires it")
    for index in range(document.getNumPlugins()):
        package = document.getPlugin(index).getPackageName()
        if package in PACKAGE_MEANING and document.getPackageRequired(package):
            raise ModelRefused(f"package '{package}' ({PACKAGE_MEANING[package]}) is not supported")
    model = document.getModel()
    if model is None:
        return
    fbc = model.getPlugin("fbc")
    if fbc is not None and fbc.getNumObjectives() and not _all_kinetic(model):
        objective = fbc.getObjective(0).getId()
        raise ModelRefused(f"package 'fbc': flux balance (objective '{objective}') is not a time course")
    qual = model.getPlugin("qual")
    if qual is not None and qual.getNumQualitativeSpecies():
        raise ModelRefused("package 'qual' (qualitative (logical) models) is not supported")


def _all_kinetic(model: libsbml.Model) -> bool:
    return all(r.isSetKineticLaw() for r in model.getListOfReactions())


def _flatten(document: libsbml.SBMLDocument) -> None:
    options = libsbml.ConversionProperties()
    options.addOption("flatten comp", True)
    options.addOption("leavePorts", False)
    options.addOption("performValidation", False)
    options.addOption("abortIfUnflattenable", "requiredOnly")
    document.getErrorLog().clearLog()
    if document.convert(options) != libsbml.LIBSBML_OPERATION_SUCCESS:
        _raise_first_error(document)
        raise SBMLError("package 'comp': the hierarchical model could not be flattened")
