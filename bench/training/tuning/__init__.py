"""Fitting presets of refiners on a split that no result is reported on: one module for each refiner that has any."""
