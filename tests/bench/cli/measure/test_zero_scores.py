"""A score of zero never comes without a word on what the files hold."""

from __future__ import annotations

import json

import numpy as np
import pytest

from boundary_bench.bench.formats.labels.label_image import write_label_image
from boundary_bench.metrics.structures.masks import Masks
from tests.bench.cli.street import call
from tests.bench.coco_json import write_ids, write_json

SIZE = (40, 40)


def box(top, left, bottom, right):
    mask = np.zeros(SIZE, np.bool_)
    mask[top:bottom, left:right] = True
    return mask


TRUE = box(5, 10, 15, 30)


def objects(tmp_path, masks, category=1, image=1, crowd=0):
    """The AP of masks, all of one image."""
    code = Masks.from_dense(SIZE, [TRUE]).coco(0)
    truth = [{"id": n, "image_id": n, "category_id": 1, "iscrowd": crowd, "segmentation": code} for n in (1, 2)]
    truth[1]["iscrowd"] = 0
    images = [{"id": n, "file_name": f"{n}.png", "height": SIZE[0], "width": SIZE[1]} for n in (1, 2, 3)]
    categories = [{"id": 1, "name": "cat"}, {"id": 2, "name": "dog"}]
    document = {"images": images, "annotations": truth, "categories": categories}
    coded = Masks.from_dense(SIZE, masks)
    results = [
        {"image_id": image, "category_id": category, "score": 0.5, "segmentation": coded.coco(place)}
        for place in range(len(masks))
    ]
    options = ("--annotations", write_json(tmp_path / "truth.json", document), "--dataset", "coco", "--workers", 1)
    return evaluate(tmp_path, *options, "--predictions", write_json(tmp_path / "mine.json", results))


def evaluate(tmp_path, *options):
    target = tmp_path / "scores.json"
    assert call("evaluate", *options, "--json", target) == 0
    found = json.loads(target.read_text())["metrics"]
    return next(found[name]["value"] for name in ("AP", "PQ", "mIoU") if name in found)


REASONS = {
    "other pixels": ({"masks": [box(25, 10, 35, 30)]}, "none shares a pixel with anything in the truth (are they of"),
    "other images": ({"masks": [TRUE], "image": 3}, "their truth holds nothing (are they of the same images?)"),
    "other class": (
        {"masks": [TRUE], "category": 2},
        "no class in common, predicted are dog, in the truth are cat; the best IoU whatever the class is 1.00",
    ),
    "swapped axes": ({"masks": [TRUE.T]}, "with rows and columns swapped one fits by an IoU of 1.00, as they are by"),
    "shifted": ({"masks": [box(12, 10, 22, 30)]}, "of the same class is 0.18, too little to match (are they shifted"),
    "in a crowd": ({"masks": [TRUE], "crowd": 1}, "of the same class is 1.00, but none counts: more is asked for, the"),
}


@pytest.mark.parametrize("name", REASONS)
def test_objects(tmp_path, capsys, name):
    how, reason = REASONS[name]
    assert objects(tmp_path, **how) == 0
    (note,) = [line for line in capsys.readouterr().err.splitlines() if " is 0 with predictions" in line]
    assert note.startswith("note: mine: AP is 0 with predictions (objects: 1, images with any: 1): ")
    assert reason in note


def test_other_scores_are_left_alone(tmp_path, capsys):
    assert objects(tmp_path, [TRUE]) > 0
    assert objects(tmp_path, []) == 0  # nothing is predicted, which its own note says
    assert " is 0 with predictions" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("category", "moved", "reason"),
    [
        (2, 0, "no class in common, predicted are dog, in the truth are cat; the best IoU whatever the class is 1.00"),
        (1, 15, "none shares a pixel with anything in the truth"),
        (1, 8, "with one of the same class is 0.11, too little to match"),
    ],
)
def test_segments(tmp_path, capsys, category, moved, reason):
    categories = [{"id": 1, "name": "cat", "isthing": 1}, {"id": 2, "name": "dog", "isthing": 1}]
    images = [{"id": 1, "file_name": "a.png", "height": SIZE[0], "width": SIZE[1]}]
    paths = {}
    for name, mask, own in (("truth", TRUE, 1), ("mine", np.roll(TRUE, moved, 0), category)):
        write_ids(tmp_path / name / "a.png", np.where(mask, 900, 0))
        entry = {"image_id": 1, "file_name": "a.png", "segments_info": [{"id": 900, "category_id": own}]}
        document = {"images": images, "annotations": [entry], "categories": categories}
        paths[name] = write_json(tmp_path / f"{name}.json", document)
    options = ("--dataset", "coco_panoptic", "--annotations", paths["truth"], "--predictions", paths["mine"])
    assert evaluate(tmp_path, *options, "--workers", 1) == 0
    (note,) = [line for line in capsys.readouterr().err.splitlines() if " is 0 with predictions" in line]
    assert note.startswith("note: mine: PQ is 0 with predictions (segments: 1, images with any: 1): ")
    assert reason in note


def test_label_maps(tmp_path, capsys):
    labels = np.where(TRUE, 1, 0).astype(np.uint8)
    for name in ("a", "b"):
        write_label_image(tmp_path / "truth" / f"{name}.png", labels)
        write_label_image(tmp_path / "mine" / f"{name}.png", 1 - labels)
    options = ("--truth", tmp_path / "truth", "--predictions", tmp_path / "mine", "--classes", 3, "--workers", 1)
    assert evaluate(tmp_path, *options) == 0
    (note,) = [line for line in capsys.readouterr().err.splitlines() if " is 0 with predictions" in line]
    assert "mine: mIoU is 0 with predictions (classes of images: 4, images with any: 2): the best IoU with one" in note
    assert "of the same class is 0.00, with one of another 1.00 (do the ids of classes mean the same in both?)" in note
