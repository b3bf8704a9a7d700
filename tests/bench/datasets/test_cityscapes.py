"""Cityscapes: its layout, its label table against its own scripts, and generated and real files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from boundary_bench.bench.datasets.cityscapes import CLASSES, COLOURS, LABEL_IDS, Cityscapes
from boundary_bench.bench.errors import InputError
from boundary_bench.bench.formats.labels.label_image import write_label_image
from boundary_bench.bench.plugins.validation import check_run
from tests.paths import data_dir

RNG = np.random.default_rng(3)


def write_truth(root: Path, sample: str, kind: str = "labelIds", ids: np.ndarray | None = None) -> np.ndarray:
    labels = RNG.integers(0, 34, (8, 16)).astype(np.uint8) if ids is None else ids
    city = sample.partition("_")[0]
    write_label_image(root / "gtFine" / "val" / city / f"{sample}_gtFine_{kind}.png", labels)
    return labels


def write_image(root: Path, sample: str, size: tuple[int, int] = (8, 16)) -> None:
    folder = root / "leftImg8bit" / "val" / sample.partition("_")[0]
    folder.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size[::-1]).save(folder / f"{sample}_leftImg8bit.png")


def test_the_table_is_that_of_the_data_set() -> None:
    labels = pytest.importorskip("cityscapesscripts.helpers.labels").labels
    assert {label.id: -1 if label.trainId in (-1, 255) else label.trainId for label in labels} == LABEL_IDS
    scored = sorted((label for label in labels if 0 <= label.trainId < 255), key=lambda each: each.trainId)
    assert [label.name for label in scored] == list(CLASSES)
    assert [label.color for label in scored] == [tuple(colour) for colour in COLOURS.tolist()]


def test_label_ids_become_training_ids(tmp_path: Path) -> None:
    trained = pytest.importorskip("cityscapesscripts.helpers.labels").id2label
    raw = write_truth(tmp_path, "ulm_000001_000019")
    raw[0, 0] = 255  # how eight bits store the licence plate's -1
    write_truth(tmp_path, "ulm_000001_000019", ids=raw)
    dataset = Cityscapes(tmp_path, "val")
    expected = [[trained[-1 if v == 255 else v].trainId for v in row] for row in raw.tolist()]
    np.testing.assert_array_equal(
        dataset.truth(dataset.samples()[0]).labels, np.where(np.array(expected) < 0, 255, expected)
    )


def test_samples_groups_and_clusters(tmp_path: Path) -> None:
    for sample in ("ulm_000001_000019", "bonn_000000_000019", "bonn_000001_000019"):
        write_truth(tmp_path, sample)
    (tmp_path / "gtFine" / "val" / "bonn" / "bonn_000000_000019_gtFine_polygons.json").write_text("{}")
    samples = Cityscapes(tmp_path, "val").samples()
    assert [sample.id for sample in samples] == [
        "bonn_000000_000019",
        "bonn_000001_000019",
        "ulm_000001_000019",
    ]
    assert [sample.group for sample in samples] == ["bonn", "bonn", "ulm"]
    assert [sample.cluster for sample in samples] == ["bonn", "bonn", "ulm"]


def test_training_id_files_serve_where_label_ids_are_absent(tmp_path: Path) -> None:
    train = np.array([[0, 18], [255, 7]], np.uint8)
    write_truth(tmp_path, "ulm_000001_000019", "labelTrainIds", train)
    dataset = Cityscapes(tmp_path, "val")
    (sample,) = dataset.samples()
    np.testing.assert_array_equal(dataset.truth(sample).labels, train)
    # Once both are there, the distributed ones are taken: 7 is road there.
    write_truth(tmp_path, "ulm_000001_000019", ids=np.full((2, 2), 7, np.uint8))
    assert (Cityscapes(tmp_path, "val").truth(sample).labels == 0).all()


def test_images_may_be_absent(tmp_path: Path) -> None:
    write_truth(tmp_path, "ulm_000001_000019")
    write_truth(tmp_path, "ulm_000002_000019")
    write_image(tmp_path, "ulm_000001_000019")
    dataset = Cityscapes(tmp_path, "val")
    first, second = dataset.samples()
    assert check_run(dataset, []).problems == []
    assert dataset.image(first).shape == (8, 16, 3)
    with pytest.raises(InputError, match="no image"):
        dataset.image(second)
    (problem,) = check_run(dataset, [], images=True).problems
    assert second.id in problem.where


def test_check_lists_every_bad_file(tmp_path: Path) -> None:
    write_truth(tmp_path, "ulm_000001_000019", ids=np.full((8, 16), 34, np.uint8))
    write_truth(tmp_path, "ulm_000002_000019", "labelTrainIds", np.full((8, 16), 26, np.uint8))
    write_truth(tmp_path, "ulm_000003_000019")
    write_image(tmp_path, "ulm_000003_000019", (4, 8))
    unknown, mixed, image = check_run(Cityscapes(tmp_path, "val"), [], images=True).problems
    assert (unknown.found, unknown.allowed) == ("ids 34", "label ids 0..33 and void 255")
    assert (mixed.found, mixed.allowed) == ("ids 26", "training ids 0..18 and void 255")
    assert (image.found, image.allowed) == ("an image of shape (4, 8, 3)", "(8, 16, 3), as its labels")


def test_folders_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such folder"):
        Cityscapes(tmp_path / "absent", "val")
    with pytest.raises(InputError, match="gtFine"):
        Cityscapes(tmp_path, "val")
    write_truth(tmp_path, "ulm_000001_000019")
    with pytest.raises(InputError, match="splits there: val"):
        Cityscapes(tmp_path, "test")
    (tmp_path / "gtFine" / "train" / "bonn").mkdir(parents=True)
    with pytest.raises(InputError, match="no label files"):
        Cityscapes(tmp_path, "train")


def test_the_real_sample() -> None:
    root = data_dir("cityscapes_sample")
    dataset = Cityscapes(root, "val")
    (sample,) = dataset.samples()
    assert (sample.id, sample.group) == ("frankfurt_000000_000294", "frankfurt")
    assert check_run(dataset, [], images=True).problems == []
    truth = dataset.truth(sample).labels
    instances = np.asarray(Image.open(next(root.rglob("*_instanceIds.png")))).astype(int)
    raw = np.where(instances >= 1000, instances // 1000, instances)
    np.testing.assert_array_equal(truth, np.vectorize(lambda i: LABEL_IDS[i] if LABEL_IDS[i] >= 0 else 255)(raw))
    # The sample's files were reduced in size one by one, so this one differs at a few pixels on boundaries.
    train = np.asarray(Image.open(next(root.rglob("*_labelTrainIds.png"))))
    assert (truth == train).mean() > 0.997


def write_objects(root: Path, sample: str) -> tuple[np.ndarray, np.ndarray]:
    """Two cars, a group of them, a caravan and a road."""
    ids = np.array([[26000, 26000, 26001, 26, 29000, 7]] * 2, np.int32)
    labels = np.where(ids >= 1000, ids // 1000, ids).astype(np.uint8)
    write_truth(root, sample, ids=labels)
    write_truth(root, sample, "instanceIds", ids)
    return labels, ids


def test_semantic_truth_may_tell_objects_apart(tmp_path: Path) -> None:
    write_objects(tmp_path, "ulm_000001_000019")
    plain, told_apart = Cityscapes(tmp_path, "val"), Cityscapes(tmp_path, "val", instances=True)
    (sample,) = told_apart.samples()
    truth = told_apart.truth(sample)
    np.testing.assert_array_equal(truth.labels, [[13, 13, 13, 13, 255, 0]] * 2)
    np.testing.assert_array_equal(truth.instances, [[26000, 26000, 26001, 0, 29000, 0]] * 2)
    assert plain.truth(sample).instances is None
    assert plain.digest(sample) != told_apart.digest(sample)
    assert plain.metrics is None
    assert "cityscapes_iou" in told_apart.metrics
    assert check_run(told_apart, []).ok


def test_objects_that_do_not_fit_the_labels_are_refused(tmp_path: Path) -> None:
    labels, ids = write_objects(tmp_path, "ulm_000001_000019")
    labels[1, 1] = 24
    write_truth(tmp_path, "ulm_000001_000019", ids=labels)
    dataset = Cityscapes(tmp_path, "val", instances=True)
    with pytest.raises(InputError, match="objects 26000 on pixels of other labels"):
        dataset.truth(dataset.samples()[0])
    write_truth(tmp_path, "ulm_000001_000019", "instanceIds", ids[:1])
    with pytest.raises(InputError, match=r"size \(1, 6\); allowed: that of the label file, \(2, 6\)"):
        dataset.truth(dataset.samples()[0])
    assert len(check_run(dataset, []).problems) == 1


def test_instance_ids_that_are_missing_are_listed(tmp_path: Path) -> None:
    write_truth(tmp_path, "ulm_000001_000019")
    with pytest.raises(InputError, match=r"ulm_000001_000019_gtFine_instanceIds\.png: no such file"):
        Cityscapes(tmp_path, "val", instances=True)
    with pytest.raises(InputError, match="true for panoptic truth; allowed: true for semantic truth"):
        Cityscapes(tmp_path, "val", task="panoptic", instances=True)
