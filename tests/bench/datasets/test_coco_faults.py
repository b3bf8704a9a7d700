"""Annotation files of other tools: inessential faults change no number, and one note says how many there are."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pycocotools import mask as coco_mask

from boundary_bench.bench.datasets.coco import Coco
from boundary_bench.bench.errors import InputError
from boundary_bench.bench.plugins.validation import check_run
from boundary_bench.bench.predictions.coco_results import CocoResults
from tests.bench import coco_scores
from tests.bench.coco_json import annotations, setting, write_json


def every(key: str, value: Any) -> Callable[[Any], None]:
    """Sets a key of all annotations; a function is called with the annotation, and None removes the key."""

    def change(truth: Any) -> None:
        for entry in truth["annotations"]:
            entry[key] = value(entry) if callable(value) else value
            if entry[key] is None:
                del entry[key]

    return change


def pairs(entry: Any) -> Any:
    return [np.reshape(part, (-1, 2)).tolist() for part in entry["segmentation"]]


def code_of(entry: Any, form: Callable[[bytes], Any]) -> Any:
    code = coco_mask.merge(coco_mask.frPyObjects(entry["segmentation"], *coco_scores.SIZE))
    return {"size": [float(side) for side in coco_scores.SIZE], "counts": form(code["counts"])}


def again(key: str) -> Callable[[Any], None]:
    return lambda truth: truth[key].append(copy.deepcopy(truth[key][1]))


def without_lists(truth: Any) -> None:
    every("segmentation", lambda entry: code_of(entry, bytes.decode))(truth)
    del truth["images"], truth["categories"]


# What becomes of a file, and the one note on it ("": none); the numbers stay those of pycocotools for the plain file.
FAULTS = {
    "area of the box": (
        every("area", lambda a: a["bbox"][2] * a["bbox"][3]),
        "12 annotations have the area of their box, .*e.g. annotation 1: .* for .* px, annotation 2: .*`areas: file`",
    ),
    "area 0": (every("area", 0), "12 annotations have an area of 0 or below, .*e.g. annotation 1, annotation 2; "),
    "negative area": (every("area", -5), "12 annotations have an area of 0 or below"),
    "no area": (every("area", None), "12 annotations have an area of 0 or below, or none"),
    "area as text": (every("area", "100"), "12 annotations have an area of 0 or below, or none"),
    "area beyond floating point": (setting("annotations", 3, "area", 10**400), "1 annotations have .*annotation 4;"),
    "another area": (
        setting("annotations", 3, "area", 4000),
        r"1 annotations have an area that is not that of their mask, e.g. annotation 4: 4000 for \d+ px; its pixels",
    ),
    "a part of one point": (lambda d: d["annotations"][0]["segmentation"].append([3.5, 4]), "1 parts of polygons"),
    "two parts of two points": (
        lambda d: d["annotations"][2]["segmentation"].extend([[3, 4, 5, 6], [7, 8, 7, 8]]),
        "2 parts of polygons have one or two points, e.g. annotation 3; they are left out",
    ),
    "a first part of two points": (
        lambda d: d["annotations"][2]["segmentation"].insert(0, [3, 4, 20, 20]),
        "1 parts of polygons have one or two points, e.g. annotation 3",
    ),
    "pairs": (every("segmentation", pairs), r"12 polygons are lists of \[x, y\] pairs"),
    "pairs without a list": (every("segmentation", lambda a: pairs(a)[0]), "12 polygons are lists of"),
    "numbers without a list": (every("segmentation", lambda a: a["segmentation"][0]), "12 polygons are lists of"),
    "text of bytes": (
        every("segmentation", lambda a: code_of(a, repr)),
        "12 run-length codes are bytes printed as text, b'...', e.g. annotation 1, annotation 2; what is inside",
    ),
    "lengths": (
        every("segmentation", lambda a: code_of(a, lambda c: [float(v) for v in runs(c)])),
        "",
    ),
    "repeated ids": (every("id", 7), "12 annotations have an id that is repeated.*e.g. id 7 at place 1, id 7 at pl"),
    "ids as names": (every("id", lambda a: f"b{a['id']}"), "12 annotations have an id .*id 'b1' at place 1"),
    "no ids": (every("id", None), "12 annotations have an id that is repeated, absent or no number"),
    "the id 0": (every("id", lambda a: a["id"] - 1), "1 annotations have the id 0, e.g. annotation 0; pycocotools"),
    "numbers as text": (every("id", lambda a: str(a["id"])), ""),
    "null for iscrowd": (every("iscrowd", lambda a: {}.get("")), ""),
    "image ids as text": (
        every("image_id", lambda a: str(a["image_id"])),
        "12 entries name an image or a category by a number written as text",
    ),
    "category ids as text": (every("category_id", lambda a: str(a["category_id"])), "12 entries name an image or"),
    "text in the lists": (
        lambda d: [each.update(id=str(each["id"])) for each in d["categories"]],
        "3 entries name an image or a category",
    ),
    "an image twice": (again("images"), "1 images are listed again, word for word, e.g. image 12"),
    "a category twice": (again("categories"), "1 categories are listed again, word for word, e.g. category 2"),
    "backslashes": (lambda d: [i.update(file_name=i["file_name"].replace("/", "\\")) for i in d["images"]], ""),
    "no lists": (without_lists, "no list of images; the 3 that annotations name are taken"),
}  # fmt: skip


def runs(counts: bytes) -> list[int]:
    pixels = coco_mask.decode({"size": list(coco_scores.SIZE), "counts": counts}).ravel(order="F")
    ends = np.flatnonzero(np.diff(pixels)) + 1
    return ([0] if pixels[0] else []) + np.diff(np.r_[0, ends, pixels.size]).tolist()


@pytest.mark.parametrize("name", FAULTS)
def test_faults_change_no_number_and_are_noted_once(tmp_path: Path, name: str) -> None:
    change, expected = FAULTS[name]
    truth, results = coco_scores.world()
    plain = coco_scores.theirs(truth, results)
    change(truth)
    values, notes = coco_scores.ours(tmp_path, truth, results)
    assert values == plain
    if name == "no lists":
        assert re.search("no list of categories; the 3 that annotations name are taken: 1, 2, 3", notes.pop(1))
    assert len(notes) == bool(expected), notes
    assert all(note.startswith("coco/truth: ") and re.search(expected, note) for note in notes), notes


def test_null_for_iscrowd(tmp_path: Path) -> None:
    path = write_json(tmp_path / "a.json", annotations(), setting("annotations", 1, "iscrowd", None))
    dataset = Coco(path)
    assert not dataset.truth(dataset.samples()[0]).crowd.any()
    assert dataset.notes()[0] == "1 annotations have null for iscrowd, e.g. annotation 50; it is read as 0"


def test_polygons_outside_of_the_image_are_pycocotools(tmp_path: Path) -> None:
    truth, results = coco_scores.world()
    rng = np.random.default_rng(0)
    for entry in truth["annotations"]:
        polygon = (rng.uniform(-0.4, 1.4, (5, 2)) * (80, 60)).ravel().round(2).tolist()
        code = coco_scores.drawn(polygon)
        entry |= {"segmentation": [polygon], "area": float(coco_mask.area(code))}
    far = [-700.5, 20, 860, -550.25, 20.75, 640]
    truth["annotations"][5] |= {"segmentation": [far], "area": float(coco_mask.area(coco_scores.drawn(far)))}
    results = [entry | {"score": 0.5, "segmentation": entry["segmentation"]} for entry in truth["annotations"]]
    dataset = Coco(write_json(tmp_path / "truth.json", truth))
    for sample in dataset.samples():
        found = dataset.truth(sample)
        for place, number in enumerate(found.ids.tolist()):
            polygon = truth["annotations"][number - 1]["segmentation"][0]
            assert found.masks.coco(place) == coco_scores.drawn(polygon)
    (note,) = dataset.notes()
    assert re.match(r"\d+ polygons reach outside of their image, e.g. annotation 1 to \(-?[\d.]+, -?[\d.]+\)", note)
    coded = [entry | {"segmentation": coco_scores.drawn(entry["segmentation"][0])} for entry in results]
    assert coco_scores.ours(tmp_path, truth, results)[0] == coco_scores.theirs(truth, [r | {"bbox": []} for r in coded])


def test_an_object_without_a_usable_part_is_missed(tmp_path: Path) -> None:
    truth, results = coco_scores.world()
    truth["annotations"][0]["segmentation"] = [[70, 50, 2, 2]]
    values, notes = coco_scores.ours(tmp_path, truth, results)
    truth["annotations"][0]["segmentation"] = {"size": [60, 80], "counts": [4800]}
    assert values == coco_scores.theirs(truth, results), "pycocotools itself stops at two points"
    assert any("1 objects have no part of three points or more, e.g. annotation 1; their masks are empty" in note
               for note in notes)  # fmt: skip


def test_areas_that_the_file_states_are_kept_beside_those_of_masks(tmp_path: Path) -> None:
    truth, _ = coco_scores.world()
    every("area", lambda a: a["bbox"][2] * a["bbox"][3])(truth)
    truth["annotations"][1]["area"] = "none"
    dataset = Coco(write_json(tmp_path / "truth.json", truth))
    found = dataset.truth(dataset.samples()[0])
    boxes = [a["bbox"][2] * a["bbox"][3] for a in truth["annotations"][:4]]
    assert found.areas.tolist() == found.masks.areas.tolist()
    assert found.stated is not None
    np.testing.assert_array_equal(found.stated.areas, [boxes[0], np.nan, *boxes[2:]])
    assert found.stated.boxes.tolist() == boxes


def test_areas_of_rectangles_are_no_mistake(tmp_path: Path) -> None:
    document = annotations()
    document["annotations"] = [
        {"id": 1, "image_id": 7, "category_id": 4, "iscrowd": 0, "area": 12.6, "bbox": [1, 1, 4.2, 3],
         "segmentation": [[1, 1, 5.2, 1, 5.2, 4, 1, 4]]}
    ]  # fmt: skip
    dataset = Coco(write_json(tmp_path / "a.json", document))
    assert dataset.truth(dataset.samples()[0]).areas.tolist() == [12.6]
    assert "have the area of their box" not in str(dataset.notes())


def test_a_few_areas_of_boxes_are_told_one_by_one(tmp_path: Path) -> None:
    truth, _ = coco_scores.world()
    for entry in truth["annotations"][:2]:
        entry["area"] = 40 * entry["area"]
    dataset = Coco(write_json(tmp_path / "truth.json", truth))
    first, second, *_ = dataset.truth(dataset.samples()[0]).areas.tolist()
    assert (first, second) == tuple(dataset.truth(dataset.samples()[0]).masks.areas[:2].tolist())
    assert dataset.notes()[0].startswith("2 annotations have an area that is not that of their mask")


def test_most_images_without_annotations_are_noted(tmp_path: Path) -> None:
    document = annotations()
    document["images"].append({"id": 8, "file_name": "c/third.png", "height": 6, "width": 8})
    notes = check_run(Coco(write_json(tmp_path / "a.json", document)), []).notes
    assert "2 of 3 images have no annotations; whatever is predicted there counts as wrong" in notes[-1]
    assert "no annotations" not in str(check_run(Coco(write_json(tmp_path / "b.json", annotations())), []).notes)


@pytest.mark.parametrize("packed", ["a.json", "a.json.gz", "a.jsonl"])
def test_a_list_of_annotations_alone(tmp_path: Path, packed: str) -> None:
    truth, results = coco_scores.world()
    plain = coco_scores.theirs(truth, results)
    every("segmentation", lambda entry: code_of(entry, bytes.decode))(truth)
    path = tmp_path / packed
    lines = "\n".join(json.dumps(each) for each in truth["annotations"])
    path.write_text(lines if packed.endswith("l") else json.dumps(truth["annotations"]))
    dataset = Coco(path)
    predictions = CocoResults(write_json(tmp_path / "r.json", results), dataset=dataset)
    assert coco_scores.scores(dataset, predictions)[0] == plain
    assert dataset.split == "a"


def test_sizes_that_nothing_tells(tmp_path: Path) -> None:
    truth, _ = coco_scores.world()
    del truth["images"]
    with pytest.raises(
        InputError, match="no list 'images', and no run-length code that tells the size of image 11, 12"
    ):
        Coco(write_json(tmp_path / "a.json", truth))


@pytest.mark.parametrize("many", [1203, 13204])
def test_any_number_of_categories(tmp_path: Path, many: int) -> None:
    used = (1, 255, 256, 257, many)
    truth, results = coco_scores.world(categories=used)
    truth["categories"] = [{"id": each, "name": f"c{each}"} for each in range(1, many + 1)]
    assert {entry["category_id"] for entry in results} >= {255, 256}
    values, notes = coco_scores.ours(tmp_path, truth, results)
    assert values == coco_scores.theirs(truth, results)
    assert notes == []


def test_images_of_more_pixels_than_32_bits_count(tmp_path: Path) -> None:
    side = 70_000
    column, corner = side * side - 2 * side, [69_000, 69_000, 69_400, 69_030, 69_330, 69_290]
    truth = {
        "images": [{"id": 1, "file_name": "slide.tif", "height": side, "width": side}],
        "categories": [{"id": 1, "name": "cell"}],
        "annotations": [
            {"id": 2, "image_id": 1, "category_id": 1, "segmentation": [corner]},
            {"id": 3, "image_id": 1, "category_id": 1,
             "segmentation": {"size": [side, side], "counts": [column, side, side]}},
        ],
    }  # fmt: skip
    dataset = Coco(write_json(tmp_path / "a.json", truth))
    found = dataset.truth(dataset.samples()[0])
    near = [value - 69_000 for value in corner]
    small = coco_mask.decode(coco_mask.merge(coco_mask.frPyObjects([near], 500, 500)))
    np.testing.assert_array_equal(found.masks.window(0, (69_000, 69_000, 69_500, 69_500)), small.astype(bool))
    assert found.areas.tolist() == [small.sum(), side]
    assert found.masks.boxes.tolist()[1] == [0, side - 2, side, side - 1]
    wide = write_json(tmp_path / "b.json", truth, setting("annotations", 0, "segmentation", [[0, 0, side, 0, 9, 9]]))
    (problem,) = check_run(Coco(wide), []).problems
    assert re.search("polygons 70000 px wide in an image 70000 px high; allowed: 61356 px", str(problem))
