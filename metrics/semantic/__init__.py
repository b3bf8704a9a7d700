"""Metrics of label maps."""
