"""Objects and segments of the synthetic streets, against their instance map."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest

from boundary_bench.bench.datasets.street_scene.labels import NAMES
from boundary_bench.bench.datasets.synthetic import Synthetic
from boundary_bench.bench.errors import InputError
from boundary_bench.metrics.structures.segmentation import Task

SMALL = {"images": 2, "height_px": 96, "width_px": 192}


def test_objects_are_those_of_the_instance_map() -> None:
    dataset = Synthetic("val", task="instance", **SMALL)
    assert (dataset.classes, dataset.things) == (NAMES[11:], set(range(8)))
    for sample in dataset.samples():
        ids, truth = dataset.instances(sample), dataset.truth(sample)
        assert truth.ids.tolist() == [number for number in np.unique(ids) if number >= 1000]
        assert truth.categories.tolist() == [number // 1000 - 11 for number in truth.ids]
        for place, number in enumerate(truth.ids):
            np.testing.assert_array_equal(truth.masks.dense(place), ids == number)
        assert not truth.crowd.any()
        np.testing.assert_array_equal(truth.void.dense(0), ids == 255)


def test_segments_are_one_for_each_object_and_each_kind_of_stuff() -> None:
    dataset, semantic = Synthetic("val", task="panoptic", **SMALL), Synthetic("val", **SMALL)
    assert (dataset.classes, dataset.things) == (NAMES, set(range(11, 19)))
    for sample in dataset.samples():
        ids, truth, labels = dataset.instances(sample), dataset.truth(sample), semantic.truth(sample).labels
        np.testing.assert_array_equal(truth.ids == 0, labels == 255)
        assert len(truth.segments) == len(np.unique(ids[ids != 255]))
        for number, category in zip(truth.segments, truth.categories, strict=True):
            inside = truth.ids == number
            assert len(np.unique(ids[inside])) == 1
            assert (labels[inside] == category).all()
            assert (number >= 1000) == (category in dataset.things)


def test_other_tasks_are_refused() -> None:
    assert "edges" in get_args(Task)
    with pytest.raises(InputError, match="task of synthetic: 'edges'"):
        Synthetic("val", task="edges")  # type: ignore[arg-type]
