"""Metrics of panoptic maps."""
