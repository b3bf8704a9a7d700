"""Named layouts in their official form, scored as `bench evaluate` does, are what plain NumPy says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from boundary_bench.bench.errors import InputError
from boundary_bench.bench.plugins.catalogue import DATASETS
from boundary_bench.bench.plugins.validation import check_run
from tests.bench.datasets.layouts.scored import built, guesses, ours, plain, write_guesses
from tests.bench.datasets.layouts.trees import TREES, Tree, ade20k, coco_stuff, kitti

Write = Callable[[Path], Tree]
WITH_PNG = ("gta5", "synthia", "kitti", "camvid_original")


def test_each_layout_has_a_tree() -> None:
    named = {name for name, place in DATASETS.items() if ".layouts." in place}
    assert {write.__name__ for write in TREES} >= named


@pytest.mark.parametrize("write", TREES)
def test_mean_iou(write: Write, tmp_path: Path) -> None:
    tree = write(tmp_path / "data")
    maps = guesses(tree)
    value, of_classes = ours(tree, write_guesses(tmp_path / "guess", maps), tmp_path / "out")
    expected, expected_of = plain(tree, maps)
    assert value == pytest.approx(expected, abs=1e-12)
    classes = built(tree).classes
    assert of_classes == pytest.approx({classes[i]: iou for i, iou in expected_of.items()}, abs=1e-12)
    assert 0.2 < expected < 0.8


@pytest.mark.parametrize("write", [ade20k, coco_stuff, kitti])
def test_predictions_in_label_ids(write: Write, tmp_path: Path) -> None:
    tree = write(tmp_path / "data")
    maps = guesses(tree)
    raw = {train: label for label, train in tree.train.items() if train >= 0}
    table = np.array([raw.get(train, 255) for train in range(256)])
    folder = write_guesses(tmp_path / "guess", {sample: table[ids] for sample, ids in maps.items()})
    value, _ = ours(tree, folder, tmp_path / "out", label_space="label_ids")
    assert value == pytest.approx(plain(tree, maps)[0], abs=1e-12)


@pytest.mark.parametrize("write", TREES)
def test_samples_images_and_ids(write: Write, tmp_path: Path) -> None:
    tree = write(tmp_path)
    dataset = built(tree)
    assert [sample.id for sample in dataset.samples()] == sorted(tree.truths)
    images = any(path.name.endswith((".jpg", "_anon.png")) for path in tmp_path.rglob("*")) or tree.name in WITH_PNG
    assert all(dataset.has_image(sample) == images for sample in dataset.samples())
    assert check_run(dataset, [], images=images).problems == []
    for sample in dataset.samples():
        truth = dataset.truth(sample)
        expected = np.where(tree.train_ids(sample.id) < 0, truth.void, tree.train_ids(sample.id))
        np.testing.assert_array_equal(truth.labels, expected)
    raw = {i: train for i, train in (tree.raw or tree.train).items() if train >= 0}
    assert {i: train for i, train in dataset.label_ids.items() if train >= 0} == raw
    assert set(dataset.label_ids.values()) <= {-1, *range(tree.classes)}


@pytest.mark.parametrize("write", TREES)
def test_images_may_be_absent(write: Write, tmp_path: Path) -> None:
    tree = write(tmp_path)
    for path in list(tmp_path.rglob("*")):
        photo = {"images", "JPEGImages", "RGB", "rgb_anon", "image_2", "701_StillsRaw_full"} & set(path.parts)
        if path.is_file() and photo:
            path.unlink()
    dataset = built(tree)
    assert [sample.id for sample in dataset.samples()] == sorted(tree.truths)
    assert check_run(dataset, []).problems == []
    with pytest.raises(InputError, match="no image"):
        dataset.image(dataset.samples()[0])
