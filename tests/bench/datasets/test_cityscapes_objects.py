"""Cityscapes' instance ids as objects and as segments, against its own scripts run on generated files."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from boundary_bench.bench.datasets.cityscapes import CLASSES, THING_LABELS, Cityscapes
from boundary_bench.bench.errors import InputError
from boundary_bench.bench.formats.labels.label_image import write_label_image
from boundary_bench.bench.plugins.validation import check_run
from tests.paths import data_dir

LABELS = [0, 1, 4, 7, 8, 11, 17, 21, 23, 24, 26, 29, 30, 33]
OBJECTS = [24000, 24001, 25003, 26000, 26999, 29000, 30001, 31000, 33002]


def write_ids(root: Path, sample: str, ids: np.ndarray) -> None:
    city = sample.partition("_")[0]
    write_label_image(root / "gtFine" / "val" / city / f"{sample}_gtFine_instanceIds.png", ids.astype(np.int32))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Three images of blocks with every kind of id; the first holds no object."""
    rng = np.random.default_rng(8)
    for number, values in enumerate(([0, 7, 23], [*LABELS, *OBJECTS], [7, *OBJECTS])):
        blocks = rng.choice(values, (9, 14))
        write_ids(tmp_path, f"ulm_{number:06d}_000019", np.kron(blocks, np.ones((5, 4), int)))
    return tmp_path


def test_objects_groups_and_void_by_hand(tmp_path: Path) -> None:
    ids = np.array([[7, 26000, 26000, 26], [24007, 24007, 0, 26], [29000, 29, 33, 24007]])
    write_ids(tmp_path, "ulm_000001_000019", ids)
    dataset = Cityscapes(tmp_path, "val", task="instance")
    (sample,) = dataset.samples()
    truth = dataset.truth(sample)
    assert (truth.size, dataset.size(sample)) == ((3, 4), (3, 4))
    assert dataset.classes == ("person", "rider", "car", "truck", "bus", "train", "motorcycle", "bicycle")
    assert (dataset.things, len(dataset.colours)) == (set(range(8)), 8)
    assert truth.ids.tolist() == [26, 33, 24007, 26000]
    assert truth.categories.tolist() == [2, 7, 0, 2]
    assert truth.crowd.tolist() == [True, True, False, False]
    assert truth.areas.tolist() == [2, 1, 3, 2]
    assert truth.scores is None
    for place, number in enumerate(truth.ids):
        np.testing.assert_array_equal(truth.masks.dense(place), ids == number)
    assert truth.void is not None
    np.testing.assert_array_equal(truth.void.dense(0), np.isin(ids, [0, 29])), "no single caravan, 29000"


def test_objects_are_those_of_the_official_evaluation(root: Path) -> None:
    peer = pytest.importorskip("cityscapesscripts.evaluation.instances2dict").instances2dict
    labels = pytest.importorskip("cityscapesscripts.helpers.labels").labels
    dataset = Cityscapes(root, "val", task="instance")
    scored = {label.name for label in labels if label.hasInstances and not label.ignoreInEval}
    assert scored == set(dataset.classes)
    ignored = [label.id for label in labels if label.ignoreInEval]
    for sample in dataset.samples():
        path = root / "gtFine" / "val" / "ulm" / f"{sample.id}_gtFine_instanceIds.png"
        (expected,) = peer([str(path)]).values()
        truth = dataset.truth(sample)
        found = zip(truth.ids.tolist(), truth.categories.tolist(), truth.areas.tolist(), strict=True)
        wanted = [(o["instID"], dataset.classes.index(n), o["pixelCount"]) for n in scored for o in expected[n]]
        assert list(found) == sorted(wanted)
        assert truth.void is not None
        np.testing.assert_array_equal(truth.void.dense(0), np.isin(np.array(Image.open(path)), ignored))


def test_segments_are_those_of_the_official_converter(root: Path, tmp_path: Path) -> None:
    peer = pytest.importorskip("cityscapesscripts.preparation.createPanopticImgs").convert2panoptic
    peer(str(root / "gtFine"), str(tmp_path), False, ["val"])
    document = json.loads((tmp_path / "cityscapes_panoptic_val.json").read_text())
    dataset = Cityscapes(root, "val", task="panoptic")
    assert (dataset.classes, dataset.things) == (CLASSES, set(range(11, 19)))
    assert {c["id"]: c["isthing"] for c in document["categories"]} == {
        raw: int(raw in THING_LABELS) for raw, train in dataset.label_ids.items() if train >= 0
    }
    for sample, entry in zip(dataset.samples(), document["annotations"], strict=True):
        assert sample.id == entry["image_id"]
        truth, infos = dataset.truth(sample), entry["segments_info"]
        assert truth.segments.tolist() == [info["id"] for info in infos]
        assert truth.categories.tolist() == [dataset.label_ids[info["category_id"]] for info in infos]
        assert truth.crowd.tolist() == [bool(info["iscrowd"]) for info in infos]
        colours = np.array(Image.open(tmp_path / "cityscapes_panoptic_val" / entry["file_name"]), np.int32)
        np.testing.assert_array_equal(truth.ids, colours @ [1, 256, 65536])


@pytest.mark.parametrize("task", ["instance", "panoptic"])
def test_ids_that_the_layout_does_not_know(tmp_path: Path, task) -> None:
    for number, value in enumerate((7001, 34, 34000, 23999)):
        write_ids(tmp_path, f"ulm_{number:06d}_000019", np.full((2, 2), value))
    problems = check_run(Cityscapes(tmp_path, "val", task), []).problems
    assert [problem.found for problem in problems] == ["ids 7001", "ids 34", "ids 34000", "ids 23999"]
    assert problems[0].allowed == "label ids 0..33, 24000..33999 and void 255"


def test_what_cannot_be_asked_for(root: Path) -> None:
    with pytest.raises(InputError, match="task of cityscapes: 'boxes'; allowed: semantic, instance or panoptic"):
        Cityscapes(root, "val", "boxes")  # type: ignore[arg-type]
    with pytest.raises(InputError, match=re.escape("gtFine/{split}/{city}/*_gtFine_labelIds.png")):
        Cityscapes(root, "val")


def test_real_crop() -> None:
    folder = data_dir("cityscapes_sample")
    semantic, instance, panoptic = (Cityscapes(folder, "val", task) for task in ("semantic", "instance", "panoptic"))
    (sample,) = panoptic.samples()
    labels, objects, segments = (each.truth(sample) for each in (semantic, instance, panoptic))
    assert check_run(instance, [], images=True).problems == check_run(panoptic, [], images=True).problems == []
    assert objects.ids.tolist() == [24000, 24001, 24002, 24003, 26000, 26001, 26002]
    drawn = np.full(labels.size, 255)
    for number, category in zip(segments.segments, segments.categories, strict=True):
        drawn[segments.ids == number] = category
    np.testing.assert_array_equal(drawn, labels.labels)
