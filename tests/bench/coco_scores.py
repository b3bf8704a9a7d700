"""AP of a file of annotations and a file of results: ours from the files, and pycocotools' from the same documents."""

from __future__ import annotations

import contextlib
import copy
import io
from pathlib import Path
from typing import Any

import numpy as np
from pycocotools import mask as coco_mask
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from boundary_bench.bench.datasets.coco import Coco
from boundary_bench.bench.plugins.validation import check_run
from boundary_bench.bench.predictions.coco_results import CocoResults
from boundary_bench.metrics.instance.average_precision import AveragePrecision
from tests.bench.coco_json import write_json

SIZE = (60, 80)
NAMES = ("AP", "AP50", "AP75")


def drawn(polygon: list[float], size: tuple[int, int] = SIZE) -> dict[str, Any]:
    """The code of one polygon, counts as text."""
    code = coco_mask.merge(coco_mask.frPyObjects([polygon], *size))
    return {"size": list(size), "counts": code["counts"].decode()}


def world(seed: int = 3, categories: tuple[int, ...] = (1, 2, 3)) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Three images of slanted quadrilaterals, and results that lie a few pixels beside them."""
    rng = np.random.default_rng(seed)
    truth: dict[str, Any] = {"categories": [{"id": each, "name": f"c{each}"} for each in categories]}
    truth |= {"images": [], "annotations": []}
    results = []
    for image in (11, 12, 13):
        truth["images"].append(
            {"id": image, "file_name": f"f/{image - 1:04d}.jpg", "height": SIZE[0], "width": SIZE[1]}
        )
        for _ in range(4):
            x, y, w, h = (int(v) for v in rng.integers((4, 4, 12, 12), (40, 26, 30, 24)))
            polygon = [x, y, x + w, y + 3, x + w - 4, y + h, x + 2, y + h - 5]
            entry = {"image_id": image, "category_id": int(rng.choice(categories))}
            code = drawn(polygon)
            about = {"id": len(results) + 1, "iscrowd": 0, "bbox": [x, y, w, h], "area": float(coco_mask.area(code))}
            truth["annotations"].append(entry | about | {"segmentation": [polygon]})
            shift = rng.integers(-2, 3, 2)
            code = drawn((np.reshape(polygon, (-1, 2)) + shift).ravel().tolist())
            results.append(entry | {"score": float(rng.random()), "segmentation": code})
    return truth, results


def theirs(truth: dict[str, Any], results: list[dict[str, Any]]) -> list[float]:
    """pycocotools' AP, AP50 and AP75."""
    truth, results = copy.deepcopy(truth), copy.deepcopy(results)
    with contextlib.redirect_stdout(io.StringIO()):
        gt = COCO()
        gt.dataset = truth
        gt.createIndex()
        evaluation = COCOeval(gt, gt.loadRes(results), "segm")
        evaluation.params.areaRng, evaluation.params.areaRngLbl = [[0, 1e10]], ["all"]
        evaluation.evaluate()
        evaluation.accumulate()
    precision = evaluation.eval["precision"][:, :, :, 0, -1]
    chosen = (precision, precision[0], precision[5])
    return [float(each[each > -1].mean()) for each in chosen]


def ours(folder: Path, truth: Any, results: Any) -> tuple[list[float], list[str]]:
    """Our AP, AP50 and AP75 from files, and the notes of the check."""
    dataset = Coco(write_json(folder / "truth.json", truth))
    predictions = CocoResults(write_json(folder / "results.json", results), dataset=dataset)
    return scores(dataset, predictions)


def scores(dataset: Coco, predictions: CocoResults) -> tuple[list[float], list[str]]:
    """The same of what was read."""
    report = check_run(dataset, [predictions])
    assert report.problems == []
    metric = AveragePrecision(len(dataset.classes))
    measured = [
        metric.measure(prediction=predictions.load(sample), truth=dataset.truth(sample)) for sample in dataset.samples()
    ]
    values = metric.summarise(measured).values
    return [float(np.ravel(values[name])[0]) for name in NAMES], report.notes
