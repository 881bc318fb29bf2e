"""From a file to a checked, flat SBML document: read errors, refused packages, hierarchical models."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import libsbml

from exodyn.symbolic.sbml.errors import ModelRefused, SBMLError
from exodyn.symbolic.sbml.scan import scan

HARMLESS = frozenset(
    {
        *(1001, 1002, 1003),  # no XML declaration, or one without encoding: it is UTF-8 then
        *(10307, 10308, 10309),  # the syntax of metaids and SBO terms
        *(10311, 10313),  # ids of units, and units that are not defined
        *range(10401, 10405),  # annotations
        *range(10701, 10719),  # what an SBO term is allowed to say
        *range(10801, 10806),  # notes
        21121,  # a rate reads a species that is not listed as its modifier
    }
)
"""Rules of the specification whose violation leaves the mathematics as clear as it was."""


def read_document(path: str | os.PathLike[str]) -> libsbml.SBMLDocument:
    """The document of a file, without hierarchy: `comp` submodels are flattened.

    Raises SBMLError (not readable, not XML, not valid SBML) or ModelRefused (packages that change the
    mathematics).
    """
    file = Path(path)
    scan(file)
    document = libsbml.readSBMLFromFile(str(file))
    _refuse_models(document)
    _raise_first_error(document)
    _check_consistency(document)
    if document.getPlugin("comp") is not None:
        _flatten(document)
    if document.getModel() is None:
        raise SBMLError("the document holds no model")
    return document


def _errors(document: libsbml.SBMLDocument) -> Iterator[libsbml.SBMLError]:
    for index in range(document.getNumErrors()):
        error = document.getError(index)
        grave = error.getSeverity() in (libsbml.LIBSBML_SEV_ERROR, libsbml.LIBSBML_SEV_FATAL)
        if grave and error.getErrorId() not in HARMLESS:
            yield error


def _raise_first_error(document: libsbml.SBMLDocument) -> None:
    found = list(_errors(document))
    if not found:
        return
    more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    line = f"line {found[0].getLine()}: " if found[0].getLine() else ""
    raise SBMLError(f"{line}{_in_short(found[0])}{more}")


def _in_short(error: libsbml.SBMLError) -> str:
    """What is wrong in this model and where the specification says so, without citing the rule in full."""
    text = " ".join(str(error.getMessage()).split())
    found = re.search(r"Reference: (L\dV\d Sections? [\d., ]+?) (.+)", text)
    if found is None:
        return text
    return f"{str(error.getShortMessage()).rstrip('.')}: {found[2]} (SBML {found[1]})"


def _check_consistency(document: libsbml.SBMLDocument) -> None:
    """The rules of the specification, without those on units and terms (which change no number) and style."""
    document.setConsistencyChecks(libsbml.LIBSBML_CAT_UNITS_CONSISTENCY, False)
    document.setConsistencyChecks(libsbml.LIBSBML_CAT_SBO_CONSISTENCY, False)
    document.setConsistencyChecks(libsbml.LIBSBML_CAT_MODELING_PRACTICE, False)
    document.checkConsistency()
    _raise_first_error(document)


def _refuse_models(document: libsbml.SBMLDocument) -> None:
    model = document.getModel()
    if model is None:
        return
    if model.getPlugin("fbc") is not None and not _all_kinetic(model):
        raise ModelRefused("package 'fbc': flux balance is not a time course: not every reaction has a rate")
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
