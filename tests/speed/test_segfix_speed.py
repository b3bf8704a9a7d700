"""SegFix networks on images of street scenes, and refining with offsets that are known already."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch

from boundary_bench.metrics.structures.segmentation import SemanticMap
from boundary_bench.refiners.networks.backbones.hrnet import SPECS
from boundary_bench.refiners.networks.device import Precision
from boundary_bench.refiners.networks.fuse_batchnorm import fuse_batchnorm
from boundary_bench.refiners.segfix import inference
from boundary_bench.refiners.segfix.network import SegFixNetwork
from boundary_bench.refiners.segfix.offset_io import read_offsets, write_offsets
from boundary_bench.refiners.segfix.offsets import apply_offsets, offsets_of_labels
from boundary_bench.refiners.segfix.refiner import SegFix
from tests.speed.ratio import Section, best_s, measure_ratio, record, record_line
from tests.speed.scenes import prediction_of, street_labels

KINDS: tuple[tuple[Precision, int], ...] = (("float32", 1), ("float32", 2), ("bfloat16", 1), ("bfloat16", 2))
NETWORK_TIMES = Section(
    "SegFix networks",
    "From one image of 1024 x 2048 px, taken whole, to its offsets in whole pixels, on the CPU; ms, best of two.",
    ("network", "million parameters", *(f"{name}, {count} thread{'s' * (count > 1)}" for name, count in KINDS)),
)


@pytest.mark.parametrize("name", SPECS)
def test_networks(name: str) -> None:
    network = fuse_batchnorm(SegFixNetwork(name).eval())
    image = np.random.default_rng(0).integers(0, 256, (1024, 2048, 3), dtype=np.uint8)
    times = []
    for precision, thread_count in KINDS:
        torch.set_num_threads(thread_count)
        found = best_s(lambda p=precision: inference.offsets(*inference.predict(network, image, precision=p), 8))
        times.append(f"{1e3 * found:.0f}")
    torch.set_num_threads(1)
    parameters = sum(weight.numel() for weight in SegFixNetwork(name).parameters())
    record_line(NETWORK_TIMES, name, f"{parameters / 1e6:.2f}", *times)


@pytest.mark.parametrize("kept", ["in their file", "in memory"])
def test_known_offsets_against_decoding(benchmark: Any, tmp_path: Path, kept: str) -> None:
    truth = street_labels()
    labels, prediction = tmp_path / "labels.png", SemanticMap(prediction_of(truth))
    image = np.random.default_rng(0).integers(0, 256, (*truth.shape, 3), dtype=np.uint8)
    cv2.imwrite(str(labels), prediction.labels)
    SegFix("synthetic", cache=str(tmp_path)).refine(image, prediction)
    (file,) = tmp_path.rglob("*.npz")
    write_offsets(file, offsets_of_labels(truth))  # the image is noise, so its own say nothing
    refiner = SegFix("synthetic", cache=str(tmp_path))
    refine = {
        "in their file": lambda: apply_offsets(prediction.labels, read_offsets(file), scale=2),
        "in memory": lambda: refiner.refine(image, prediction),
    }[kept]
    ratio = measure_ratio(benchmark, refine, lambda: cv2.imread(str(labels), cv2.IMREAD_UNCHANGED), rounds=21)
    record(f"SegFix, offsets {kept}", ratio, 1 / 1.5, peer="decoding the label PNG")
