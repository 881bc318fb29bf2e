"""Calibration: commands that learn a model's parameters from the evidence and keep what they learned as data."""
