"""Fit a study's model to a user's data: measurements, the `[fit]` table, the likelihood, the run."""

from exodyn.inference.study.data import Data
from exodyn.inference.study.objective import StudyLikelihood, posterior
from exodyn.inference.study.settings import Settings, settings_of
from exodyn.inference.study.table import read

__all__ = ["Data", "Settings", "StudyLikelihood", "posterior", "read", "settings_of"]
