from __future__ import annotations

import numpy as np
import pytest
from safetensors.numpy import load_file

from boundary_bench.refiners.bpr.refiner import BPR
from boundary_bench.refiners.gum.refiner import GUM
from boundary_bench.refiners.segfix.refiner import SegFix

NOT_LEARNED = ("running_mean", "running_var", "num_batches_tracked")


@pytest.mark.parametrize(("refiner", "name"), [(BPR, "synthetic"), (SegFix, "synthetic"), (GUM, "camvid")])
def test_networks_have_as_many_parameters_as_their_checkpoints(refiner, name, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    built = refiner(name)
    tensors = load_file(built.checkpoint)
    learned = sum(np.size(tensor) for name, tensor in tensors.items() if not name.endswith(NOT_LEARNED))
    assert built.network_parameters() == learned > 10000
