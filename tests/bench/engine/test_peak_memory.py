from __future__ import annotations

import gc
import sys
from pathlib import Path

import numpy as np
import pytest

from boundary_bench.bench.engine import peak_memory
from boundary_bench.bench.engine.peak_memory import with_peak

MIB = 2**20


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux keeps a peak that can be set back")
def test_the_peak_is_that_of_the_work_alone() -> None:
    def work() -> float:
        # Larger than what the allocator keeps for later.
        return float(np.ones(8 * MIB).sum())

    gc.collect()  # what earlier tests left must not be freed during the work
    result, peak = with_peak(work)
    assert result == 8 * MIB
    assert peak is not None
    assert 60 * MIB < peak < 120 * MIB
    # A second time, after work that took more.
    assert with_peak(lambda: 1)[1] == pytest.approx(0, abs=4 * MIB)


@pytest.mark.parametrize("missing", ["STATUS", "RESET"])
def test_a_system_without_a_peak_says_nothing(missing: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(peak_memory, missing, tmp_path / "nowhere" / "file")
    assert with_peak(lambda: "done") == ("done", None)
