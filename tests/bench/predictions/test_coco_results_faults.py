"""Result files of other tools: what changes no number is read and noted, ids counted in another way are refused."""

from __future__ import annotations

import copy
import gzip
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from boundary_bench.bench.config.defaults import default_format
from boundary_bench.bench.datasets.coco import Coco
from boundary_bench.bench.errors import InputError
from boundary_bench.bench.predictions.coco_results import CocoResults
from tests.bench import coco_scores
from tests.bench.coco_json import write_json


def every(results: list[dict[str, Any]], **changes: Any) -> list[dict[str, Any]]:
    """Keys of all results; functions are called with the result."""
    made = copy.deepcopy(results)
    for entry in made:
        entry |= {key: value(entry) if callable(value) else value for key, value in changes.items()}
    return made


def files(truth: Any) -> dict[int, str]:
    return {image["id"]: image["file_name"] for image in truth["images"]}


def as_bytes(entry: Any) -> Any:
    return entry["segmentation"] | {"counts": str(entry["segmentation"]["counts"].encode())}


TRUTH, RESULTS = coco_scores.world()
NAMES = files(TRUTH)
FAULTS = {
    "boxes": (every(RESULTS, bbox=[1, 2, 3, 4]), "12 results have a bbox beside .*--metric-param areas=box does"),
    "text of bytes": (
        every(RESULTS, segmentation=as_bytes),
        "12 run-length codes are bytes printed as text, b'...', e.g. result 1, result 2;",
    ),
    "image ids as text": (
        every(RESULTS, image_id=lambda r: str(r["image_id"])),
        "3 image ids are text for numbers, or the reverse, e.g. '11'",
    ),
    "category ids as text": (every(RESULTS, category_id=lambda r: str(r["category_id"])), "12 entries name"),
    "numbers with a point": (every(RESULTS, category_id=lambda r: float(r["category_id"])), ""),
    "images by file name": (every(RESULTS, image_id=lambda r: NAMES[r["image_id"]]), ""),
    "images by file name of another system": (
        every(RESULTS, image_id=lambda r: "D:\\x\\" + NAMES[r["image_id"]].replace("/", "\\")),
        "",
    ),
    "images by the number of their file": (
        every(RESULTS, image_id=lambda r: r["image_id"] - 1),
        "the 3 image ids are numbers in the names of image files, e.g. 1. of 001.; .*1 of them are no ids of the ann",
    ),
    "file names beside numbers of files": (
        every(RESULTS, image_id=lambda r: r["image_id"] - 1, file_name=lambda r: NAMES[r["image_id"]].split("/")[1]),
        "image ids are not those of the annotations; images are taken by the file names beside them, e.g. 001..jpg",
    ),
    "file names beside ids": (every(RESULTS, file_name=lambda r: NAMES[r["image_id"]]), ""),
    "file names that nobody knows": (every(RESULTS, file_name="crop.png"), ""),
    "another category": (
        [*RESULTS, *every(RESULTS[:5], category_id=44)],
        "5 results are of categories that the dataset does not list, e.g. category 44; they are left out, as by pyco",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_faults_change_no_number_and_are_noted_once(tmp_path: Path, name: str) -> None:
    results, expected = FAULTS[name]
    values, notes = coco_scores.ours(tmp_path, TRUTH, results)
    assert values == coco_scores.theirs(TRUTH, RESULTS)
    assert len(notes) == bool(expected), notes
    assert all(re.search(f"^results: {expected}", note) for note in notes), notes


def test_results_by_numbers_of_files_that_are_ids_too(tmp_path: Path) -> None:
    results = [entry for entry in every(RESULTS, image_id=lambda r: r["image_id"] - 1) if entry["image_id"] != 10]
    values, notes = coco_scores.ours(tmp_path, TRUTH, results)
    assert values == coco_scores.theirs(TRUTH, results), "as pycocotools, which knows nothing of names"
    assert re.search(
        "image ids are taken as those of the annotations, e.g. 11 for 0010; .*other images, as 0011", notes[0]
    )
    named = every(results, file_name=lambda r: NAMES[r["image_id"] + 1])
    values, notes = coco_scores.ours(tmp_path, TRUTH, named)
    assert values == coco_scores.theirs(TRUTH, [entry for entry in RESULTS if entry["image_id"] != 11])
    assert "images are taken by the file names" in notes[0]


def test_ids_and_names_that_contradict_each_other(tmp_path: Path) -> None:
    dataset = Coco(write_json(tmp_path / "truth.json", TRUTH))
    mixed = every(RESULTS, file_name=lambda r: NAMES[{11: 12, 12: 11, 13: 13}[r["image_id"]]])
    with pytest.raises(
        InputError, match=r"image id 12 beside the file name f/0010.jpg; .*that of 0011 .*1 of 3 images"
    ):
        CocoResults(write_json(tmp_path / "r.json", mixed), dataset=dataset)
    text = every([entry for entry in RESULTS if entry["image_id"] != 13], image_id=lambda r: str(r["image_id"]))
    with pytest.raises(InputError, match="image id '11', which may be the id of 0010 or the name of 0011"):
        CocoResults(write_json(tmp_path / "r.json", text), dataset=dataset)


def test_one_number_beside_two_names_says_nothing(tmp_path: Path) -> None:
    results = every(RESULTS, file_name=lambda r: NAMES[11 if r["score"] < 0.5 else 12])
    values, notes = coco_scores.ours(tmp_path, TRUTH, results)
    assert (values, notes) == (coco_scores.theirs(TRUTH, RESULTS), [])


def test_box_areas_are_kept_beside_the_masks(tmp_path: Path) -> None:
    results = every(RESULTS, bbox=lambda r: [0, 0, 7, r["image_id"]])
    results[1]["bbox"], results[2]["bbox"] = None, [1, 2, "x", 4]
    dataset = Coco(write_json(tmp_path / "truth.json", TRUTH))
    found = CocoResults(write_json(tmp_path / "r.json", results), dataset=dataset).load(dataset.samples()[0])
    assert found.stated is not None
    np.testing.assert_array_equal(found.stated.boxes, [77, np.nan, np.nan, 77])
    assert found.areas.tolist() == found.masks.areas.tolist()


OTHERWISE = {
    "one higher": ((0, 1, 2), 1, "off by one: 1 to 3 are each one higher than an id of the dataset; subtract 1"),
    "one lower": ((1, 2, 3), -1, "off by one: 0 to 2 are each one lower than an id of the dataset; add 1"),
    "far away": ((1, 2, 3), 40, "is it a file for another dataset?"),
}


@pytest.mark.parametrize("name", OTHERWISE)
def test_categories_counted_in_another_way(tmp_path: Path, name: str) -> None:
    categories, shift, expected = OTHERWISE[name]
    truth, results = coco_scores.world(categories=categories)
    dataset = Coco(write_json(tmp_path / "truth.json", truth))
    path = write_json(tmp_path / "r.json", every(results, category_id=lambda r: r["category_id"] + shift))
    with pytest.raises(InputError) as caught:
        CocoResults(path, dataset=dataset)
    (problem,) = caught.value.problems
    assert problem.where == str(path)
    assert expected in problem.hint
    assert ("--categories subset" in problem.hint) == (name != "far away")


@pytest.mark.parametrize(
    ("given", "expected"),
    [({0, 1, 2}, "training ids instead"), ({2, 3}, "places in the list instead"), ({1, 18, 44}, "")],
)
def test_categories_by_their_places(tmp_path: Path, given: set[int], expected: str) -> None:
    truth, results = coco_scores.world(categories=(1, 18, 62))
    ids = sorted(given)
    results = [entry | {"category_id": ids[place % len(ids)]} for place, entry in enumerate(results)]
    if 2 in given and 0 not in given:
        results.append(results[0] | {"category_id": 1})
    dataset = Coco(write_json(tmp_path / "truth.json", truth))
    path = write_json(tmp_path / "r.json", results)
    if not expected:
        assert "e.g. category 44" in CocoResults(path, dataset=dataset).notes()[-1]
        return
    with pytest.raises(InputError, match=expected):
        CocoResults(path, dataset=dataset)
    chosen = CocoResults(path, dataset=dataset, categories="subset")
    assert chosen.describe() == {"format": "coco_results", "categories": "subset"}
    assert "are left out" in chosen.notes()[-1]
    known = sum(entry["category_id"] in (1, 18, 62) for entry in results)
    assert sum(len(chosen.load(sample)) for sample in dataset.samples()) == known > 0


def test_an_unknown_way_with_categories(tmp_path: Path) -> None:
    dataset = Coco(write_json(tmp_path / "truth.json", TRUTH))
    with pytest.raises(InputError, match="categories: 'all'; allowed: check or subset"):
        CocoResults(write_json(tmp_path / "r.json", RESULTS), dataset=dataset, categories="all")  # type: ignore[arg-type]


def test_an_image_whose_results_are_left_out_has_results(tmp_path: Path) -> None:
    results = [entry | ({"category_id": 44} if entry["image_id"] == 11 else {}) for entry in RESULTS]
    dataset = Coco(write_json(tmp_path / "truth.json", TRUTH))
    predictions = CocoResults(write_json(tmp_path / "r.json", results), dataset=dataset)
    assert len(predictions.load(dataset.samples()[0])) == 0
    assert "have no results" not in str(predictions.notes())


@pytest.mark.parametrize("name", ["r.json.gz", "r.jsonl", "r.jsonl.gz", "r.json"])
def test_packed_files_and_lines(tmp_path: Path, name: str) -> None:
    dataset = Coco(write_json(tmp_path / "truth.json", TRUTH))
    text = "\n".join(json.dumps(each) for each in RESULTS) + "\n" if "jsonl" in name else json.dumps(RESULTS)
    data = ("\ufeff" + text).encode()
    (tmp_path / name).write_bytes(gzip.compress(data) if name != "r.jsonl" else data)
    predictions = CocoResults(tmp_path / name, dataset=dataset)
    assert coco_scores.scores(dataset, predictions) == (coco_scores.theirs(TRUTH, RESULTS), [])
    assert predictions.name == "r"
    assert default_format(dataset, str(tmp_path / name)) == "coco_results"
