"""COCO annotations and results as sets of instances, and the official evaluators run on them."""

from __future__ import annotations

import contextlib
import copy
import gzip
import io
import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from boundary_bench.metrics.functional.matching import COCO_AREAS
from boundary_bench.metrics.structures.masks import Masks
from boundary_bench.metrics.structures.segmentation import InstanceSet
from tests.paths import reference_dir

STATS = ["AP", "AP50", "AP75", "AP_S", "AP_M", "AP_L", "AR1", "AR10", "AR", "AR_S", "AR_M", "AR_L"]
"""Our names of the twelve official numbers."""

Pairs = list[tuple[InstanceSet, InstanceSet]]


def read(path: Path) -> Any:
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as file:
        return json.load(file)


def reference(name: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Annotations and results of `coco100` or `citylike`, every truth as a compressed code."""
    truth, results = (reference_dir("values", f"{name}_{part}.json.gz") for part in ("gt", "dt_segm"))
    return encoded(read(truth)), read(results)


def encoded(annotations: dict[str, Any]) -> dict[str, Any]:
    """The same with polygons and lists of lengths made compressed codes."""
    with contextlib.redirect_stdout(io.StringIO()):
        index = COCO()
        index.dataset = annotations
        index.createIndex()
    for annotation in annotations["annotations"]:
        annotation["segmentation"] = index.annToRLE(annotation)
    return annotations


def pairs(annotations: dict[str, Any], results: list[dict[str, Any]]) -> Pairs:
    """(prediction, truth) of every image, in the order of image ids."""
    classes = {c: k for k, c in enumerate(sorted(category["id"] for category in annotations["categories"]))}
    true, predicted = defaultdict(list), defaultdict(list)
    for one in annotations["annotations"]:
        true[one["image_id"]].append(one)
    for one in results:
        predicted[one["image_id"]].append(one)
    found = []
    for image in sorted(annotations["images"], key=lambda image: image["id"]):
        size = (image["height"], image["width"])
        sides = []
        for objects in (predicted[image["id"]], true[image["id"]]):
            masks = Masks.from_coco(size, [one["segmentation"] for one in objects])
            sides.append((masks, np.array([classes[one["category_id"]] for one in objects], np.int64)))
        scores = np.array([one["score"] for one in predicted[image["id"]]], np.float64)
        objects = true[image["id"]]
        truth = InstanceSet(
            *sides[1],
            crowd=np.array([one.get("iscrowd", 0) for one in objects], np.bool_),
            areas=np.array([one["area"] for one in objects], np.float64),
        )
        found.append((InstanceSet(*sides[0], scores), truth))
    return found


def pycocotools_evaluation(
    annotations: dict[str, Any],
    results: list[dict[str, Any]],
    max_detections: int = 100,
    areas: Any = COCO_AREAS,
    **params: Any,
) -> COCOeval:
    """Evaluated and accumulated; `params` are set on its parameters."""
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO()
        truth.dataset = copy.deepcopy(annotations)
        truth.createIndex()
        found = truth.loadRes(copy.deepcopy(results))
        evaluation = COCOeval(truth, found, "segm")
        evaluation.params.maxDets = [1, 10, max_detections]
        evaluation.params.areaRng = [[0, 1e10], *map(list, areas.values())]
        for name, value in params.items():
            setattr(evaluation.params, name, value)
        evaluation.evaluate()
        evaluation.accumulate()
    return evaluation


def pycocotools_stats(
    annotations: dict[str, Any], results: list[dict[str, Any]], areas: Any = COCO_AREAS
) -> NDArray[np.float64]:
    evaluation = pycocotools_evaluation(annotations, results, areas=areas)
    with contextlib.redirect_stdout(io.StringIO()):
        evaluation.summarize()
    return undefined_as_nan(evaluation.stats)


def faster_stats(
    annotations: dict[str, Any],
    results: list[dict[str, Any]],
    kind: str,
    ratio: float = 0.02,
    areas: Any = COCO_AREAS,
) -> NDArray[np.float64]:
    from faster_coco_eval import COCO as FasterCOCO
    from faster_coco_eval import COCOeval_faster

    truth = FasterCOCO(copy.deepcopy(annotations))
    evaluation = COCOeval_faster(
        truth,
        truth.loadRes(copy.deepcopy(results)),
        kind,
        ranges=dict(zip(("small", "medium", "large"), areas.values(), strict=True)),
        print_function=lambda *_: None,
        boundary_dilation_ratio=ratio,
        boundary_cpu_count=1,
        rle_iou_max_workers=1,
    )
    evaluation.run()
    return undefined_as_nan(np.array(evaluation.stats[:12]))


def undefined_as_nan(stats: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(stats == -1, np.nan, stats)


def our_stats(metric: Any, found: Pairs, weights: Any = None) -> NDArray[np.float64]:
    summary = metric.summarise([metric.measure(prediction=p, truth=t) for p, t in found], weights)
    return np.array([summary.values[metric.iou.prefix + name] for name in STATS])
