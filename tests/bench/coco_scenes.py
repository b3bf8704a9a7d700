"""Scenes of rectangles as COCO files, and pycocotools asked about them with parameters of one's own."""

from __future__ import annotations

import contextlib
import copy
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from pycocotools import mask as coco_mask
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

SIZE = (96, 128)
CATEGORIES = {2: "cat", 7: "traffic light", 40: "dog, small"}


@dataclass(frozen=True)
class Scenes:
    """Annotations and results, and the files that they are saved in."""

    truth: dict[str, Any]
    results: list[dict[str, Any]]
    folder: Path

    @property
    def options(self) -> tuple[Any, ...]:
        """Of `bench evaluate`, without intervals and processes."""
        files = ("--annotations", self.folder / "truth.json", "--predictions", self.folder / "results.json")
        return ("--dataset", "coco", *files, "--workers", 1, "--no-intervals")

    def asked(self, **parameters: Any) -> COCOeval:
        """pycocotools' evaluation with parameters such as catIds, imgIds, iouThrs."""
        with contextlib.redirect_stdout(io.StringIO()):
            truth = COCO()
            truth.dataset = copy.deepcopy(self.truth)
            truth.createIndex()
            evaluation = COCOeval(truth, truth.loadRes(copy.deepcopy(self.results)), "segm")
            for name, value in parameters.items():
                setattr(evaluation.params, name, value)
            evaluation.evaluate()
            evaluation.accumulate()
        return evaluation


def mean_ap(evaluation: COCOeval, area: int = 0) -> float:
    """Mean of what is defined, with the most detections that were asked for."""
    precision = evaluation.eval["precision"][:, :, :, area, -1]
    return float(precision[precision > -1].mean())


def mean_ar(evaluation: COCOeval, detections: int) -> float:
    """Mean recall with the n-th of the numbers of detections that were asked for."""
    recall = evaluation.eval["recall"][:, :, 0, detections]
    return float(recall[recall > -1].mean())


def scenes(folder: Path, seed: int = 0, images: int = 6, objects: int = 6) -> Scenes:
    """Write `truth.json` and `results.json`: moved rectangles, one of them crowd in each image, wrong ones among."""
    rng = np.random.default_rng(seed)
    truth: dict[str, Any] = {
        "images": [_image(number) for number in range(1, images + 1)],
        "categories": [{"id": number, "name": name} for number, name in CATEGORIES.items()],
        "annotations": [],
    }
    results = []
    for image in truth["images"]:
        for place in range(objects):
            category, box = int(rng.choice(list(CATEGORIES))), _box(rng)
            mask = {"segmentation": _code(box), "area": int(box[2] * box[3]), "iscrowd": int(place == 0)}
            number = len(truth["annotations"]) + 1
            truth["annotations"].append({"id": number, "image_id": image["id"], "category_id": category, **mask})
            moved = np.add(box, [*rng.integers(-4, 5, 2), 0, 0])
            seen = category if rng.random() < 0.8 else int(rng.choice(list(CATEGORIES)))
            results.append(_result(image["id"], seen, moved, rng))
        results.append(_result(image["id"], int(rng.choice(list(CATEGORIES))), _box(rng), rng))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "truth.json").write_text(json.dumps(truth))
    (folder / "results.json").write_text(json.dumps(results))
    return Scenes(truth, results, folder)


def _image(number: int) -> dict[str, Any]:
    return {"id": number * 11, "file_name": f"photos/im_{number:03d}.jpg", "height": SIZE[0], "width": SIZE[1]}


def _result(image: int, category: int, box: Any, rng: np.random.Generator) -> dict[str, Any]:
    score = round(float(rng.random()), 3)
    return {"image_id": image, "category_id": category, "score": score, "segmentation": _code(box)}


def _box(rng: np.random.Generator) -> Any:
    height, width = rng.integers(6, 48, 2)
    return np.array([rng.integers(4, SIZE[0] - height - 4), rng.integers(4, SIZE[1] - width - 4), height, width])


def _code(box: Sequence[int]) -> dict[str, Any]:
    top, left, height, width = box
    mask = np.zeros(SIZE, np.uint8, order="F")
    mask[top : top + height, left : left + width] = 1
    code = coco_mask.encode(mask)
    return {"size": list(SIZE), "counts": code["counts"].decode()}
