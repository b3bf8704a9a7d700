"""Where real data and reference values lie; tests that need them skip, saying so, where they are absent."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent


def data_dir(*parts: str) -> Path:
    """Folder or file below BENCH_DATA (default: `../shared/data` beside the checkout)."""
    return _existing(_data_root().joinpath(*parts))


def reference_dir(*parts: str) -> Path:
    """Folder or file below `reference`, the sibling of BENCH_DATA."""
    return _existing((_data_root().parent / "reference").joinpath(*parts))


def _data_root() -> Path:
    return Path(os.environ.get("BENCH_DATA", REPOSITORY.parent / "shared" / "data")).resolve()


def _existing(path: Path) -> Path:
    if not path.exists():
        pytest.skip(f"{path.name} is not here; set BENCH_DATA to the folder of real data to run this test")
    return path
