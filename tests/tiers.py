"""Which tests are quick, and which are left to an explicit call. All that are not slow are the full tier.

pytest -m quick     within a minute on two cores: no networks, no processes of their own, nothing long
pytest              full: what CI runs
pytest -m slow      what cannot be in full
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent

NOT_QUICK: Mapping[str, Sequence[str]] = {
    "they import torch": (
        "bench/cli/measure/test_demo.py",
        "bench/cli/produce/test_make_edges.py",
        "bench/cli/test_segfix.py",
        "bench/cli/test_train_bpr.py",
        "bench/cli/test_train_gum.py",
        "bench/cli/test_train_pages.py",
        "bench/cli/test_train_segfix.py",
        "bench/cli/test_train_steal.py",
        "bench/demo",
        "bench/interop",
        "bench/plugins/test_former_names.py",
        "bench/predictions/test_live_edges.py",
        "bench/training",
        "docs",
        "fuzz",
        "metrics/regions/test_surface_distance.py",
        "recipes",
        "refiners/bpr",
        "refiners/common/test_probabilities.py",
        "refiners/densecrf/test_device.py",
        "refiners/gum",
        "refiners/networks",
        "refiners/segfix",
        "refiners/steal",
        "refiners/test_conformance.py",
    ),
    "they start processes": (
        "bench/cli/test_start.py",
        "bench/engine/executors",
        "bench/engine/test_external_programs.py",
        "architecture/test_draw.py",
        "ci",
        "examples",
        "faults",
        "refiners/classical/test_external.py",
        "package",
        "test_children.py",
        "test_tiers.py",
    ),
    "they take long": (
        "bench/analysis/test_calibration.py",
        "bench/analysis/test_one_path.py",
        "bench/cli/measure/test_run.py",
        "bench/cli/produce/test_simulate_coarse.py",
        "bench/cli/show",
        "bench/cli/test_edges.py",
        "bench/cli/test_objects.py",
        "bench/engine/test_camvid_loop.py",
        "bench/papers",
        "bench/report/test_figures.py",
        "bench/datasets/test_synthetic.py",
        "refiners/classical/test_oracle.py",
        "refiners/classical/test_oracle_objects.py",
        "metrics/edges/test_semantic_edges.py",
        "peers/test_differences.py",
        "peers/test_many_categories.py",
        "peers/test_peers.py",
    ),
}
"""Folders and modules by the reason. A quick run fails where a module imports torch and is not listed."""

SLOW: Sequence[str] = (
    "metrics/semantic/test_any_classes_at_length.py",
    "metrics/test_masks_at_length.py",
    "peers/test_peers_at_length.py",
)
"""Folders and modules."""


def is_quick(path: Path) -> bool:
    return not is_slow(path) and not any(_lies_in(path, places) for places in NOT_QUICK.values())


def is_slow(path: Path) -> bool:
    return _lies_in(path, SLOW)


def only_quick(config: pytest.Config) -> bool:
    """Whether a run asks for the quick tier alone: then other modules need not even be imported."""
    return bool(config.option.markexpr == "quick")


def _lies_in(path: Path, places: Sequence[str]) -> bool:
    return any(path.is_relative_to(ROOT / place) for place in places)
