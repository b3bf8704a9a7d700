"""COCO annotations: masks as pycocotools makes them, ids by hand, and everything that can be wrong with a file."""

from __future__ import annotations

import gc
import json
import re
import tracemalloc
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image
from pycocotools.coco import COCO

from boundary_bench.bench.datasets.coco import Coco
from boundary_bench.bench.errors import InputError, Problem
from boundary_bench.bench.plugins.validation import check_run
from tests.bench.coco_json import SIZE, annotations, removing, results, setting, write_json
from tests.paths import data_dir

FIRST = ("annotations", 0)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return write_json(tmp_path / "instances_val.json", annotations())


def test_categories_and_images_are_in_the_order_of_their_ids(path: Path) -> None:
    dataset = Coco(path)
    assert (dataset.classes, dataset.label_ids) == (("dog", "cat"), {4: 0, 30: 1})
    assert [(sample.id, sample.group) for sample in dataset.samples()] == [("first", "a"), ("second", "b")]
    assert dataset.image_ids == {7: "first", 9: "second"}
    assert (dataset.split, Coco(path, split="val").split) == ("instances_val", "val")
    assert (dataset.task, dataset.things) == ("instance", {0, 1})
    assert dataset.colours.shape == (2, 3)
    assert len({tuple(colour) for colour in dataset.colours.tolist()}) == 2


def test_objects_by_hand(path: Path) -> None:
    dataset = Coco(path)
    first, second = (dataset.truth(sample) for sample in dataset.samples())
    assert (first.size, second.size, len(second)) == (SIZE, SIZE, 0)
    assert first.categories.tolist() == [1, 0, 0]
    assert first.ids.tolist() == [51, 50, 12]
    assert first.crowd.tolist() == [False, True, False]
    assert first.scores is None
    assert first.areas.tolist() == [12, 12, 48], "the annotated area, else that of the mask"
    stripes = np.zeros(SIZE, bool)
    stripes[:, [1, 3]] = True
    np.testing.assert_array_equal(first.masks.dense(1), stripes)
    # pycocotools: a pixel is inside where its centre, rounded half up, is: columns 1..4, rows 1..3.
    square = np.zeros(SIZE, bool)
    square[1:4, 1:5] = True
    np.testing.assert_array_equal(first.masks.dense(0), square)


@pytest.mark.parametrize("name", ["../secret/third.png", "{outside}/third.png"])
def test_images_outside_of_their_folder_are_not_read(tmp_path: Path, name: str) -> None:
    (outside := tmp_path / "secret").mkdir()
    (images := tmp_path / "images").mkdir()
    write_image(outside / "third.png")
    path = write_json(
        tmp_path / "a.json", annotations(), setting("images", 0, "file_name", name.format(outside=outside))
    )
    (sample,) = (each for each in Coco(path).samples() if each.id == "third")
    assert sample.group == ""
    assert not Coco(path, images=images).has_image(sample)
    write_image(images / "third.png")
    assert Coco(path, images=images).has_image(sample)


def write_image(path: Path) -> None:
    assert cv2.imwrite(str(path), np.zeros((*SIZE, 3), np.uint8))


def test_sample_ids_where_stems_repeat_or_images_have_names(tmp_path: Path) -> None:
    same = write_json(tmp_path / "a.json", annotations(), setting("images", 0, "file_name", "b/first.png"))
    assert [sample.id for sample in Coco(same).samples()] == ["7", "9"]
    document = annotations() | {"annotations": []}
    document["images"][0]["id"], document["images"][1]["id"] = "ulm_2", "ulm_1"
    assert [sample.id for sample in Coco(write_json(tmp_path / "b.json", document)).samples()] == ["ulm_1", "ulm_2"]


def polygons(rng: np.random.Generator, size: tuple[int, int]) -> list[list[float]]:
    """One to three polygons, some thin, some reaching the border."""
    scale = np.array([size[1], size[0]])
    parts = []
    for _ in range(rng.integers(1, 4)):
        points = rng.uniform(-0.05, 1.05, (rng.integers(3, 9), 2)) * scale
        parts.append(points.clip(0, scale).round(int(rng.integers(0, 3))).ravel().tolist())
    return parts


def require_equal_masks(path: Path) -> int:
    """Compare the codes of all masks with pycocotools'; returns how many there were."""
    dataset, peer, count = Coco(path), COCO(str(path)), 0
    for image_id, sample in zip(sorted(peer.getImgIds()), dataset.samples(), strict=True):
        truth, expected = dataset.truth(sample), peer.loadAnns(peer.getAnnIds([image_id]))
        assert truth.ids.tolist() == [annotation["id"] for annotation in expected]
        assert truth.areas.tolist() == [annotation["area"] for annotation in expected]
        assert truth.crowd.tolist() == [bool(annotation["iscrowd"]) for annotation in expected]
        for place, code in enumerate(map(peer.annToRLE, expected)):
            counts = code["counts"] if isinstance(code["counts"], bytes) else code["counts"].encode()
            assert truth.masks.coco(place)["counts"].encode() == counts
        count += len(expected)
    return count


def test_polygons_equal_pycocotools(tmp_path: Path) -> None:
    rng, document = np.random.default_rng(5), annotations()
    document["annotations"] = []
    for number in range(1, 61):
        image = document["images"][number % 2]
        image["height"], image["width"] = 40, 57
        entry = {"image_id": image["id"], "category_id": 4, "iscrowd": 0, "id": number}
        document["annotations"].append(entry | {"segmentation": polygons(rng, (40, 57)), "area": 0})
    path = write_json(tmp_path / "instances.json", document)
    peer = COCO(str(path))
    for entry in document["annotations"]:
        entry["area"] = float(peer.annToMask(entry).sum())
    assert require_equal_masks(write_json(path, document)) == 60


@pytest.mark.parametrize(
    "parts", [("nuclei", "instances_val.json"), ("coco_fakesegm100", "instances_val2014_100.json")]
)
def test_real_masks_equal_pycocotools(parts: tuple[str, str]) -> None:
    path = data_dir(*parts)
    assert check_run(Coco(path), []).problems == []
    assert require_equal_masks(path) == {"nuclei": 3949, "coco_fakesegm100": 839}[parts[0]]


@pytest.mark.parametrize("folder", ["images", "images/a"])
def test_images_with_or_without_the_folder_they_name(tmp_path: Path, path: Path, folder: str) -> None:
    (tmp_path / "images" / "a").mkdir(parents=True)
    Image.new("RGB", (8, 6), (9, 8, 7)).save(tmp_path / "images" / "a" / "first.png")
    dataset = Coco(path, tmp_path / folder)
    first, second = dataset.samples()
    assert dataset.image(first)[0, 0].tolist() == [9, 8, 7]
    (problem,) = check_run(dataset, [], images=True).problems
    assert "second" in problem.where
    assert "no image" in problem.found
    with pytest.raises(InputError, match=r"second\.png\): no image"):
        dataset.image(second)
    with pytest.raises(InputError, match="no such folder"):
        Coco(path, tmp_path / "nowhere")


def test_digests_follow_contents(tmp_path: Path, path: Path) -> None:
    moved = write_json(tmp_path / "other" / "name.json", annotations())
    changed = write_json(tmp_path / "changed.json", annotations(), setting("annotations", 1, "iscrowd", 0))
    first, second = Coco(path).samples()
    assert Coco(path).digest(first) == Coco(moved).digest(first) != Coco(changed).digest(first)
    assert Coco(path).digest(second) == Coco(changed).digest(second), "nothing of this image has changed"
    renamed = write_json(tmp_path / "renamed.json", annotations(), setting("categories", 0, "id", 31))
    with pytest.raises(InputError, match="category_id 30"):
        Coco(renamed)


def coded(counts: object) -> dict[str, object]:
    return {"size": [6, 8], "counts": counts}


# Segmentation of annotation 51 in an image of 6 x 8 px, and what the message must say of it.
MASKS = {
    "size of another image": ({"size": [8, 6], "counts": [48]}, r"size \[8, 6\]; allowed: \[6, 8\].*swapped"),
    "overrun": (coded([40, 9]), "49 pixels"),
    "one run too long": (coded([10**9]), "1000000000 pixels"),
    "negative run": (coded([-2, 50]), "a run of -2"),
    "too short": (coded("01"), "1 pixels"),
    "garbage": (coded("\u20ac?~~~\x00"), "no run-length code"),
    "endless number": (coded("o" * 999), "no run-length code"),
    "fractions": (coded([40.5, 7.5]), "whole numbers"),
    "nested counts": (coded([[40], [1, 7]]), "whole numbers"),
    "huge counts": (coded([10**30]), "whole numbers"),
    "counts of another kind": (coded(48), "counts that are a number"),
    "no counts": ({"size": [6, 8]}, "a segmentation that is an object"),
    "no size": ({"counts": [48]}, "size None"),
    "size of another kind": ({"size": 48, "counts": [48]}, "size 48"),
    "nothing": (None, "no segmentation"),
    "text": ("0`1", "is text"),
    "no polygon": ([], "no polygon"),
    "odd coordinates": ([[1, 1, 5, 1, 5]], "x, y pairs"),
    "far outside": (
        [[1, 1, 1e300, 1, 5, 4]],
        r"reaches to \(1e\+300, 1\), far outside of 6x8 px; allowed: at most 10 wid",
    ),
    "a little too far": ([[1, 1, 89, 1, 5, 4]], r"reaches to \(89, 1\), far outside"),
    "endless outlines": ([[1, 1, 80, 1, 5, 4] * 80_000], "outlines of .* px; allowed: at most 1e.07 px"),
    "a pair of three": ([[[1, 1], [5, 1], [5, 4, 2]]], "x, y pairs"),
    "fractions of the image": (
        [[0.1, 0.1, 0.5, 0.1, 0.5, 0.4]],
        "coordinates in 0..1; .*fractions of width and height",
    ),
    "infinite": ([[1, 1, float("inf"), 1, 5, 4]], "finite"),
    "nan": ([[1, 1, float("nan"), 1, 5, 4]], "finite"),
    "overlong integer": ([[1, 1, 10**400, 1, 5, 4]], "finite"),
}
ENTRIES = {
    "crowd of two": (setting(*FIRST, "iscrowd", 2), "annotation 51.*iscrowd 2"),
    "unknown image": (setting(*FIRST, "image_id", 8), "annotation 51.*image_id 8"),
    "unknown category": (setting(*FIRST, "category_id", 1), "annotation 51.*category_id 1; .*4, 30 .training ids"),
    "no category": (removing(*FIRST, "category_id"), "annotation 51.*no category_id"),
    "no segmentation": (removing(*FIRST, "segmentation"), "annotation 51.*no segmentation"),
    "a list for an annotation": (setting(*FIRST, [1]), "annotation 1 of the list.*a JSON list"),
    "a list for an id": (setting(*FIRST, "image_id", [7]), r"annotation 51.*image_id \[7\]"),
    "repeated image id": (setting("images", 0, "id", 7), "id 7 a second time"),
    "image without size": (removing("images", 0, "width"), "image 9.*width None"),
    "image of no rows": (setting("images", 0, "height", 0), "image 9.*height 0"),
    "enormous image": (setting("images", 0, "height", 2**32), "image 9.*at most 17179869183 px"),
    "its box for a polygon": (
        lambda d: d["annotations"][0].update(bbox=[1, 1, 4, 3], segmentation=[[1, 1, 4, 3]]),
        "a segmentation that is its bbox; .*boxes alone are not scored",
    ),
    "another image of one id": (
        lambda d: d["images"].append(d["images"][0] | {"height": 7}),
        "image 3 of the list: id 9 a second time",
    ),
    "another category of one id": (
        lambda d: d["categories"].append({"id": 4, "name": "wolf"}),
        "category 3: id 4 a second time",
    ),
    "ids of two kinds": (setting("images", 0, "id", "nine"), "image ids of two kinds"),
    "a number for an image": (setting("images", 0, 9), "image 1 of the list.*id None"),
    "repeated category": (setting("categories", 0, "id", 4), "id 4 a second time"),
    "category without id": (removing("categories", 0, "id"), "category 1.*id None"),
    "no images": (setting("images", []), "no images"),
    "no list of images": (
        lambda d: d.update(images=0) or d.pop("images") or d["annotations"].__delitem__(slice(1, None)),
        "no list 'images'.*a list 'images' of .id, file_name, height, width",
    ),
    "no list of annotations": (removing("annotations"), "no list 'annotations'"),
    "annotations that are no list": (setting("annotations", {}), "'annotations' that is no list"),
}


def problems_of(path: Path) -> list[Problem]:
    try:
        return check_run(Coco(path), []).problems
    except InputError as error:
        return list(error.problems)


@pytest.mark.parametrize("name", MASKS)
def test_broken_masks_are_named(tmp_path: Path, name: str) -> None:
    segmentation, expected = MASKS[name]
    path = write_json(tmp_path / "broken.json", annotations(), setting(*FIRST, "segmentation", segmentation))
    (problem,) = problems_of(path)
    assert problem.where.startswith(f"{path}: image 7 (a/first.png): annotation 51")
    assert re.search(expected, str(problem))


@pytest.mark.parametrize("name", ENTRIES)
def test_broken_entries_are_named(tmp_path: Path, name: str) -> None:
    change, expected = ENTRIES[name]
    path = write_json(tmp_path / "broken.json", annotations(), change)
    problems = problems_of(path)
    assert all(problem.where.startswith(str(path)) for problem in problems)
    assert any(re.search(expected, str(problem)) for problem in problems), problems


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "an empty file"),
        (json.dumps(annotations())[:-40], "truncated JSON .*is the file complete?"),
        ("{'images': []}", "not valid JSON"),
        ("[" * 100_000, "JSON nested more than 100 levels deep"),
        ("\udcff", "not valid JSON"),
        (json.dumps(results()), "a JSON list.*is it a file of results?"),
        ("[1, 2]", "a JSON list.*is it a file of results?"),
        ("7", "a JSON number"),
    ],
)
def test_files_that_are_no_annotations(tmp_path: Path, text: str, expected: str) -> None:
    path = tmp_path / "broken.json"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(InputError, match=expected) as caught:
        Coco(path)
    assert caught.value.problems[0].where == str(path)


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        Coco(tmp_path / "nothing.json")
    with pytest.raises(InputError, match="is a directory"):
        Coco(tmp_path)


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    document = annotations()
    document["annotations"][0]["category_id"] = 1
    document["annotations"][1]["iscrowd"] = 7
    document["annotations"][2]["segmentation"]["counts"] = "0"
    with pytest.raises(InputError) as caught:
        Coco(write_json(tmp_path / "broken.json", document))
    assert [re.findall(r"annotation (\d+)", problem.where)[0] for problem in caught.value.problems] == [
        "51",
        "50",
        "12",
    ]


def test_memory_does_not_grow_with_the_images_seen(tmp_path: Path) -> None:
    rng, document = np.random.default_rng(0), annotations()
    document["images"] = [{"id": n, "file_name": f"{n}.jpg", "height": 400, "width": 600} for n in range(1, 121)]
    document["annotations"] = [
        {"id": n, "image_id": n % 120 + 1, "category_id": 4, "segmentation": polygons(rng, (400, 600))}
        for n in range(1, 601)
    ]
    dataset = Coco(write_json(tmp_path / "many.json", document))
    samples = dataset.samples()
    for sample in samples[:5]:
        dataset.truth(sample)
    tracemalloc.start()
    for sample in samples:
        dataset.truth(sample)
    gc.collect()  # what waits to be collected is not kept
    grown, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert grown < 60_000, "600 masks kept would be ten times as much"
