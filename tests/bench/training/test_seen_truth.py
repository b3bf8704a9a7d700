"""Truth without a boundary is refused before a training."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from boundary_bench.bench.errors import InputError
from boundary_bench.bench.training.seen_truth import SeenTruth
from boundary_bench.metrics.structures.binary_mask import BinaryMask
from boundary_bench.metrics.structures.masks import Masks
from boundary_bench.metrics.structures.segmentation import InstanceSet, PanopticMap, SemanticMap
from tests.void import VOID, WIDE_VOID


def seen(*truths, task="semantic"):
    classes = ("background", "object") if task == "binary" else [f"c{k}" for k in range(400)]
    found = SeenTruth(SimpleNamespace(name="mine", split="train", task=task, classes=classes))
    for truth in truths:
        found.add(truth)
    return found


def labels(*values, dtype=np.uint8):
    return SemanticMap(np.array([values], dtype))


@pytest.mark.parametrize(
    ("truths", "message"),
    [
        ([labels(0, VOID, 0)], r"truth of mine/train: nothing but the class c0 and void in 1 images; .* such as 255"),
        ([labels(300, WIDE_VOID, dtype=np.int32)] * 2, "nothing but the class c300 and void in 2 images"),
        ([labels(255, 255, dtype=np.int32)], "nothing but the class c255 and void in 1 images"),
        ([labels(VOID)], "nothing but void in 1 images"),
        ([labels(3, VOID), labels(4)], r"never more than one class and void \(c3, c4\) in 2 images"),
    ],
)
def test_one_class_and_void_teach_nothing(truths, message):
    with pytest.raises(InputError, match=message):
        seen(*truths).require_boundary()


def test_a_single_boundary_is_enough():
    seen(labels(0, 0), labels(0, 1), labels(VOID, 0)).require_boundary()
    seen(labels(255, 299, dtype=np.int32)).require_boundary()


def masks(*values):
    return [BinaryMask(np.array([row]) == 1, void=np.array([row]) == VOID if VOID in row else None) for row in values]


IGNORED = r"leaves out\?\)$"


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([(1, 1)], "mine/train: nothing but object in 1 images; allowed: an image at least that holds .* background$"),
        ([(0, 0), (0, 0)], "nothing but background in 2 images; .* background$"),
        ([(VOID, 1), (1, 1)], rf"nothing but object and void in 2 images; .*{IGNORED}"),
        ([(0, VOID)], rf"nothing but background and void in 1 images; .*{IGNORED}"),
        ([(VOID, VOID)], rf"nothing but void in 1 images; .*{IGNORED}"),
        ([(0, 0), (1, 1)], "never both in one mask, in 2 images; .* background$"),
    ],
)
def test_masks_that_are_all_one_teach_nothing(rows, message):
    with pytest.raises(InputError, match=message):
        seen(*masks(*rows), task="binary").require_boundary()


def test_one_mask_with_its_background_is_enough():
    seen(*masks((0, 0), (VOID, 1), (0, 1)), task="binary").require_boundary()


def test_objects_and_segments():
    mask = np.array([[True, False]])
    nothing = InstanceSet(Masks.from_dense((1, 2), []), np.zeros(0, np.int64))
    with pytest.raises(InputError, match="no two objects or segments that meet, nor one and a background, in 1 images"):
        seen(nothing, task="instance").require_boundary()
    seen(nothing, InstanceSet(Masks.from_dense((1, 2), [mask]), np.array([0])), task="instance").require_boundary()
    one = PanopticMap(np.array([[5, 0]], np.int32), np.array([5], np.int32), np.array([0]))
    with pytest.raises(InputError, match="no two objects or segments"):
        seen(one, task="panoptic").require_boundary()
    two = PanopticMap(np.array([[5, 6]], np.int32), np.array([5, 6], np.int32), np.array([0, 0]))
    seen(one, two, task="panoptic").require_boundary()
