"""Categories have no reserved number: what is not scored is no class at all."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from boundary_bench.bench.datasets.coco import Coco
from boundary_bench.bench.datasets.coco_panoptic import CocoPanoptic
from boundary_bench.bench.formats.cityscapes_ids import instances_from_ids, segments_from_ids
from boundary_bench.bench.formats.conversion.writers import Naming, write_coco_panoptic, write_coco_results
from boundary_bench.bench.formats.image_ids import NOT_SCORED, raw_ids
from boundary_bench.bench.formats.labels.class_labels import class_labels, drawn_parts
from boundary_bench.bench.predictions.coco_panoptic import CocoPanopticPredictions
from boundary_bench.bench.predictions.coco_results import CocoResults
from boundary_bench.metrics.structures.segmentation import PanopticMap
from tests.bench.coco_json import SIZE, STRIPES, write_ids, write_json
from tests.void import WIDE_VOID

CATEGORIES = [{"id": k, "name": f"c{k}", "isthing": 1} for k in range(1, 301)]
MANY = [1, 255, 256, 257, 300]


def dataset_of(label_ids, classes=3):
    return SimpleNamespace(classes=[f"c{k}" for k in range(classes)], label_ids=label_ids)


@pytest.mark.parametrize("outside", [255, -1, 3, 65535])
def test_what_is_outside_the_classes_is_not_scored(outside):
    assert raw_ids(dataset_of({7: 0, 9: outside, 11: 2})) == {7: 0, 9: NOT_SCORED, 11: 2}
    assert raw_ids(dataset_of({})) == {0: 0, 1: 1, 2: 2}


def test_255_is_a_class_like_any_other():
    assert raw_ids(dataset_of({7: 255, 8: 300, 9: 299}, classes=300)) == {7: 255, 8: NOT_SCORED, 9: 299}
    assert len(raw_ids(dataset_of({}, classes=300))) == 300


def test_objects_of_many_categories(tmp_path: Path) -> None:
    entries = [
        {"id": n, "image_id": 1, "category_id": k, "segmentation": STRIPES, "iscrowd": 0, "area": 12, "score": 0.5}
        for n, k in enumerate(MANY, start=1)
    ]
    images = [{"id": 1, "file_name": "a.png", "height": SIZE[0], "width": SIZE[1]}]
    truth = {"images": images, "categories": CATEGORIES, "annotations": entries}
    dataset = Coco(write_json(tmp_path / "truth.json", truth))
    (sample,) = dataset.samples()
    predictions = CocoResults(write_json(tmp_path / "mine.json", entries), dataset=dataset)
    assert predictions.load(sample).categories.tolist() == [k - 1 for k in MANY]
    assert dataset.truth(sample).categories.tolist() == [k - 1 for k in MANY]
    assert predictions.notes() == []
    written = tmp_path / "again.json"
    assert write_coco_results(written, dataset, [(sample, predictions.load(sample))]) == len(MANY)
    assert CocoResults(written, dataset=dataset).load(sample).categories.tolist() == [k - 1 for k in MANY]


def test_segments_of_many_categories(tmp_path: Path) -> None:
    ids = np.arange(1, 1 + len(MANY), dtype=np.int32)[None]
    infos = [{"id": n, "category_id": k, "iscrowd": 0, "area": 1} for n, k in enumerate(MANY, start=1)]
    truth = {
        "images": [{"id": 7, "file_name": "first.jpg", "height": 1, "width": len(MANY)}],
        "categories": CATEGORIES,
        "annotations": [{"image_id": 7, "file_name": "first.png", "segments_info": infos}],
    }
    write_ids(tmp_path / "truth" / "first.png", ids)
    dataset = CocoPanoptic(write_json(tmp_path / "truth.json", truth))
    (sample,) = dataset.samples()
    found = CocoPanopticPredictions(tmp_path / "truth.json", dataset=dataset).load(sample)
    assert found.categories.tolist() == dataset.truth(sample).categories.tolist() == [k - 1 for k in MANY]
    written = tmp_path / "again.json"
    assert write_coco_panoptic(written, dataset, [(sample, found)], truth=False) == len(MANY)
    again = CocoPanopticPredictions(written, dataset=dataset).load(sample)
    assert again.categories.tolist() == found.categories.tolist()


def test_names_of_files_know_every_class(tmp_path: Path) -> None:
    images = [{"id": 1, "file_name": "a.png", "height": 1, "width": 1}]
    truth = {"images": images, "categories": CATEGORIES, "annotations": []}
    naming = Naming(Coco(write_json(tmp_path / "truth.json", truth)))
    assert naming.raw == {train: train + 1 for train in range(300)}


def test_maps_of_instance_ids():
    ids = np.array([[7, 26001, 255001, 30001, 40001]], np.int32)
    classes = {26: 0, 255: 255, 30: NOT_SCORED}
    assert instances_from_ids(ids, classes, ()).categories.tolist() == [0, 255]
    segments = segments_from_ids(ids, classes, {26, 255})
    assert segments.ids.tolist() == [[0, 26001, 255001, 0, 0]]
    assert segments.categories.tolist() == [0, 255]


def test_segments_as_label_maps_of_classes():
    ids = np.arange(300, dtype=np.int32)[None]
    truth = PanopticMap(ids, ids[0, :0:-1].copy(), np.arange(299)[::-1] * 2)
    assert class_labels(truth).tolist() == [[WIDE_VOID, *range(0, 598, 2)]]
    parts, categories = drawn_parts(truth, 600)
    assert parts.tolist() == [[WIDE_VOID, *range(298, -1, -1)]]
    assert categories.tolist() == [*range(596, -1, -2)]
