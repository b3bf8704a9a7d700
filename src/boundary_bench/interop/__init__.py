"""Metrics and evaluators for the loops of other frameworks; each module imports its framework."""
