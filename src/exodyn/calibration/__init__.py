"""Calibration: commands that learn a model's parameters from the evidence and keep them as data."""
