"""Sets of objects of any scale, written as COCO's annotation and result files: seeded, no images needed.

Run lengths are written straight from shapes, so half a million detections take seconds and not the hour that drawing
and encoding them would.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from boundary_bench.metrics.kernels.rle import encode_string, measure

CROWD_SHARE = 0.01
FREQUENCIES = (10, 100)
"""Images below which LVIS calls a category rare, and common."""


def write_world(
    folder: Path, *, images: int, categories: int, objects: int, detections: int, seed: int
) -> tuple[Path, Path]:
    """Write `truth.json` and `results.json`, compressed codes in both; return their paths.

    Ellipses, rectangles and wavy blobs of 4 px to 400 px in images of about 480 x 640; a few categories an image, some
    of them far more frequent than others. About a third of the detections are moved copies of true objects, the more
    alike the higher their score, as far as there is chance in it. Images and categories also have what LVIS asks for.

    Args:
        folder: made where it is absent.
        images, categories: how many; ids begin at 1.
        objects: true ones of all images together; one in a hundred is crowd.
        detections: of each image.
        seed: of everything; the same numbers give the same files.
    """
    rng = np.random.default_rng(seed)
    folder.mkdir(parents=True, exist_ok=True)
    frequency = 1 / np.arange(2, categories + 2)
    frequency /= frequency.sum()
    counts = np.bincount(rng.choice(images, objects, p=rng.dirichlet(np.full(images, 1.5))), minlength=images)
    truth: dict[str, Any] = {"info": {}, "licenses": [], "images": [], "annotations": []}
    seen = np.zeros(categories, np.int64)
    results = folder / "results.json"
    with results.open("w", encoding="utf-8") as file:
        for image, count in enumerate(counts.tolist(), start=1):
            height, width = (int(side) for side in rng.choice([(480, 640), (427, 640), (640, 480), (500, 375)]))
            size = (height, width)
            here = rng.choice(categories, min(categories, 4 + count // 3), p=frequency, replace=False)
            shapes, kinds = _shapes(rng, size, count), rng.choice(here, count)
            seen[np.unique(kinds)] += 1
            truth["images"].append(_image(rng, image, size, np.setdiff1d(here, kinds)))
            truth["annotations"] += _annotations(rng, len(truth["annotations"]), image, size, shapes, kinds)
            for place, found in enumerate(_results(rng, image, size, shapes, kinds, here, detections)):
                file.write("[\n" if image == 1 and place == 0 else ",\n")
                file.write(json.dumps(found, separators=(",", ":")))
        file.write("\n]\n" if detections and images else "[]\n")
    truth["categories"] = [_category(k, int(seen[k])) for k in range(categories)]
    (folder / "truth.json").write_text(json.dumps(truth, separators=(",", ":")), encoding="utf-8")
    return folder / "truth.json", results


def _shapes(rng: np.random.Generator, size: tuple[int, int], count: int) -> NDArray[np.float64]:
    """float64 (count, 8): row and column of the centre, half height and half width in px; power, waves, their height
    and phase.
    """
    half = np.exp(rng.uniform(np.log(2), np.log(min(size) / 2.4), count))
    aspect = np.exp(rng.normal(0, 0.4, count))
    return np.stack(
        [
            rng.uniform(0, size[0], count),
            rng.uniform(0, size[1], count),
            np.maximum(half * aspect, 2),
            np.maximum(half / aspect, 2),
            rng.choice([2.0, 3.0, 60.0], count),
            rng.uniform(2, 14, count),
            rng.uniform(0, 0.25, count),
            rng.uniform(0, 6, count),
        ],
        axis=1,
    )


def _moved(rng: np.random.Generator, shapes: NDArray[np.float64], error: NDArray[np.float64]) -> NDArray[np.float64]:
    """Copies whose centre and sides are off by about `error` (n,) of the sides."""
    moved = shapes.copy()
    moved[:, :2] += rng.normal(0, 1, (len(shapes), 2)) * error[:, None] * shapes[:, 2:4]
    moved[:, 2:4] *= np.exp(rng.normal(0, 1, (len(shapes), 2)) * error[:, None])
    moved[:, 7] += rng.normal(0, 4, len(shapes)) * error
    return moved


def _image(rng: np.random.Generator, image: int, size: tuple[int, int], absent: NDArray[np.int64]) -> dict[str, Any]:
    unsure = absent[:1] + 1 if rng.random() < 0.2 else absent[:0]
    return {
        "id": image,
        "file_name": f"{image:012d}.jpg",
        "height": size[0],
        "width": size[1],
        "neg_category_ids": (absent + 1).tolist(),
        "not_exhaustive_category_ids": unsure.tolist(),
    }


def _category(k: int, images: int) -> dict[str, Any]:
    frequency = "rcf"[int(np.searchsorted(FREQUENCIES, images, side="right"))]
    return {"id": k + 1, "name": f"category {k + 1}", "frequency": frequency, "image_count": images}


def _annotations(
    rng: np.random.Generator,
    before: int,
    image: int,
    size: tuple[int, int],
    shapes: NDArray[np.float64],
    kinds: NDArray[np.int64],
) -> Iterator[dict[str, Any]]:
    texts, areas, boxes = encoded(size, shapes)
    crowd = rng.random(len(kinds)) < CROWD_SHARE
    for i, (top, left, bottom, right) in enumerate(boxes.tolist()):
        yield {
            "id": before + i + 1,
            "image_id": image,
            "category_id": int(kinds[i]) + 1,
            "segmentation": {"size": list(size), "counts": texts[i]},
            "area": int(areas[i]),
            "bbox": [left, top, right - left, bottom - top],
            "iscrowd": int(crowd[i]),
        }


def _results(
    rng: np.random.Generator,
    image: int,
    size: tuple[int, int],
    shapes: NDArray[np.float64],
    kinds: NDArray[np.int64],
    here: NDArray[np.int64],
    count: int,
) -> Iterator[dict[str, Any]]:
    copies = min(count, 4 * len(shapes), max(count // 3, 1)) if len(shapes) else 0
    of = np.arange(copies) % max(len(shapes), 1)
    error = rng.exponential(0.12, copies)
    found = np.concatenate([_moved(rng, shapes[of], error), _shapes(rng, size, count - copies)])
    guessed = np.concatenate([kinds[of], rng.choice(here, count - copies)])
    right = np.concatenate([1 / (1 + 5 * error), np.full(count - copies, 0.2)])
    scores = 1 / (1 + np.exp(-4 * (right - 0.5) - rng.normal(0, 1, count)))
    texts, _, _ = encoded(size, found)
    for i in np.argsort(-scores):
        yield {
            "image_id": image,
            "category_id": int(guessed[i]) + 1,
            "segmentation": {"size": list(size), "counts": texts[i]},
            "score": round(float(scores[i]), 6),
        }


def encoded(
    size: tuple[int, int], shapes: NDArray[np.float64]
) -> tuple[list[str], NDArray[np.int64], NDArray[np.int64]]:
    """COCO's compressed codes of shapes, their areas int64 (n,) and boxes int64 (n, 4), (top, left, bottom, right)."""
    counts, starts = _runs(shapes, *size)
    areas, boxes = np.zeros(len(shapes), np.int64), np.zeros((len(shapes), 4), np.int64)
    measure(counts, starts, size[0], areas, boxes)
    text = np.empty(7 * int(np.diff(starts).max(initial=1)), np.uint8)
    texts = []
    for i in range(len(shapes)):
        length = encode_string(counts[starts[i] : starts[i + 1]], text)
        texts.append(text[:length].tobytes().decode("ascii"))
    return texts, areas, boxes


@njit(cache=True, nogil=True)
def _runs(shapes: Any, height: int, width: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Run lengths of all shapes after one another, and where each begins; at least one pixel each."""
    counts, starts, found = np.empty(len(shapes) * (2 * width + 3), np.int64), np.zeros(len(shapes) + 1, np.int64), 0
    for i in range(len(shapes)):
        y, x, half_height, half_width, power, waves, swing, phase = shapes[i]
        y, x = min(max(y, 0.0), height - 1.0), min(max(x, 0.0), width - 1.0)
        zeros, ones = 0, 0
        for column in range(width):
            top, bottom = 0, 0
            u = (column - x) / half_width
            if abs(u) < 1:
                reach = (1 - abs(u) ** power) ** (1 / power) * half_height
                top = int(max(y - reach * (1 + swing * np.sin(waves * u + phase)), 0.0))
                bottom = int(min(y + reach * (1 + swing * np.cos(waves * u - phase)) + 1, float(height)))
            if top >= bottom:
                top, bottom = height, height
            if top > 0 and ones > 0:
                counts[found], counts[found + 1], found, zeros, ones = zeros, ones, found + 2, 0, 0
            zeros, ones = zeros + top, ones + bottom - top
            if bottom < height and ones > 0:
                counts[found], counts[found + 1], found, zeros, ones = zeros, ones, found + 2, 0, 0
            zeros += height - bottom
        counts[found] = zeros
        found += 1
        if ones > 0:
            counts[found], found = ones, found + 1
        starts[i + 1] = found
    return counts[:found].copy(), starts
