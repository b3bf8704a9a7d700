"""Datasets: one module per layout."""
