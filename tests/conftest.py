"""Loads the Hypothesis profile before any test runs, and has every test draw the same numbers each time."""

import math
import sys
from itertools import count

import pytest

import tests.strategies  # noqa: F401


@pytest.fixture(autouse=True)
def seeded() -> None:
    """Networks without given weights are drawn at random; torch is not there in every installation."""
    if torch := sys.modules.get("torch"):
        torch.manual_seed(0)


@pytest.fixture
def shards_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs of this process write their shards under names in the order of writing, and none before they end because
    the machine is slow."""
    numbers = count()
    monkeypatch.setattr("boundary_bench.bench.results.store._new_name", lambda: f"{next(numbers):032x}")
    monkeypatch.setattr("boundary_bench.bench.engine.runner.FLUSH_SECONDS", math.inf)
