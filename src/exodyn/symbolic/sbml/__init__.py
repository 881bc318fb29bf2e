"""SBML in and out: other people's models as flat models, ours as files that other programs read."""

from exodyn.symbolic.sbml.errors import ModelRefused, SBMLError
from exodyn.symbolic.sbml.model import Quantity, SBMLModel, Variable, read_sbml
from exodyn.symbolic.sbml.writer import sbml_text, write_sbml

__all__ = [
    "ModelRefused",
    "Quantity",
    "SBMLError",
    "SBMLModel",
    "Variable",
    "read_sbml",
    "sbml_text",
    "write_sbml",
]
