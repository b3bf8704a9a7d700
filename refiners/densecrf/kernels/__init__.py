"""Compiled loops of the DenseCRF."""
