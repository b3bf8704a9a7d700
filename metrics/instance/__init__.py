"""Metrics of sets of objects."""
