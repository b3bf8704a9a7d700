"""Loads the Hypothesis profile before any test runs, and has every test draw the same numbers each time."""

import sys

import pytest

import tests.strategies  # noqa: F401


@pytest.fixture(autouse=True)
def seeded() -> None:
    """Networks without given weights are drawn at random; torch is not there in every installation."""
    if torch := sys.modules.get("torch"):
        torch.manual_seed(0)
