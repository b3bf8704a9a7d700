"""Loads the Hypothesis profile before any test runs."""

import tests.strategies  # noqa: F401
