"""Compiled loops behind the metrics: arrays in, arrays out, no definitions and no validation."""
