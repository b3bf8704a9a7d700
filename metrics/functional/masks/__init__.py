"""Scores of one foreground, hard or soft: arrays in, numbers out."""
