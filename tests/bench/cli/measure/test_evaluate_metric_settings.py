"""Parameters of AP given to `evaluate`, against pycocotools with the same."""

import json

import numpy as np
import pytest

from tests.bench.cli.street import call
from tests.metrics import coco
from tests.speed.objects import write_world


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    return write_world(tmp_path_factory.mktemp("world"), images=6, categories=4, objects=40, detections=12, seed=3)


def found(world, tmp_path, setting, expected=0):
    truth, results = world
    out = tmp_path / "scores.json"
    files = ("--annotations", truth, "--predictions", results, "--json", out)
    code = call(
        "evaluate",
        "--dataset",
        "coco",
        *files,
        "--workers",
        1,
        "--metric",
        "average_precision",
        "--metric-param",
        setting,
    )
    assert code == expected
    return json.loads(out.read_text())["metrics"] if code == 0 else None


@pytest.mark.parametrize(
    ("setting", "params", "range_"),
    [
        ("iou_thresholds=[0.2, 0.3]", {"iouThrs": np.array([0.2, 0.3])}, "AP"),
        ("class_agnostic=true", {"useCats": 0}, "AP"),
        ("max_detections=[1, 5]", {"maxDets": [1, 5]}, "AP"),
        ("area_ranges={mid: [500, 1e4]}", {"areaRng": [[0, 1e10], [500, 1e4]], "areaRngLbl": ["all", "mid"]}, "AP_mid"),
        (
            "area_ranges={far: [500, null]}",
            {"areaRng": [[0, 1e10], [500, 1e10]], "areaRngLbl": ["all", "far"]},
            "AP_far",
        ),
    ],
)
def test_bits_of_pycocotools(world, tmp_path, setting, params, range_):
    truth, results = (json.loads(path.read_text()) for path in world)
    precision = coco.pycocotools_evaluation(truth, results, **params).eval["precision"]
    precision = precision[:, :, :, 0 if range_ == "AP" else 1, -1]
    values = found(world, tmp_path, setting)
    assert values[range_]["value"] == precision[precision > -1].mean()
    if "thresholds" in setting:
        assert values["AP50"]["value"] is None


def test_what_is_refused(world, tmp_path, capsys):
    found(world, tmp_path, "iou_thresholds=[50, 75]", expected=2)
    said = " ".join(capsys.readouterr().err.split())
    assert "iou_thresholds are [50, 75]; allowed: rising numbers above 0 and up to 1" in said


def test_a_generated_world_is_the_same_twice_and_its_masks_are_real(world, tmp_path):
    from pycocotools import mask as coco_masks

    again = write_world(tmp_path, images=6, categories=4, objects=40, detections=12, seed=3)
    assert [path.read_bytes() for path in again] == [path.read_bytes() for path in world]
    truth, results = (json.loads(path.read_text()) for path in world)
    assert (len(truth["images"]), len(truth["annotations"]), len(results)) == (6, 40, 72)
    for one in truth["annotations"]:
        assert coco_masks.area(one["segmentation"]) == one["area"] > 0
        top, left, height, width = (one["bbox"][i] for i in (1, 0, 3, 2))
        window = coco_masks.decode([one["segmentation"]])[top : top + height, left : left + width, 0]
        assert window.sum() == one["area"]
        assert window.any(axis=0)[[0, -1]].all()
        assert window.any(axis=1)[[0, -1]].all()
    assert all(coco_masks.area(one["segmentation"]) > 0 for one in results)
