"""COCO results: order, ids and scores by hand, what counts as missing, and everything that can be wrong with a file."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from boundary_bench.bench.datasets.cityscapes import Cityscapes
from boundary_bench.bench.datasets.coco import Coco
from boundary_bench.bench.datasets.synthetic import Synthetic
from boundary_bench.bench.errors import InputError, Problem
from boundary_bench.bench.formats.labels.label_image import write_label_image
from boundary_bench.bench.plugins.protocols import Sample
from boundary_bench.bench.predictions.coco_results import CocoResults
from tests.bench.coco_json import SIZE, annotations, removing, results, setting, write_json
from tests.bench.label_files import write_camvid
from tests.paths import data_dir


@pytest.fixture
def dataset(tmp_path: Path) -> Coco:
    return Coco(write_json(tmp_path / "instances.json", annotations()))


def problems_of(path: Path, dataset: Any) -> list[Problem]:
    try:
        predictions = CocoResults(path, dataset=dataset)
    except InputError as error:
        return list(error.problems)
    return [found for sample in dataset.samples() for found in predictions.check(sample, dataset.size(sample))]


def test_objects_by_hand(tmp_path: Path, dataset: Coco) -> None:
    document = results()
    document.insert(1, {"image_id": 9, "category_id": 4, "score": 1, "segmentation": document[0]["segmentation"]})
    predictions = CocoResults(write_json(tmp_path / "mine.json", document), dataset=dataset)
    first, second = (predictions.load(sample) for sample in dataset.samples())
    assert first.categories.tolist() == [1, 0], "in the order of the file, not of the scores"
    assert first.scores is not None
    assert first.scores.tolist() == [0.25, 0.75]
    assert first.ids.tolist() == [1, 3], "places in the file"
    assert first.areas.tolist() == [48, 12]
    assert not first.crowd.any()
    assert (second.categories.tolist(), second.ids.tolist()) == ([0], [2])
    assert (predictions.name, predictions.task, predictions.has_probabilities) == ("mine", "instance", False)
    assert predictions.describe() == {"format": "coco_results"}
    assert CocoResults(tmp_path / "mine.json", dataset=dataset, name="other").name == "other"


def test_an_image_without_results_is_not_missing(tmp_path: Path, dataset: Coco) -> None:
    predictions = CocoResults(write_json(tmp_path / "mine.json", results()), dataset=dataset)
    _, second = dataset.samples()
    assert predictions.has(second)
    assert not predictions.has(Sample("third"))
    empty = predictions.load(second)
    assert (len(empty), empty.size) == (0, SIZE)
    assert empty.scores is not None
    assert predictions.check(second, SIZE) == []
    assert predictions.notes() == ["1 of 2 images have no results; they count as images without objects"]
    nothing = CocoResults(write_json(tmp_path / "none.json", []), dataset=dataset)
    assert all(nothing.has(sample) and not len(nothing.load(sample)) for sample in dataset.samples())


def test_images_by_name_and_by_place(tmp_path: Path) -> None:
    for name in ("ulm_000002_000019", "ulm_000001_000019"):
        folder = tmp_path / "gtFine" / "val" / "ulm"
        write_label_image(folder / f"{name}_gtFine_instanceIds.png", np.full(SIZE, 26001, np.int32))
    dataset = Cityscapes(tmp_path, "val", "instance")
    document = results()
    document[0] |= {"image_id": "ulm_000002_000019_leftImg8bit.png", "category_id": 26}
    document[1] |= {"image_id": 1, "category_id": 33}
    predictions = CocoResults(write_json(tmp_path / "mine.json", document), dataset=dataset)
    first, second = (predictions.load(sample) for sample in dataset.samples())
    assert (first.categories.tolist(), second.categories.tolist()) == ([7], [2])


def test_results_of_categories_that_are_not_scored(tmp_path: Path) -> None:
    write_label_image(
        tmp_path / "gtFine/val/ulm/ulm_000001_000019_gtFine_instanceIds.png", np.full(SIZE, 26001, np.int32)
    )
    dataset = Cityscapes(tmp_path, "val", "instance")
    document = [entry | {"image_id": 1} for entry in results()]
    document[0]["category_id"], document[1]["category_id"] = 29, 26
    predictions = CocoResults(write_json(tmp_path / "mine.json", document), dataset=dataset)
    found = predictions.load(dataset.samples()[0])
    assert (found.categories.tolist(), found.ids.tolist(), found.areas.tolist()) == ([2], [2], [12])
    (note,) = predictions.notes()
    assert note == "1 results are of categories that are not scored, e.g. category 29; they are left out"


def test_training_ids_where_the_data_set_has_no_others(tmp_path: Path) -> None:
    dataset = Synthetic("val", task="instance", images=1, height_px=64, width_px=64)
    code = {"size": [64, 64], "counts": [0, 4096]}
    document = [{"image_id": "val_0000", "category_id": 7, "score": 1, "segmentation": code}]
    predictions = CocoResults(write_json(tmp_path / "mine.json", document), dataset=dataset)
    assert predictions.load(dataset.samples()[0]).categories.tolist() == [7]


def test_digests_follow_contents(tmp_path: Path, dataset: Coco) -> None:
    before = CocoResults(write_json(tmp_path / "a.json", results()), dataset=dataset)
    moved = CocoResults(write_json(tmp_path / "b.json", results()), dataset=dataset)
    changed = CocoResults(write_json(tmp_path / "c.json", results(), setting(0, "score", 0.5)), dataset=dataset)
    first, second = dataset.samples()
    assert before.digest(first) == moved.digest(first) != changed.digest(first)
    assert before.digest(second) == changed.digest(second)


ENTRIES = {
    "not a number": (setting(0, "score", float("nan")), "image first: result 1: score nan; allowed: a finite"),
    "infinite": (setting(0, "score", float("-inf")), "result 1: score -inf"),
    "beyond floating point": (setting(0, "score", 10**400), "result 1: score 1000"),
    "no score": (removing(0, "score"), "result 1: no score"),
    "score as text": (setting(0, "score", "0.5"), "result 1: score '0.5'"),
    "true as score": (setting(0, "score", True), "result 1: score True"),
    "unknown image": (setting(0, "image_id", 8), "image 8: result 1: image_id 8; .*another split"),
    "unknown name": (setting(0, "image_id", "third.png"), "image_id 'third.png'"),
    "no image": (removing(0, "image_id"), "result 1: no image_id"),
    "text for a result": (setting(0, "x"), "result 1: a JSON text"),
    "size of another image": (setting(0, "segmentation", "size", [8, 6]), "image first: result 1: .*swapped"),
    "overrun": (setting(1, "segmentation", "counts", [6, 60]), "image first: result 2: .*60 pixels"),
    "garbage": (setting(0, "segmentation", "counts", "\x01\x02"), "result 1: counts are no run-length code"),
    "only a box": (lambda d: d[0].update(bbox=[1, 2, 3, 4], segmentation=None), "result 1: no segmentation"),
}  # fmt: skip


@pytest.mark.parametrize("name", ENTRIES)
def test_what_is_wrong_is_named(tmp_path: Path, dataset: Coco, name: str) -> None:
    change, expected = ENTRIES[name]
    (problem,) = problems_of(write_json(tmp_path / "broken.json", results(), change), dataset)
    assert problem.where.startswith(str(tmp_path / "broken.json"))
    assert re.search(expected, str(problem)), problem


def test_all_problems_are_told_at_once(tmp_path: Path, dataset: Coco) -> None:
    document = results()
    document[0]["score"] = None
    document[1]["segmentation"]["counts"] = [1]
    problems = problems_of(write_json(tmp_path / "broken.json", document), dataset)
    assert [problem.found for problem in problems] == ["no score", "1 pixels are encoded"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (json.dumps(results())[:-9], "truncated JSON"),
        (json.dumps(annotations()), "a JSON object.*is it a file of annotations?"),
        ("", "an empty file"),
        ("null", "a JSON null"),
    ],
)
def test_files_that_are_no_results(tmp_path: Path, dataset: Coco, text: str, expected: str) -> None:
    (tmp_path / "broken.json").write_text(text)
    with pytest.raises(InputError, match=expected):
        CocoResults(tmp_path / "broken.json", dataset=dataset)


def test_a_data_set_of_another_kind(tmp_path: Path) -> None:
    path = write_json(tmp_path / "mine.json", results())
    with pytest.raises(InputError, match="semantic truth of camvid/test; allowed: a dataset of instance truth"):
        CocoResults(path, dataset=write_camvid(tmp_path / "camvid"))


def test_real_results() -> None:
    dataset = Coco(data_dir("nuclei", "instances_val.json"))
    path = data_dir("nuclei", "predictions_watershed_full_val.json")
    predictions = CocoResults(path, dataset=dataset)
    found = [predictions.load(sample) for sample in dataset.samples()]
    assert sum(map(len, found)) == len(json.loads(path.read_text())) == 3496
    assert problems_of(path, dataset) == []
