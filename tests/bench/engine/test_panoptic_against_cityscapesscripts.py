"""`bench evaluate` and the official panoptic evaluator on one generated folder, both from the official converter."""

from __future__ import annotations

import json
import shutil

import cv2
import numpy as np
import pytest

from boundary_bench.bench.cli import main

SIZE = (120, 200)
STUFF, THINGS = [7, 8, 11, 21, 23], [24, 26, 33]


def street(rng, objects):
    """Raw instance ids: blocks of stuff and void, boxes of objects, one group."""
    ids = np.kron(rng.choice([*STUFF, 0], (6, 10)), np.ones((20, 20), int))
    for number in range(objects):
        y, x = rng.integers(0, SIZE[0] - 30), rng.integers(0, SIZE[1] - 40)
        h, w = rng.integers(8, 30, 2)
        ids[y : y + h, x : x + w] = int(rng.choice(THINGS)) * 1000 + number
    ids[100:110, 10:40] = 26  # a group of cars
    return ids


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """`truth` and `prediction`: panoptic JSON and PNGs made by the official script from instance ids."""
    from cityscapesscripts.preparation.createPanopticImgs import convert2panoptic

    root = tmp_path_factory.mktemp("panoptic")
    rng = np.random.default_rng(3)
    for number in range(4):
        truth = street(rng, objects=8)
        predicted = np.roll(truth, (2, 3), axis=(0, 1))
        predicted[predicted == 26] = 26099  # what is a group in the truth is predicted as one object
        predicted[predicted == 0] = 23
        for name, ids in (("truth", truth), ("prediction", predicted)):
            city = root / f"{name}_ids" / "gtFine" / "val" / "ulm"
            city.mkdir(parents=True, exist_ok=True)
            cv2.imwrite(str(city / f"ulm_{number:06d}_000019_gtFine_instanceIds.png"), ids.astype(np.uint16))
    for name in ("truth", "prediction"):
        (root / name).mkdir()
        convert2panoptic(str(root / f"{name}_ids" / "gtFine"), str(root / name), useTrainId=False, setNames=["val"])
        shutil.move(root / name / "cityscapes_panoptic_val.json", root / f"{name}.json")
        shutil.move(root / name / "cityscapes_panoptic_val", root / f"{name}_png")
    return root


def ours(root):
    files = [
        "--annotations",
        root / "truth.json",
        "--truth",
        root / "truth_png",
        "--predictions",
        root / "prediction.json",
    ]
    shutil.copytree(root / "prediction_png", root / "prediction", dirs_exist_ok=True)
    options = ["--workers", "1", "--json", root / "scores.json"]
    with pytest.raises(SystemExit) as ended:
        main(["evaluate", "--dataset", "coco-panoptic", *map(str, [*files, *options])])
    assert ended.value.code == 0
    return json.loads((root / "scores.json").read_text())


def theirs(root):
    from cityscapesscripts.evaluation.evalPanopticSemanticLabeling import evaluatePanoptic

    places = [root / "truth.json", root / "truth_png", root / "prediction.json", root / "prediction_png"]
    return evaluatePanoptic(*map(str, places), str(root / "official.json"))


def test_same_quality(folder):
    got, expected = ours(folder), theirs(folder)
    for suffix, group in (("", "All"), ("_th", "Things"), ("_st", "Stuff")):
        for ours_name, name in (("PQ", "pq"), ("SQ", "sq"), ("RQ", "rq")):
            value = got["metrics"][ours_name + suffix]["value"]
            assert value == pytest.approx(expected[group][name], abs=1e-12), ours_name + suffix
    assert 0.1 < expected["All"]["pq"] < 0.95
