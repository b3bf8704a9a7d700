"""Loads the Hypothesis profile before any test runs, sorts the tests into tiers, and has each draw the same numbers."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Generator, Iterator
from itertools import count
from pathlib import Path

import pytest

from tests import tiers
from tests.children import end_with_parent
from tests.effort import load_profile

TORCHLESS = "quick tests import no torch: list the module in tests/tiers.py"

load_profile()


def pytest_configure(config: pytest.Config) -> None:
    """A run that is killed leaves no worker behind, and a worker none of what tests start."""
    if hasattr(config, "workerinput"):
        end_with_parent(os.getppid())


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Modules that a quick run does not need are not imported: torch alone takes seconds."""
    unneeded = tiers.only_quick(config) and collection_path.suffix == ".py" and not tiers.is_quick(collection_path)
    return True if unneeded else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Marks by tier. Tests that share what their module makes once go to the same process, or it is made twice."""
    for item in items:
        if tiers.is_quick(item.path):
            item.add_marker("quick")
        item.add_marker("slow" if tiers.is_slow(item.path) else "full")
        if config.pluginmanager.hasplugin("xdist") and _shares(item):
            item.add_marker(pytest.mark.xdist_group(str(item.path)))


def _shares(item: pytest.Item) -> bool:
    found = item._fixtureinfo.name2fixturedefs if isinstance(item, pytest.Function) else {}
    return any(each.scope == "module" for definitions in found.values() for each in definitions)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """A quick run cannot collect a module that is the first to import torch."""
    before = "torch" in sys.modules
    report = yield
    if tiers.only_quick(collector.config) and not before and "torch" in sys.modules:
        report.outcome, report.longrepr = "failed", f"{collector.nodeid}: {TORCHLESS}"
    return report


@pytest.fixture(autouse=True)
def without_torch(request: pytest.FixtureRequest) -> Iterator[None]:
    """A quick test fails that is the first to import torch."""
    before = "torch" in sys.modules
    yield
    if tiers.only_quick(request.config) and not before:
        assert "torch" not in sys.modules, TORCHLESS


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
