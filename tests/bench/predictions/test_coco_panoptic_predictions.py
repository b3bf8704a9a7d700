"""Panoptic predictions: which folder, what is missing, scores, and everything in which PNG and JSON may not agree."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from boundary_bench.bench.datasets.cityscapes import Cityscapes
from boundary_bench.bench.datasets.coco_panoptic import CocoPanoptic
from boundary_bench.bench.errors import InputError, Problem
from boundary_bench.bench.formats.labels.label_image import write_label_image
from boundary_bench.bench.plugins.protocols import Sample
from boundary_bench.bench.plugins.validation import check_run
from boundary_bench.bench.predictions.coco_panoptic import CocoPanopticPredictions
from tests.bench.coco_json import PANOPTIC_IDS, panoptic, removing, setting, write_ids, write_json
from tests.paths import data_dir

INFO = ("annotations", 0, "segments_info", 0)
FIRST = Sample("first")
SIZE = (2, 3)


def document() -> dict[str, Any]:
    """As detectron2 writes it: no images, no areas; the entry of an image with its PNG."""
    infos = [{"id": 300, "category_id": 30, "score": 0.0, "isthing": True}, {"id": 70000, "category_id": 4}]
    return {"annotations": [{"image_id": 7, "file_name": "x.png", "segments_info": infos}]}


@pytest.fixture
def dataset(tmp_path: Path) -> CocoPanoptic:
    write_ids(tmp_path / "truth" / "first.png", PANOPTIC_IDS)
    return CocoPanoptic(write_json(tmp_path / "truth.json", panoptic()))


def written(folder: Path, change: Any = None, ids: np.ndarray = PANOPTIC_IDS) -> Path:
    write_ids(folder / "mine" / "x.png", ids)
    return write_json(folder / "mine.json", document(), change)


def problems_of(path: Path, dataset: CocoPanoptic) -> list[Problem]:
    try:
        return CocoPanopticPredictions(path, dataset=dataset).check(FIRST, SIZE)
    except InputError as error:
        return list(error.problems)


def test_segments_by_hand(tmp_path: Path, dataset: CocoPanoptic) -> None:
    predictions = CocoPanopticPredictions(written(tmp_path), dataset=dataset)
    found = predictions.load(FIRST)
    np.testing.assert_array_equal(found.ids, PANOPTIC_IDS)
    assert found.segments.tolist() == [300, 70000]
    assert found.categories.tolist() == [1, 0]
    assert found.scores.tolist() == [0, 1], "a score of 0 is one; no score is 1"
    assert not found.crowd.any()
    assert (predictions.name, predictions.task, predictions.has_probabilities) == ("mine", "panoptic", False)
    assert predictions.has(FIRST)
    assert not predictions.has(Sample("second"))
    assert predictions.check(FIRST, SIZE) == []
    assert predictions.describe() == {"format": "coco_panoptic"}


def test_where_the_png_files_lie(tmp_path: Path, dataset: CocoPanoptic) -> None:
    path = written(tmp_path)
    (tmp_path / "mine").rename(tmp_path / "elsewhere")
    (problem,) = problems_of(path, dataset)
    assert str(problem).startswith(f"{tmp_path}: none of the 1 PNG files, e.g. x.png; allowed: PNG files in the folder")
    assert "detectron2's evaluator removes those it writes" in str(problem)
    given = CocoPanopticPredictions(path, dataset=dataset, folder=tmp_path / "elsewhere")
    assert given.check(FIRST, SIZE) == []
    path.rename(tmp_path / "elsewhere" / "predictions.json")
    assert problems_of(tmp_path / "elsewhere" / "predictions.json", dataset) == [], "detectron2: all in one folder"
    with pytest.raises(InputError, match="no such folder"):
        CocoPanopticPredictions(tmp_path / "elsewhere" / "predictions.json", dataset=dataset, folder=tmp_path / "no")


def test_images_by_name_where_the_data_set_has_no_ids(tmp_path: Path) -> None:
    name = "ulm_000001_000019"
    write_label_image(tmp_path / f"gtFine/val/ulm/{name}_gtFine_instanceIds.png", np.full(SIZE, 7, np.int32))
    dataset = Cityscapes(tmp_path, "val", "panoptic")
    change = setting("annotations", 0, "image_id", name)
    path = write_json(written(tmp_path, change), document(), change)
    labelled = document()
    labelled["annotations"][0] |= {"image_id": name}
    labelled["annotations"][0]["segments_info"][0]["category_id"] = 26
    labelled["annotations"][0]["segments_info"][1]["category_id"] = 7
    predictions = CocoPanopticPredictions(write_json(path, labelled), dataset=dataset)
    assert predictions.load(dataset.samples()[0]).categories.tolist() == [13, 0]


def test_digests_follow_contents(tmp_path: Path, dataset: CocoPanoptic) -> None:
    digests = {CocoPanopticPredictions(written(tmp_path / "a"), dataset=dataset).digest(FIRST)}
    digests |= {CocoPanopticPredictions(written(tmp_path / "b"), dataset=dataset).digest(FIRST)}
    assert len(digests) == 1, "the same in another place"
    scored = written(tmp_path / "c", setting(*INFO, "score", 0.5))
    digests |= {CocoPanopticPredictions(scored, dataset=dataset).digest(FIRST)}
    other = written(tmp_path / "d", ids=PANOPTIC_IDS[::-1])
    digests |= {CocoPanopticPredictions(other, dataset=dataset).digest(FIRST)}
    assert len(digests) == 3


ENTRIES = {
    "segment 0": (setting(*INFO, "id", 0), "image 7: segment id 0; .*0 is void"),
    "listed without a pixel": (setting(*INFO, "id", 8), "x.png: image 7: segment 8: an entry .* no pixel"),
    "pixels that are not listed": (removing(*INFO), "x.png: image 7: segment 300: 3 px .* no entry"),
    "unknown category": (setting(*INFO, "category_id", 5), "segment 300: category_id 5"),
    "not a number": (setting(*INFO, "score", float("nan")), "segment 300: score nan"),
    "unknown image": (setting("annotations", 0, "image_id", 8), "image 8: no such image"),
    "no annotations": (removing("annotations"), "no list 'annotations'"),
}


@pytest.mark.parametrize("name", ENTRIES)
def test_what_is_wrong_is_named(tmp_path: Path, dataset: CocoPanoptic, name: str) -> None:
    change, expected = ENTRIES[name]
    problems = problems_of(written(tmp_path, change), dataset)
    assert any(re.search(expected, str(problem)) for problem in problems), problems


def test_stated_areas_do_not_matter(tmp_path: Path, dataset: CocoPanoptic) -> None:
    predictions = CocoPanopticPredictions(written(tmp_path, setting(*INFO, "area", 4)), dataset=dataset)
    report = check_run(dataset, [predictions])
    assert report.problems == []
    (note,) = report.notes
    assert note.endswith(
        "another area than their pixels: the pixels count; e.g. image 7: segment 300 states 4, has 3 px"
    )


def test_another_size(tmp_path: Path, dataset: CocoPanoptic) -> None:
    (problem,) = problems_of(written(tmp_path, ids=PANOPTIC_IDS.T), dataset)
    assert (problem.found, problem.hint) == ("3x2 px", "height and width are swapped")


def test_real_predictions() -> None:
    dataset = CocoPanoptic(data_dir("camvid_panoptic", "panoptic_val.json"))
    predictions = CocoPanopticPredictions(data_dir("camvid_panoptic", "fcn8_small_val.json"), dataset=dataset)
    samples = dataset.samples()
    assert all(predictions.has(sample) for sample in samples)
    assert [found for sample in samples[::10] for found in predictions.check(sample, dataset.size(sample))] == []
