"""Experiment files: models, defaults, overrides."""
