"""Panoptic quality by each tool: PQ, SQ, RQ of all, of things and of stuff; NaN is undefined."""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from boundary_bench.metrics.functional.geometry import band_width_px
from boundary_bench.metrics.panoptic.panoptic_quality import PanopticQuality
from boundary_bench.metrics.structures.segmentation import PanopticMap
from tests.metrics.segments import plain_quality
from tests.peers.panoptic_worlds import CLASSES, THINGS, Pairs

Numbers = NDArray[np.float64]

CATEGORIES = [{"id": k + 1, "name": str(k), "isthing": int(k in THINGS)} for k in range(CLASSES)]
RATIO = 0.02


def ours(pairs: Pairs, boundary: bool) -> Numbers:
    metric = PanopticQuality(CLASSES, THINGS, iou="boundary" if boundary else "mask")
    values = metric.summarise([metric.measure(prediction=p, truth=t) for p, t in pairs]).values
    prefix = "boundary_" if boundary else ""
    return np.array([values[f"{prefix}{name}{group}"] for group in ("", "_th", "_st") for name in ("PQ", "SQ", "RQ")])


def plain(
    pairs: Pairs, boundary: bool, seen: Callable[[PanopticMap], PanopticMap] = lambda segmentation: segmentation
) -> Numbers:
    """By the definition, one segment at a time. Seen: how maps are looked at."""
    images = []
    for prediction, truth in pairs:
        width = band_width_px(RATIO, truth.size) if boundary else None
        images.append(plain_quality(seen(prediction), seen(truth), CLASSES, width))
    iou, tp, fp, fn = (np.sum([one[name] for one in images], axis=0) for name in ("iou_sum", "tp", "fp", "fn"))
    counted = tp + fp / 2 + fn / 2
    found = []
    for group in (range(CLASSES), THINGS, sorted(set(range(CLASSES)) - set(THINGS))):
        there = [k for k in group if counted[k]]
        rows = [(iou[k] / counted[k], iou[k] / max(tp[k], 1), tp[k] / counted[k]) for k in there]
        found += np.mean(rows, axis=0).tolist() if rows else [np.nan] * 3
    return np.array(found)


def vernier(pairs: Pairs, boundary: bool) -> Numbers:
    tool = pytest.importorskip("vernier.panoptic")
    maps = [{n: side.ids.astype(np.uint32) for n, side in enumerate(sides)} for sides in zip(*pairs, strict=True)]
    infos = [
        json.dumps({str(n): _segments(side) for n, side in enumerate(sides)}).encode()
        for sides in zip(*pairs, strict=True)
    ]
    truth = tool.Dataset.from_arrays(maps[1], infos[1], json.dumps(CATEGORIES).encode())
    summary = tool.Evaluator(boundary=boundary, dilation_ratio=RATIO).evaluate(
        truth, tool.Predictions.from_arrays(maps[0], infos[0])
    )
    names = [f"{name}{group}" for group in ("", "_things", "_stuff") for name in ("pq", "sq", "rq")]
    return np.array([np.nan if getattr(summary, name) is None else getattr(summary, name) for name in names])


def hotcoco(pairs: Pairs, folder: Path) -> Numbers:
    tool = pytest.importorskip("hotcoco.panoptic")
    for name, sides in zip(("prediction", "truth"), zip(*pairs, strict=True), strict=True):
        (folder / name).mkdir(exist_ok=True)
        for number, side in enumerate(sides):
            parts = np.stack([side.ids >> shift & 255 for shift in (0, 8, 16)], -1)
            Image.fromarray(parts.astype(np.uint8)).save(folder / name / f"{number}.png")
        (folder / f"{name}.json").write_text(json.dumps(_document(sides)))
    with contextlib.redirect_stdout(io.StringIO()):
        found = tool.pq_compute(
            folder / "truth.json", folder / "prediction.json", folder / "truth", folder / "prediction"
        )
    groups = [found[name] for name in ("All", "Things", "Stuff")]
    return np.array([group[name] if group["n"] else np.nan for group in groups for name in ("pq", "sq", "rq")])


def _document(sides: tuple[PanopticMap, ...]) -> dict[str, Any]:
    return {
        "images": [
            {"id": n, "file_name": f"{n}.jpg", "height": s.size[0], "width": s.size[1]} for n, s in enumerate(sides)
        ],
        "annotations": [
            {"image_id": n, "file_name": f"{n}.png", "segments_info": _segments(s)} for n, s in enumerate(sides)
        ],
        "categories": CATEGORIES,
    }


def _segments(side: PanopticMap) -> list[dict[str, Any]]:
    return [
        {
            "id": int(segment),
            "category_id": int(category) + 1,
            "area": int((side.ids == segment).sum()),
            "iscrowd": int(crowd),
            "bbox": [0, 0, 1, 1],
        }
        for segment, category, crowd in zip(side.segments, side.categories, side.crowd, strict=True)
    ]
