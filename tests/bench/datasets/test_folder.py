"""Anybody's own label maps in a folder."""

from __future__ import annotations

import re
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from boundary_bench.bench.datasets.own.label_folder import Folder
from boundary_bench.bench.errors import InputError
from boundary_bench.bench.plugins import registry
from boundary_bench.bench.plugins.validation import check_run
from boundary_bench.bench.predictions.label_maps import LabelMaps
from tests.paths import REPOSITORY

RNG = np.random.default_rng(0)


def maps(folder: Path, labels: dict[str, NDArray[np.integer]], name: str = "{}.png") -> Path:
    for key, each in labels.items():
        path = folder / name.format(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        assert cv2.imwrite(str(path), each)
    return folder


def photos(folder: Path, names: list[str], size: tuple[int, int] = (6, 8)) -> Path:
    for name in names:
        path = folder / f"{name}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.zeros((*size, 3), np.uint8)).save(path)
    return folder


def random(classes: int, dtype: type = np.uint8) -> NDArray[np.integer]:
    return RNG.integers(0, classes, (6, 8)).astype(dtype)


def said(build: object) -> str:
    with pytest.raises(InputError) as refused:
        build()  # type: ignore[operator]
    return str(refused.value)


def test_ids_keep_their_value_whatever_they_are(tmp_path: Path) -> None:
    labels = {"a": random(300, np.uint16)}
    labels["a"][0, :3] = [0, 255, 299]
    data = Folder(maps(tmp_path / "gt", labels), classes=300)
    (sample,) = data.samples()
    truth = data.truth(sample)
    assert truth.void == -1
    np.testing.assert_array_equal(truth.labels, labels["a"])
    assert check_run(data, []).ok


def test_raw_ids_become_classes_several_of_them_one(tmp_path: Path) -> None:
    raw = np.array([[7, 8], [9, 500]], np.uint16)
    data = Folder(maps(tmp_path / "gt", {"a": raw}), classes={7: "road", 8: "car", 9: "road"}, ignore=[500])
    assert data.classes == ("road", "car")
    assert data.truth(data.samples()[0]).labels.tolist() == [[0, 1], [0, 255]]
    assert data.ignored == frozenset()


def test_an_ignored_class_is_void_in_the_truth_alone(tmp_path: Path) -> None:
    folder = maps(tmp_path / "gt", {"a": np.array([[0, 1], [2, 1]], np.uint8)})
    data = Folder(folder, classes=3, ignore=0)
    sample = data.samples()[0]
    assert data.truth(sample).labels.tolist() == [[255, 1], [2, 1]]
    assert data.ignored == {0}
    predicted = LabelMaps(folder, dataset=data).load(sample)
    assert predicted.labels.tolist() == [[0, 1], [2, 1]]
    assert predicted.without(data.ignored).labels.tolist() == [[255, 1], [2, 1]]


@pytest.mark.parametrize("high", [1, 255])
def test_without_classes_masks_are_binary(tmp_path: Path, high: int) -> None:
    mask = np.array([[0, high], [high, 0]], np.uint8)
    data = Folder(maps(tmp_path / "gt", {"a": np.zeros((2, 2), np.uint8), "b": mask}))
    assert data.classes == ("background", "object")
    assert data.truth(data.samples()[1]).labels.tolist() == [[0, 1], [1, 0]]
    assert "two classes" in data.notes()[-1]
    predicted = LabelMaps(maps(tmp_path / "p", {"a": mask // high, "b": mask // high * 255}), dataset=data)
    assert [predicted.load(s).labels.tolist() for s in data.samples()] == [[[0, 1], [1, 0]]] * 2


def test_void_of_binary_truth_is_the_object_of_masks_that_are_predicted(tmp_path: Path) -> None:
    gt = maps(tmp_path / "gt", {"a": np.array([[0, 1, 255]], np.uint8), "b": np.array([[0, 1, 1]], np.uint8)})
    data = Folder(gt, ignore=255)
    assert check_run(data, []).ok
    assert [data.truth(s).labels.tolist() for s in data.samples()] == [[[0, 1, 255]], [[0, 1, 1]]]
    mask = maps(tmp_path / "p", {"a": np.array([[0, 255, 255]], np.uint8)})
    assert LabelMaps(mask, dataset=data).load(data.samples()[0]).labels.tolist() == [[0, 1, 1]]
    named = Folder(gt, classes=2, ignore=255)
    predictions = LabelMaps(mask, dataset=named)
    assert predictions.check(named.samples()[0], (1, 3)) == []
    assert "binary masks, whose object would be 255?" in predictions.notes()[-1]


def test_binary_masks_with_anything_else_are_refused(tmp_path: Path) -> None:
    data = Folder(maps(tmp_path / "gt", {"a": np.array([[0, 255]], np.uint8), "b": np.array([[1, 255]], np.uint8)}))
    (problem,) = check_run(data, []).problems
    assert problem.found == "ids 1, 255"
    soft = LabelMaps(maps(tmp_path / "p", {"a": np.array([[0, 90, 255]], np.uint8)}), dataset=data)
    (problem,) = soft.check(data.samples()[0], (1, 3))
    assert "threshold" in problem.hint


def test_two_classes_with_names_may_be_binary_masks(tmp_path: Path) -> None:
    gt = maps(tmp_path / "gt", {"a": np.array([[0, 255]], np.uint8), "b": np.array([[0, 0]], np.uint8)})
    data = Folder(gt, classes=["sound", "crack"])
    assert data.truth(data.samples()[0]).labels.tolist() == [[0, 1]]
    assert check_run(data, []).ok
    maps(gt, {"c": np.array([[0, 1]], np.uint8)})
    (problem,) = check_run(Folder(gt, classes=["sound", "crack"]), []).problems
    assert (problem.found, problem.hint) == ("1 in c, 255 in a", "where 255 is void, give --classes 2 --ignore 255")
    assert check_run(Folder(gt, classes=["sound", "crack"], ignore=255), []).ok


def test_without_classes_anything_else_is_refused_with_the_option(tmp_path: Path) -> None:
    folder = maps(tmp_path / "gt", {"a": np.array([[0, 3]], np.uint8), "b": np.array([[7, 3]], np.uint8)})
    message = said(lambda: Folder(folder))
    assert "ids 0, 3, 7" in message
    assert "--classes" in message


def test_ids_that_are_no_class_are_refused_never_void(tmp_path: Path) -> None:
    folder = maps(tmp_path / "gt", {"a": np.array([[0, 1, 2, 255]], np.uint8)})
    (problem,) = check_run(Folder(folder, classes=3), []).problems
    assert (problem.found, problem.hint) == ("ids 255", "is it void? then give --ignore 255")
    assert check_run(Folder(folder, classes=3, ignore=255), []).ok


def test_names_with_a_constant_ending_and_nested_folders(tmp_path: Path) -> None:
    names = ["r0/1", "r1/1"]
    gt = maps(tmp_path / "gt", {name: random(3) for name in names}, "{}_labels.png")
    data = Folder(gt, photos(tmp_path / "photos", names), classes=3)
    assert [sample.id for sample in data.samples()] == names
    assert "'_labels'" in data.notes()[0]
    assert check_run(data, [], images=True).ok
    by_hand = Folder(gt, classes=3, truth_name="{id}_labels.png")
    assert [sample.id for sample in by_hand.samples()] == names


def test_images_that_are_missing_are_named(tmp_path: Path) -> None:
    gt = maps(tmp_path / "gt", {name: random(3) for name in "abc"})
    message = said(lambda: Folder(gt, photos(tmp_path / "photos", ["a", "b"]), classes=3))
    assert "no image for 1 of 3 label files: c" in message


def test_a_list_of_ids_is_a_split(tmp_path: Path) -> None:
    gt = maps(tmp_path / "gt", {f"x/{name}": random(3) for name in "abc"})
    (tmp_path / "val.txt").write_text("x/b\nx/c.png\n\n")
    data = Folder(gt, classes=3, ids=tmp_path / "val.txt")
    assert ([sample.id for sample in data.samples()], data.split) == (["x/b", "x/c"], "val")
    (tmp_path / "val.txt").write_text("x/d\n")
    assert "1 of 1 ids of no sample: x/d" in said(lambda: Folder(gt, classes=3, ids=tmp_path / "val.txt"))


def test_a_split_is_a_folder_where_there_are_folders(tmp_path: Path) -> None:
    gt = maps(tmp_path / "gt", {"train/a": random(3), "val/b": random(3)})
    assert [sample.id for sample in Folder(gt, classes=3, split="val").samples()] == ["b"]
    assert "did you mean 'val'" in said(lambda: Folder(gt, classes=3, split="vall"))
    assert len(Folder(gt, classes=3).samples()) == 2
    flat = maps(tmp_path / "flat", {"a": random(3)})
    assert Folder(flat, classes=3, split="val").split == "val"


def test_folders_are_clusters_where_there_are_enough(tmp_path: Path) -> None:
    four = Folder(maps(tmp_path / "4", {f"r{i}/a": random(3) for i in range(4)}), classes=3)
    five = Folder(maps(tmp_path / "5", {f"r{i}/a": random(3) for i in range(5)}), classes=3)
    assert {sample.cluster for sample in four.samples()} == {None}
    assert {sample.cluster for sample in five.samples()} == {f"r{i}" for i in range(5)}


def test_images_alone_can_be_refined_but_not_scored(tmp_path: Path) -> None:
    data = Folder(images=photos(tmp_path / "photos", ["a"]), classes=2)
    assert check_run(data, [], images=True, truth=False).ok
    (problem,) = check_run(data, []).problems
    assert (problem.where, problem.found) == ("folder/all: a", "no label file")
    assert data.size(data.samples()[0]) == (6, 8)
    assert "folder/all: a: no label file" in said(lambda: data.truth(data.samples()[0]))
    assert "neither truth nor images" in said(Folder)


def test_two_files_for_one_sample(tmp_path: Path) -> None:
    gt = maps(tmp_path / "gt", {"a": random(3)})
    (tmp_path / "gt/a.PNG").write_bytes((gt / "a.png").read_bytes())
    assert "a.PNG and a.png for a" in said(lambda: Folder(gt, classes=3))


def test_the_class_of_the_page_is_complete(tmp_path: Path) -> None:
    code = re.findall(r"```python\n(# mine.py\n.*?)```", (REPOSITORY / "docs/data.md").read_text(), re.DOTALL)
    (tmp_path / "mine.py").write_text(code[0])
    maps(tmp_path / "data/val/labels", {"x/a": random(3)})
    photos(tmp_path / "data/val/photos", ["x/a"])
    data = registry.build("datasets", f"{tmp_path}/mine.py:Mine", {"root": tmp_path / "data", "split": "val"})
    assert check_run(data, [], images=True).ok
    maps(tmp_path / "data/val/labels", {"x/a": random(3) + 7})
    (problem,) = check_run(data, []).problems
    assert "training ids 0..2 and void 255" in problem.allowed
