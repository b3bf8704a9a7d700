"""Loads the Hypothesis profile before any test runs, and has every test draw the same numbers each time."""

import os
import sys

import pytest

import tests.strategies  # noqa: F401
from tests.children import end_with_parent


def pytest_configure(config: pytest.Config) -> None:
    """A run that is killed leaves no worker behind, and a worker none of what tests start."""
    if hasattr(config, "workerinput"):
        end_with_parent(os.getppid())


@pytest.fixture(autouse=True)
def seeded() -> None:
    """Networks without given weights are drawn at random; torch is not there in every installation."""
    if torch := sys.modules.get("torch"):
        torch.manual_seed(0)
