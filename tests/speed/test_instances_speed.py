"""Average precision of instances against the official tools.

Timed for all: from parsed annotations and results, truth as compressed run-length codes, to the twelve numbers. Ours
starts with nothing but these; the peers start with their index built and the results loaded into it. Those that read
files themselves (hotcoco, vernier) are timed with reading, and so are we there.
"""

from __future__ import annotations

import contextlib
import copy
import functools
import io
import json
import os
import time
from pathlib import Path

import numpy as np
import orjson
import pytest
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from boundary_bench.bench.analysis.bootstrap import weights
from boundary_bench.metrics.instance.average_precision import AveragePrecision
from tests.metrics import coco
from tests.peers.plain_boundary import RATIO, PlainBoundaryEval
from tests.speed.objects import write_world
from tests.speed.ratio import Section, measure_ratio, record, record_line

DATA = {
    "coco100": "100 COCO images, 1,573 objects",
    "citylike": "6 images of 1024 x 2048, 169 objects",
    "generated": "500 generated images of 80 categories, 3,671 objects, 100 detections each",
}
WORLD = {"images": 500, "categories": 80, "objects": 3671, "detections": 100, "seed": 0}
LARGE = {"images": 5000, "categories": 80, "objects": 36712, "detections": 100, "seed": 0}

INTERVALS = Section(
    "AP under many weightings",
    "5,000 generated images of 80 categories, 36,712 objects, 500,000 detections; CPU seconds of one thread,\n"
    "files read beforehand.",
    ("what", "measure", "summarise", "summarise with 1,000 weightings"),
)


@pytest.fixture(scope="module", autouse=True)
def one_thread_for_hotcoco():
    os.environ["RAYON_NUM_THREADS"] = "1"


@functools.cache
def generated(folder: Path):
    truth, results = write_world(folder, **WORLD)
    return json.loads(truth.read_bytes()), json.loads(results.read_bytes())


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    return tmp_path_factory.mktemp("objects")


def data(name):
    return generated(name) if isinstance(name, Path) else coco.reference(name)


def ours(name, kind):
    annotations, results = data(name)
    metric = AveragePrecision(len(annotations["categories"]), iou=kind, band_ratio=RATIO)
    return lambda: coco.our_stats(metric, coco.pairs(annotations, results))


def pycocotools(name, evaluator):
    annotations, results = copy.deepcopy(data(name))
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
        return coco.undefined_as_nan(np.array(evaluation.stats))

    return run


def hotcoco(folder):
    from hotcoco import COCO as HotCOCO
    from hotcoco import COCOeval as HotEval

    generated(folder)

    def run():
        truth = HotCOCO(str(folder / "truth.json"))
        with contextlib.redirect_stdout(io.StringIO()):
            evaluation = HotEval(truth, truth.loadRes(str(folder / "results.json")), "segm")
            evaluation.evaluate()
            evaluation.accumulate()
            evaluation.summarize()
        return coco.undefined_as_nan(np.array(evaluation.stats))

    return run


def vernier(folder):
    """It wants a box of every result, and is told to take areas from masks."""
    from vernier._core import CocoDataset, evaluate_segm_grid

    boxed = json.dumps([one | {"bbox": [0.0, 0.0, 1.0, 1.0]} for one in generated(folder)[1]]).encode()
    fixed = {"parity_mode": "strict", "use_cats": True, "dt_area": "mask", "max_dets_per_image": 100}

    def run():
        truth = CocoDataset.from_json((folder / "truth.json").read_bytes())
        grid = evaluate_segm_grid(truth, boxed, **fixed).accumulate([1, 10, 100])
        return coco.undefined_as_nan(np.array(grid.summarize([1, 10, 100]).stats))

    return run


def ours_of_files(folder):
    generated(folder)
    metric = AveragePrecision(WORLD["categories"])

    def run():
        parts = [orjson.loads((folder / name).read_bytes()) for name in ("truth.json", "results.json")]
        return coco.our_stats(metric, coco.pairs(*parts))

    return run


def faster(name, kind):
    from faster_coco_eval import COCO as FasterCOCO
    from faster_coco_eval import COCOeval_faster

    annotations, results = copy.deepcopy(data(name))
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


@pytest.mark.parametrize(("peer", "goal"), [("pycocotools", 4), ("faster-coco-eval", 2)])
def test_mask_ap_of_many_detections(benchmark, world, peer, goal):
    theirs = pycocotools(world, COCOeval) if peer == "pycocotools" else faster(world, "segm")
    compare(benchmark, "mask AP", ours(world, "mask"), theirs, goal, peer)


@pytest.mark.parametrize(("peer", "goal"), [(hotcoco, 1), (vernier, 1)])
def test_mask_ap_of_many_detections_from_files(benchmark, world, peer, goal):
    compare(benchmark, "mask AP from files", ours_of_files(world), peer(world), goal, peer.__name__)


def compare(benchmark, what, run, theirs, goal, peer):
    np.testing.assert_allclose(run(), theirs(), rtol=0, atol=1e-12)
    record(f"{what}, {DATA['generated']}", measure_ratio(benchmark, run, theirs, rounds=3), goal, peer=peer)


@pytest.mark.parametrize("kind", ["mask", "boundary"])
def test_many_weightings(tmp_path, kind):
    truth, results = write_world(tmp_path, **LARGE)
    pairs = coco.pairs(json.loads(truth.read_bytes()), json.loads(results.read_bytes()))
    metric = AveragePrecision(LARGE["categories"], iou=kind)
    few = [metric.measure(prediction=p, truth=t) for p, t in pairs[:3]]
    metric.summarise(few, np.ones((2, 3)))  # kernels are compiled
    seconds, measured = cpu_s(lambda: [metric.measure(prediction=p, truth=t) for p, t in pairs])
    alone, _ = cpu_s(lambda: metric.summarise(measured))
    replicates, summary = cpu_s(lambda: metric.summarise(measured, weights([None] * len(measured), 1000, 0)))
    assert summary.values[metric.iou.prefix + "AP"].shape == (1000,)
    record_line(INTERVALS, f"{kind} AP", f"{seconds:.1f}", f"{alone:.2f}", f"{replicates:.1f}")


def cpu_s(run):
    start = time.process_time()
    found = run()
    return time.process_time() - start, found


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
