"""Small files in COCO's forms, and what is put into them to break them."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

SIZE = (6, 8)
SQUARE = [[1, 1, 5, 1, 5, 4, 1, 4]]
"""Corners of a polygon of 4 x 3 px."""
STRIPES = {"size": [6, 8], "counts": [6, 6, 6, 6, 24]}
"""The second and the fourth column, 12 px."""

Change = Callable[[Any], object]


def annotations() -> dict[str, Any]:
    """Two images and two categories, neither in order; three objects, all in image 7."""
    return {
        "images": [
            {"id": 9, "file_name": "b/second.png", "height": 6, "width": 8},
            {"id": 7, "file_name": "a/first.png", "height": 6, "width": 8},
        ],
        "categories": [{"id": 30, "name": "cat"}, {"id": 4, "name": "dog"}],
        "annotations": [
            {
                "id": 51,
                "image_id": 7,
                "category_id": 30,
                "segmentation": copy.deepcopy(SQUARE),
                "area": 12,
                "iscrowd": 0,
            },
            {"id": 50, "image_id": 7, "category_id": 4, "segmentation": copy.deepcopy(STRIPES), "iscrowd": 1},
            {"id": 12, "image_id": 7, "category_id": 4, "segmentation": {"size": [6, 8], "counts": "0`1"}},  # all of it
        ],
    }


def results() -> list[dict[str, Any]]:
    """Two results for image 7 and none for image 9."""
    return [
        {
            "image_id": 7,
            "category_id": 30,
            "score": 0.25,
            "segmentation": {"size": [6, 8], "counts": "0`1"},
        },  # all of it
        {"image_id": 7, "category_id": 4, "score": 0.75, "segmentation": copy.deepcopy(STRIPES)},
    ]


PANOPTIC_IDS = np.array([[0, 300, 300], [70000, 70000, 300]], np.int32)


def panoptic() -> dict[str, Any]:
    """One image of 2 x 3 px with a thing (300) and stuff (70000)."""
    return {
        "images": [{"id": 7, "file_name": "first.jpg", "height": 2, "width": 3}],
        "categories": [{"id": 30, "name": "cat", "isthing": 1}, {"id": 4, "name": "sky", "isthing": 0}],
        "annotations": [
            {
                "image_id": 7,
                "file_name": "first.png",
                "segments_info": [
                    {"id": 70000, "category_id": 4, "area": 2, "iscrowd": 0},
                    {"id": 300, "category_id": 30, "area": 3, "iscrowd": 1},
                ],
            }
        ],
    }


def write_json(path: Path, document: Any, change: Change | None = None) -> Path:
    """Write a document; a change works on a copy, in place."""
    changed = copy.deepcopy(document)
    if change is not None:
        change(changed)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(changed))
    return path


def write_ids(path: Path, ids: NDArray[np.integer], mode: str = "RGB") -> Path:
    """Segment ids as a PNG, by another library than the reader's."""
    channels = [ids % 256, ids // 256 % 256, ids // 65536, np.full(ids.shape, 90)]
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.stack(channels[: len(mode)], axis=2).astype(np.uint8), mode).save(path)
    return path


def setting(*path: Any) -> Change:
    """A change that sets what lies at a path to the last argument."""
    *parents, key, value = path

    def change(document: Any) -> None:
        for parent in parents:
            document = document[parent]
        document[key] = value

    return change


def removing(*path: Any) -> Change:
    """A change that removes what lies at a path."""

    def change(document: Any) -> None:
        for parent in path[:-1]:
            document = document[parent]
        del document[path[-1]]

    return change
