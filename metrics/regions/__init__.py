"""Metrics of regions whatever they belong to: one foreground, classes, or objects."""
