"""Average precision of instances against the official tools.

Timed for all: from parsed annotations and results, truth as compressed run-length codes, to the twelve numbers. Ours
starts with nothing but these; the peers start with their index built and the results loaded into it.
"""

from __future__ import annotations

import contextlib
import copy
import io

import numpy as np
import pytest
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from boundary_bench.metrics.instance.average_precision import AveragePrecision
from tests.metrics import coco
from tests.peers.plain_boundary import RATIO, PlainBoundaryEval
from tests.speed.ratio import measure_ratio, record

DATA = {"coco100": "100 COCO images, 1,573 objects", "citylike": "6 images of 1024 x 2048, 169 objects"}


def ours(name, kind):
    annotations, results = coco.reference(name)
    metric = AveragePrecision(len(annotations["categories"]), iou=kind, band_ratio=RATIO)
    return lambda: coco.our_stats(metric, coco.pairs(annotations, results))


def pycocotools(name, evaluator):
    annotations, results = coco.reference(name)
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO()
        truth.dataset = annotations
        truth.createIndex()
        found = truth.loadRes(results)

    def run():
        with contextlib.redirect_stdout(io.StringIO()):
            evaluation = evaluator(truth, found, "segm")
            evaluation.evaluate()
            evaluation.accumulate()
            evaluation.summarize()
        return coco.undefined_as_nan(evaluation.stats)

    return run


def faster(name, kind):
    from faster_coco_eval import COCO as FasterCOCO
    from faster_coco_eval import COCOeval_faster

    annotations, results = coco.reference(name)
    truth = FasterCOCO(annotations)
    found = truth.loadRes(copy.deepcopy(results))

    def run():
        evaluation = COCOeval_faster(
            truth,
            found,
            kind,
            print_function=lambda *_: None,
            boundary_dilation_ratio=RATIO,
            boundary_cpu_count=1,
            rle_iou_max_workers=1,
        )
        evaluation.run()
        return coco.undefined_as_nan(np.array(evaluation.stats[:12]))

    return run


@pytest.mark.parametrize(("peer", "goal"), [("pycocotools", 4), ("faster-coco-eval", 1.2)])
def test_mask_ap(benchmark, peer, goal):
    theirs = pycocotools("coco100", COCOeval) if peer == "pycocotools" else faster("coco100", "segm")
    check_and_record(benchmark, "mask AP", "coco100", ours("coco100", "mask"), theirs, goal, peer)


@pytest.mark.parametrize(("name", "goal"), [("coco100", 10), ("citylike", 40)])
def test_boundary_ap_against_faster_coco_eval(benchmark, name, goal):
    theirs = faster(name, "boundary")
    check_and_record(benchmark, "boundary AP", name, ours(name, "boundary"), theirs, goal, "faster-coco-eval")


@pytest.mark.parametrize(("name", "goal"), [("coco100", 15), ("citylike", 100)])
def test_boundary_ap_against_iterated_erosion(benchmark, name, goal):
    theirs = pycocotools(name, PlainBoundaryEval)
    peer = "OpenCV erosion of full masks, iterated; pycocotools"
    check_and_record(benchmark, "boundary AP", name, ours(name, "boundary"), theirs, goal, peer)


def check_and_record(benchmark, metric, name, run, theirs, goal, peer):
    np.testing.assert_allclose(run(), theirs(), rtol=0, atol=1e-12)
    record(f"{metric}, {DATA[name]}", measure_ratio(benchmark, run, theirs, rounds=5), goal, peer=peer)
