"""Metrics of binary masks: one foreground an image, hard or soft."""
