"""Slices of objects, by conditions on their columns, compared between models."""
