"""Random worlds: COCO annotations and results that hold at once all that evaluators are known to disagree about.

Crowd, equal scores, holes, empty masks and images, ids in no order and with gaps, categories without objects, more than
255 categories, more than 100 detections of an image, polygons, images that are not square. The same number is the same
world on every machine.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pycocotools import mask as coco_masks

SCORES = (0.1, 0.25, 0.5, 0.5000001, 0.9)
"""Few, so that many are equal."""

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Kind:
    """What is special about a world: each is true of every n-th."""

    number: int

    @property
    def many_categories(self) -> bool:
        return self.number % 8 == 3

    @property
    def many_detections(self) -> bool:
        return self.number % 8 == 5

    @property
    def large(self) -> bool:
        """Whether images have room for objects of all of COCO's sizes."""
        return self.number % 4 == 2

    @property
    def polygons(self) -> bool:
        return self.number % 5 == 1

    @property
    def id_zero(self) -> bool:
        return self.number % 7 == 4

    @property
    def square(self) -> bool:
        return self.number % 10 == 0


def world(number: int) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Annotations, with what LVIS adds to them, and results without boxes."""
    kind, rng = Kind(number), np.random.default_rng(number)
    categories = _categories(rng, 300 if kind.many_categories else int(rng.integers(1, 6)))
    # The last two have no objects: of one there are detections.
    known = [each["id"] for each in categories][: max(1, len(categories) - 2)]
    guessed = [each["id"] for each in categories][: max(1, len(categories) - 1)]
    images, annotations, results = [], [], []
    for place, image_id in enumerate(_ids(rng, int(rng.integers(1, 7)))):
        height, width = _size(kind, rng)
        true = _objects((height, width), int(rng.integers(0, 8)) * int(rng.random() < 0.85), rng)
        names = [int(each) for each in rng.choice(known, len(true))]
        images.append(
            {
                "id": image_id,
                "file_name": f"{place}.jpg",
                "height": height,
                "width": width,
                "neg_category_ids": _some(rng, sorted(set(guessed) - set(names))),
                "not_exhaustive_category_ids": _some(rng, sorted(set(names))),
            }
        )
        annotations += [
            _annotation(mask, category, image_id, kind.polygons, rng)
            for mask, category in zip(true, names, strict=True)
        ]
        results += _detections(kind, true, names, guessed, (height, width), image_id, rng)
    for one, number_ in zip(annotations, _ids(rng, len(annotations), kind.id_zero), strict=True):
        one["id"] = number_
    rng.shuffle(results)  # type: ignore[arg-type]
    rng.shuffle(categories)  # type: ignore[arg-type]
    document = {"info": {}, "licenses": [], "images": images, "annotations": annotations, "categories": categories}
    return document, results


def renumbered(document: dict[str, Any]) -> dict[str, Any]:
    """The same with ids of annotations from 1 on: pycocotools and its like cannot match an object whose id is 0."""
    annotations = [one | {"id": place} for place, one in enumerate(document["annotations"], start=1)]
    return document | {"annotations": annotations}


def as_lvis(document: dict[str, Any], results: list[dict[str, Any]]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The same without what LVIS never has: crowd, and objects and detections of no pixel."""
    annotations = [
        {key: value for key, value in one.items() if key not in ("iscrowd", "ignore")}
        for one in document["annotations"]
        if one["area"] > 0
    ]
    present = {(one["image_id"], one["category_id"]) for one in annotations}
    key = "not_exhaustive_category_ids"
    images = [image | {key: [k for k in image[key] if (image["id"], k) in present]} for image in document["images"]]
    found = [one for one in results if coco_masks.area(one["segmentation"])]
    return document | {"images": images, "annotations": annotations}, found


def coded(mask: Mask) -> dict[str, Any]:
    """A compressed run-length code as JSON has it."""
    code: dict[str, Any] = coco_masks.encode(np.asfortranarray(mask, np.uint8))
    return {"size": list(mask.shape), "counts": code["counts"].decode()}


def _categories(rng: np.random.Generator, count: int) -> list[dict[str, Any]]:
    return [
        {"id": number, "name": f"c{number}", "frequency": "rcf"[int(rng.integers(3))]}
        for number in sorted(_ids(rng, count))
    ]


def _ids(rng: np.random.Generator, count: int, zero: bool = False) -> list[int]:
    """In no order, with gaps."""
    found: list[int] = (rng.choice(max(4 * count, 20), count, replace=False) + 1).tolist()
    if zero and found:
        found[int(rng.integers(len(found)))] = 0
    return found


def _size(kind: Kind, rng: np.random.Generator) -> tuple[int, int]:
    low, high = (100, 161) if kind.large else (8, 41)
    height, width = (int(each) for each in rng.integers(low, high, 2))
    return (height, height) if kind.square else (height, width + (height == width))


def _some(rng: np.random.Generator, ids: list[int]) -> list[int]:
    return [each for each in ids if rng.random() < 0.3]


def _objects(size: tuple[int, int], count: int, rng: np.random.Generator) -> list[Mask]:
    return [_object(size, rng) for _ in range(count)]


def _object(size: tuple[int, int], rng: np.random.Generator) -> Mask:
    """A box or an ellipse, often along the border, with holes or ragged; sometimes empty or the whole image."""
    mask = np.zeros(size, np.bool_)
    kind = rng.random()
    if kind < 0.06:
        return ~mask if kind < 0.02 else mask
    top, left = int(rng.integers(size[0])), int(rng.integers(size[1]))
    height, width = (int(rng.integers(1, side + 1)) for side in size)
    mask[top : top + height, left : left + width] = True
    if kind < 0.4:
        rows, columns = np.ogrid[: size[0], : size[1]]
        middle = top + height / 2, left + width / 2
        mask &= ((rows - middle[0]) / height) ** 2 + ((columns - middle[1]) / width) ** 2 <= 0.25
    if rng.random() < 0.4:
        y, x = top + height // 4, left + width // 4
        mask[y : y + height // 2, x : x + width // 2] = False
    if rng.random() < 0.2:
        mask &= rng.random(size) < 0.85
    return mask


def _annotation(mask: Mask, category: int, image_id: int, polygons: bool, rng: np.random.Generator) -> dict[str, Any]:
    segmentation: Any = coded(mask)
    area, crowd = float(mask.sum()), bool(rng.random() < 0.15)
    if polygons and not crowd and rng.random() < 0.7:
        segmentation = _polygons(mask.shape, rng)
        area = float(coco_masks.area(coco_masks.merge(coco_masks.frPyObjects(segmentation, *mask.shape))))
    elif rng.random() < 0.2:
        segmentation = {"size": list(mask.shape), "counts": _runs(mask)}
    return {
        "image_id": image_id,
        "category_id": category,
        "segmentation": segmentation,
        "area": area,
        "bbox": [0.0, 0.0, 1.0, 1.0],
        "iscrowd": int(crowd),
        "ignore": int(crowd),
    }


def _polygons(size: tuple[int, ...], rng: np.random.Generator) -> list[list[float]]:
    """One or two polygons of three to seven points, which may overlap."""
    limits = np.array([size[1], size[0]])
    parts = [rng.random((int(rng.integers(3, 8)), 2)) * limits for _ in range(int(rng.integers(1, 3)))]
    return [np.round(points, 2).ravel().tolist() for points in parts]


def _runs(mask: Mask) -> list[int]:
    """Lengths of runs in columns, the first of background."""
    flat = np.concatenate([[False], mask.ravel(order="F")])
    ends = [*np.flatnonzero(flat[1:] != flat[:-1]).tolist(), mask.size]
    return np.diff([0, *ends]).tolist()


def _detections(
    kind: Kind,
    true: list[Mask],
    names: list[int],
    guessed: list[int],
    size: tuple[int, int],
    image_id: int,
    rng: np.random.Generator,
) -> list[dict[str, Any]]:
    """Moved and frayed copies of true objects, most under their right name, and others."""
    masks, categories = [], []
    copies = rng.integers(0, len(true), int(rng.integers(0, 9))) if true else np.zeros(0, np.int64)
    for copied in copies.tolist():
        shift = int(rng.integers(-1, 2)), int(rng.integers(-1, 2))
        masks.append(np.roll(true[copied], shift, (0, 1)) ^ (rng.random(size) < rng.choice([0, 0, 0.02])))
        categories.append(names[copied] if rng.random() < 0.8 else int(rng.choice(guessed)))
    others = int(rng.integers(110, 340)) if kind.many_detections and rng.random() < 0.5 else int(rng.integers(0, 4))
    masks += _objects(size, others, rng)
    categories += rng.choice(guessed[:2] if others > 100 else guessed, others).tolist()
    return [
        {
            "image_id": image_id,
            "category_id": category,
            "segmentation": coded(mask),
            "score": float(rng.choice(SCORES)),
        }
        for mask, category in zip(masks, categories, strict=True)
    ]
