"""What can be wrong with somebody else's model."""

from __future__ import annotations

from exodyn.errors import InputError


class SBMLError(InputError):
    """The file is not a valid SBML model; the message names file, line or element."""


class ModelRefused(SBMLError):  # noqa: N818 (it says what happened)
    """The model is valid but needs something that is not simulated here; the message names it."""
