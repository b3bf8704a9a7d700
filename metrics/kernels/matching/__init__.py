"""Compiled loops that match: points, segments, detections."""
