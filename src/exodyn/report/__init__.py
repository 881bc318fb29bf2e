"""A result for readers: figures as PNG and SVG, and one self-contained HTML page."""

from exodyn.report.page import page, parameters, stoichiometry, write_report
from exodyn.report.quality import QualityResult, quality_page, quality_result, write_quality

__all__ = [
    "QualityResult",
    "page",
    "parameters",
    "quality_page",
    "quality_result",
    "stoichiometry",
    "write_quality",
    "write_report",
]
