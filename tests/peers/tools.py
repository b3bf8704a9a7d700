"""Each tool's numbers of annotations and results, and ours of the files that hold them; NaN is undefined."""

from __future__ import annotations

import contextlib
import copy
import io
import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from boundary_bench.bench.datasets.coco import Coco
from boundary_bench.bench.datasets.lvis import Lvis
from boundary_bench.bench.predictions.coco_results import CocoResults
from boundary_bench.metrics.instance.average_precision import AveragePrecision
from boundary_bench.metrics.instance.lvis_ap import LvisAP
from tests.metrics.coco import STATS, faster_stats, undefined_as_nan
from tests.peers.plain_boundary import PlainBoundaryEval

Document = dict[str, Any]
Results = list[dict[str, Any]]
Numbers = NDArray[np.float64]
Tool = Callable[[Document, Results], Numbers]

LVIS_NAMES = {
    "AP": "AP",
    "AP50": "AP50",
    "AP75": "AP75",
    "AP_S": "APs",
    "AP_M": "APm",
    "AP_L": "APl",
    "AP_r": "APr",
    "AP_c": "APc",
    "AP_f": "APf",
    "AR": "AR@300",
    "AR_S": "ARs@300",
    "AR_M": "ARm@300",
    "AR_L": "ARl@300",
}
"""Our names without `_lvis`, and lvis-api's."""


def ours(document: Document, results: Results, folder: Path, *, iou: Any = "mask", lvis: bool = False) -> Numbers:
    """Through files and their readers, in the order of `STATS` or `LVIS_NAMES`."""
    annotations, found = folder / "annotations.json", folder / "results.json"
    annotations.write_text(json.dumps(document))
    found.write_text(json.dumps(results))
    dataset: Any = Lvis(annotations) if lvis else Coco(annotations)
    predictions = CocoResults(found, dataset=dataset)
    classes = len(dataset.classes)
    metric: Any = LvisAP(classes, dataset.frequencies, iou=iou) if lvis else AveragePrecision(classes, iou=iou)
    measured = [metric.measure(prediction=predictions.load(s), truth=dataset.truth(s)) for s in dataset.samples()]
    values = metric.summarise(measured).values
    names = [f"{name}_lvis" for name in LVIS_NAMES] if lvis else STATS
    return np.array([values[metric.iou.prefix + name] for name in names])


def pycocotools(document: Document, results: Results) -> Numbers:
    return _pycocotools(document, results, COCOeval)


def plain_boundary(document: Document, results: Results) -> Numbers:
    return _pycocotools(document, results, PlainBoundaryEval)


def _pycocotools(document: Document, results: Results, evaluator: Any) -> Numbers:
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO()
        truth.dataset = copy.deepcopy(document)
        truth.createIndex()
        evaluation = evaluator(truth, truth.loadRes(copy.deepcopy(results)), "segm")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return undefined_as_nan(evaluation.stats)


def faster_mask(document: Document, results: Results) -> Numbers:
    return faster_stats(document, results, "segm")


def faster_boundary(document: Document, results: Results) -> Numbers:
    return faster_stats(document, results, "boundary")


def vernier_mask(document: Document, results: Results) -> Numbers:
    return _vernier("segm", document, results, 100).summarize([1, 10, 100])


def vernier_boundary(document: Document, results: Results) -> Numbers:
    return _vernier("boundary", document, results, 100, dilation_ratio=0.02).summarize([1, 10, 100])


def vernier_lvis(document: Document, results: Results) -> Numbers:
    return _vernier("segm", document, results, 300, lvis=True).summarize([300])


def vernier_lvis_boundary(document: Document, results: Results) -> Numbers:
    return _vernier("boundary", document, results, 300, lvis=True, dilation_ratio=0.02).summarize([300])


def vernier_mask_as_it_comes(document: Document, results: Results) -> Numbers:
    """With the boxes that results have, and areas as it takes them."""
    tool = pytest.importorskip("vernier.instance")
    evaluator = tool.Evaluator(iou=tool.Segm())
    summary = evaluator.evaluate(json.dumps(document).encode(), json.dumps(results).encode())
    return undefined_as_nan(np.array(summary.stats))


class _Accumulated:
    def __init__(self, grid: Any, truth: Any) -> None:
        self._grid, self._truth = grid, truth

    def summarize(self, limits: list[int]) -> Numbers:
        found = self._grid.accumulate(limits)
        lvis = self._truth.is_federated
        summary = found.summarize_lvis(self._truth, limits) if lvis else found.summarize(limits)
        return undefined_as_nan(np.array(summary.stats))


def _vernier(kind: str, document: Document, results: Results, limit: int, lvis: bool = False, **more: Any) -> Any:
    """It wants a box of every result, and is told to take areas from masks."""
    core = pytest.importorskip("vernier._core")
    read = core.CocoDataset.from_lvis_json if lvis else core.CocoDataset.from_json
    truth = read(json.dumps(document).encode())
    boxed = json.dumps([one | {"bbox": [0.0, 0.0, 1.0, 1.0]} for one in results]).encode()
    evaluate = getattr(core, f"evaluate_{kind}_grid")
    fixed = {"parity_mode": "strict", "use_cats": True, "dt_area": "mask"}
    return _Accumulated(evaluate(truth, boxed, max_dets_per_image=limit, **fixed, **more), truth)


def hotcoco_mask(document: Document, results: Results) -> Numbers:
    hotcoco = pytest.importorskip("hotcoco")
    truth = hotcoco.COCO(copy.deepcopy(document))
    return _run(hotcoco.COCOeval(truth, truth.load_res(copy.deepcopy(results)), "segm"))


def hotcoco_lvis(document: Document, results: Results) -> Numbers:
    hotcoco = pytest.importorskip("hotcoco")
    truth = hotcoco.COCO(copy.deepcopy(document))
    return _run(hotcoco.LVISeval(truth, hotcoco.LVISResults(truth, copy.deepcopy(results)), "segm"))


def _run(evaluation: Any) -> Numbers:
    with contextlib.redirect_stdout(io.StringIO()):
        evaluation.run()
    return undefined_as_nan(np.array(evaluation.stats))


def lvis_api(document: Document, results: Results) -> Numbers:
    lvis = pytest.importorskip("lvis")
    logger = logging.getLogger("lvis")
    logger.setLevel(logging.ERROR)
    logging.getLogger("lvis.lvis").setLevel(logging.ERROR)
    truth = lvis.LVIS.__new__(lvis.LVIS)
    truth.logger, truth.dataset = logger, copy.deepcopy(document)
    truth._create_index()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(np, "float", float, raising=False)  # it was written for an older numpy
        evaluation = lvis.LVISEval(truth, lvis.LVISResults(truth, copy.deepcopy(results), max_dets=300), "segm")
        evaluation.run()
    return undefined_as_nan(np.array([evaluation.results[name] for name in LVIS_NAMES.values()]))
