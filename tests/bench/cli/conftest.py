"""Fixtures of the command line's tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from boundary_bench.bench.training.base import Training
from tests.bench.cli.street import Street, build


@pytest.fixture
def street(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Street:
    monkeypatch.setenv("BENCH_HOME", str(tmp_path / "home"))
    return build(tmp_path)


@pytest.fixture
def handed(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What a training was called with, instead of training; done unless told otherwise."""
    seen: dict[str, Any] = {"done": True}

    def run(self: Training, out: Path, **limits: Any) -> Any:
        seen.update(limits, training=self, out=out)
        return seen["done"]

    monkeypatch.setattr(Training, "run", run)
    return seen
