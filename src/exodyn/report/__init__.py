"""A result for readers: figures as PNG and SVG, and one self-contained HTML page."""

from exodyn.report.page import page, parameters, stoichiometry, write_report

__all__ = ["page", "parameters", "stoichiometry", "write_report"]
