"""Compiled loops of STEAL."""
