"""Where other tools give other numbers, and why: the table in docs/other_tools.md says nothing that is not shown here.

Each test holds for the version that it names, and is skipped with another, so that the table is looked at again.
"""

from __future__ import annotations

import json
import re
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from boundary_bench.metrics.semantic.boundary_iou import BoundaryIoU
from boundary_bench.metrics.structures.segmentation import PanopticMap, SemanticMap
from tests.metrics.segments import panoptic
from tests.paths import REPOSITORY
from tests.peers import panoptic_tools, tools
from tests.peers.panoptic_worlds import panoptic_world
from tests.peers.plain_boundary import band
from tests.peers.worlds import coded, world

SIZE = (40, 60)

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:Found annotation id 0"),
]


def only(package: str, version: str) -> None:
    """Skip where another version is installed, or none."""
    try:
        found = metadata.version(package)
    except metadata.PackageNotFoundError:
        pytest.skip(f"the PyPI package {package} is not installed")
    if found != version:
        pytest.skip(f"{package} is {found}; the table is about {version}")


def square(top: int, left: int, side: int = 10) -> NDArray[np.bool_]:
    mask = np.zeros(SIZE, np.bool_)
    mask[top : top + side, left : left + side] = True
    return mask


def true(mask: NDArray[np.bool_], number: int = 1, **more: Any) -> dict[str, Any]:
    shape = {"segmentation": coded(mask), "area": float(mask.sum()), "bbox": [0.0, 0.0, 1.0, 1.0]}
    return {"id": number, "image_id": 1, "category_id": 1, "iscrowd": 0, **shape, **more}


def detection(mask: NDArray[np.bool_], score: float = 0.5, **more: Any) -> dict[str, Any]:
    return {"image_id": 1, "category_id": 1, "segmentation": coded(mask), "score": score, **more}


def document(*annotations: dict[str, Any]) -> dict[str, Any]:
    image = {"id": 1, "file_name": "1.jpg", "height": SIZE[0], "width": SIZE[1]}
    image |= {"neg_category_ids": [], "not_exhaustive_category_ids": []}
    categories = [{"id": 1, "name": "a", "frequency": "f"}]
    return {
        "info": {},
        "licenses": [],
        "images": [image],
        "annotations": list(annotations),
        "categories": categories,
    }


@pytest.mark.parametrize(
    ("package", "version", "tool", "lvis"),
    [
        ("pycocotools", "2.0.11", tools.pycocotools, False),
        ("faster-coco-eval", "1.8.0", tools.faster_mask, False),
        ("lvis", "0.5.3", tools.lvis_api, True),
    ],
)
def test_an_object_whose_id_is_0_is_never_found(
    package: str, version: str, tool: tools.Tool, lvis: bool, tmp_path: Path
) -> None:
    only(package, version)
    found = [detection(square(0, 0))]
    zero, one = (document(true(square(0, 0), number)) for number in (0, 1))
    assert tool(zero, found)[0] == 0
    assert tool(one, found)[0] == pytest.approx(1)
    assert tools.ours(zero, found, tmp_path, lvis=lvis)[0] == pytest.approx(1)


def test_by_how_much_an_id_of_0_changes_ap_of_world_18(tmp_path: Path) -> None:
    only("pycocotools", "2.0.11")
    assert round(float(tools.pycocotools(*world(18))[0]), 3) == 0.174
    assert round(float(tools.ours(*world(18), tmp_path)[0]), 3) == 0.216


LVIS_TOOLS = pytest.mark.parametrize(
    ("package", "version", "tool"),
    [("hotcoco", "1.3.0", tools.hotcoco_lvis), ("vernier", "0.5.4", tools.vernier_lvis)],
)


@LVIS_TOOLS
def test_lvis_detections_without_a_pixel(package: str, version: str, tool: tools.Tool, tmp_path: Path) -> None:
    only(package, version)
    truth = document(true(square(0, 0)))
    found = [detection(square(0, 0, 0), 0.9), detection(square(0, 0), 0.5)]
    assert tool(truth, found)[0] == pytest.approx(0.5)
    assert tools.lvis_api(truth, found)[0] == tools.ours(truth, found, tmp_path, lvis=True)[0] == pytest.approx(1)


def test_lvis_objects_without_a_pixel(tmp_path: Path) -> None:
    only("hotcoco", "1.3.0")
    truth, found = document(true(square(0, 0)), true(square(0, 0, 0), 2)), [detection(square(0, 0))]
    assert tools.hotcoco_lvis(truth, found)[9] == pytest.approx(0.5)
    assert tools.lvis_api(truth, found)[9] == tools.ours(truth, found, tmp_path, lvis=True)[9] == 1


@LVIS_TOOLS
def test_lvis_crowd(package: str, version: str, tool: tools.Tool, tmp_path: Path) -> None:
    only(package, version)
    # Two detections share the crowd: by COCO's rule both are excused, by lvis-api's only the one that fits it.
    crowd = true(square(10, 10, 20), 2, iscrowd=1, ignore=1)
    truth = document(true(square(0, 40)), crowd)
    found = [detection(square(10, 10, 20), 0.9), detection(square(10, 10, 6), 0.8), detection(square(0, 40), 0.7)]
    assert tool(truth, found)[0] == pytest.approx(1)
    assert tools.lvis_api(truth, found)[0] == tools.ours(truth, found, tmp_path, lvis=True)[0] == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("package", "version", "tool"),
    [
        ("pycocotools", "2.0.11", tools.pycocotools),
        ("faster-coco-eval", "1.8.0", tools.faster_mask),
        ("hotcoco", "1.3.0", tools.hotcoco_mask),
        ("vernier", "0.5.4", tools.vernier_mask_as_it_comes),
    ],
)
def test_sizes_of_results_that_have_boxes(package: str, version: str, tool: tools.Tool, tmp_path: Path) -> None:
    only(package, version)
    # A false alarm of 99 px in a box of 1,200: small by its mask, medium by its box.
    cross = np.zeros(SIZE, np.bool_)
    cross[:, 30] = cross[20, :] = True
    truth = document(true(square(0, 0)))
    found = [detection(cross, 0.9, bbox=[0.0, 0.0, 60.0, 40.0]), detection(square(0, 0), bbox=[0.0, 0.0, 10.0, 10.0])]
    without = [{key: value for key, value in one.items() if key != "bbox"} for one in found]
    assert tool(truth, found)[3] == pytest.approx(1)
    assert tools.ours(truth, found, tmp_path)[3] == tools.pycocotools(truth, without)[3] == pytest.approx(0.5)


def test_vernier_refuses_results_without_boxes() -> None:
    only("vernier", "0.5.4")
    with pytest.raises(ValueError, match="missing field `bbox`"):
        tools.vernier_mask_as_it_comes(document(true(square(0, 0))), [detection(square(0, 0))])


def as_vernier_sees_it(segmentation: PanopticMap) -> PanopticMap:
    """Rows of the map cut to its height instead of its width."""
    s = segmentation
    return PanopticMap(np.ascontiguousarray(s.ids.reshape(s.size[::-1])), s.segments, s.categories, s.crowd)


def test_boundary_pq_of_images_that_are_not_square() -> None:
    only("vernier", "0.5.4")
    true_ids, predicted = np.zeros((40, 80), np.int32), np.zeros((40, 80), np.int32)
    true_ids[10:30, 20:60] = predicted[10:30, 22:62] = 1
    pairs = [(panoptic(predicted, {1: 2}), panoptic(true_ids, {1: 2}))]
    assert panoptic_tools.ours(pairs, True)[0] == panoptic_tools.plain(pairs, True)[0] == pytest.approx(0.59375)
    assert panoptic_tools.vernier(pairs, True)[0] == pytest.approx(0.95)


def test_the_cause_are_bands_of_the_map_read_with_height_for_width() -> None:
    only("vernier", "0.5.4")
    away = []
    for number in range(25):
        pairs = panoptic_world(number)
        theirs, mine = panoptic_tools.vernier(pairs, True), panoptic_tools.ours(pairs, True)
        explained = panoptic_tools.plain(pairs, True, as_vernier_sees_it)
        np.testing.assert_allclose(np.nan_to_num(theirs), np.nan_to_num(explained), rtol=0, atol=1e-12)
        away.append(float(np.abs(np.nan_to_num(theirs) - np.nan_to_num(mine)).max()))
    assert sum(each > 1e-3 for each in away) > 10


def detectron2_boundary_iou(prediction: NDArray[np.uint8], truth: NDArray[np.uint8], classes: int) -> tools.Numbers:
    """Its SemSegEvaluator's formula: the map of ids is eroded as if it were a mask, and what is left of each id counts.

    So a pixel goes to the class whose id is its own less the lowest one near it, and class 0 gets all that lies deep.
    """
    counts = np.zeros((classes, classes), np.int64)
    np.add.at(counts, (band(prediction).ravel(), band(truth).ravel()), 1)
    both = np.diag(counts).astype(np.float64)
    union = counts.sum(axis=0) + counts.sum(axis=1) - both
    return np.where(union > 0, both / np.maximum(union, 1), np.nan)


def test_boundary_iou_of_an_eroded_map_of_ids() -> None:
    # Class 1 on the left, class 3 on the right, their border 1 px off; classes 0 and 2 are nowhere.
    truth, prediction = np.ones((60, 80), np.uint8), np.ones((60, 80), np.uint8)
    truth[:, 40:] = prediction[:, 41:] = 3
    theirs = detectron2_boundary_iou(prediction, truth, 4)
    np.testing.assert_allclose(theirs.round(3), [0.973, 0.986, 0.333, 0.985])
    metric = BoundaryIoU(4, width_ratio=0.02)
    mine = metric.summarise([metric.measure(prediction=SemanticMap(prediction), truth=SemanticMap(truth))])
    by_class = mine.per_class["boundary_IoU"]
    assert np.isnan(by_class[[0, 2]]).all()
    for k in (1, 3):
        bands = [band((labels == k).astype(np.uint8)) > 0 for labels in (prediction, truth)]
        assert by_class[k] == (bands[0] & bands[1]).sum() / (bands[0] | bands[1]).sum()


def test_the_table_names_tests_of_this_module_and_these_versions() -> None:
    page = (REPOSITORY / "docs" / "other_tools.md").read_text(encoding="utf-8")
    table = page.split("## Where other tools differ")[1].split("\n## ")[0]
    named = set(re.findall(r"`(test_\w+)`", table))
    assert named
    assert named <= globals().keys()
    for version in ("pycocotools 2.0.11", "faster-coco-eval 1.8.0", "lvis-api 0.5.3", "hotcoco 1.3.0", "vernier 0.5.4"):
        assert version in table


def test_hotcoco_has_no_boundary_iou() -> None:
    only("hotcoco", "1.3.0")
    import hotcoco

    truth = hotcoco.COCO(document(true(square(0, 0))))
    with pytest.raises(ValueError, match="boundary"):
        hotcoco.COCOeval(truth, truth.load_res([detection(square(0, 0))]), "boundary")


def test_hotcoco_has_intervals_of_the_difference_of_two_models() -> None:
    only("hotcoco", "1.3.0")
    import hotcoco

    annotations, results = world(2)
    truth = hotcoco.COCO(annotations)
    runs = []
    for found in (results, results[: len(results) // 2]):
        runs.append(hotcoco.COCOeval(truth, truth.load_res(found), "segm"))
        runs[-1].evaluate()
        runs[-1].accumulate()
        runs[-1].summarize()
    interval = hotcoco.compare(*runs, n_bootstrap=20)["ci"]["AP"]
    assert {"lower", "upper", "prob_positive"} <= set(interval)
    assert "p_value" not in json.dumps(interval)
