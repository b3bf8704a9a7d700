"""Metrics of semantic edges."""
