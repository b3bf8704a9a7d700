"""Generated and drawn sets of instances, and the same as COCO annotations and results."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn
from numpy.typing import NDArray

from boundary_bench.metrics.structures.masks import Masks
from boundary_bench.metrics.structures.segmentation import Federated, InstanceSet
from tests.strategies import sizes

Pair = tuple[InstanceSet, InstanceSet]
SCORES = (0.1, 0.25, 0.5, 0.5000001, 0.9)
"""Few, so that many are equal."""


AREAS = {"S": (0.0, 16.0), "M": (16.0, 64.0), "L": (64.0, 1e10)}
"""Ranges of areas that objects of these sizes fall into."""


def rows(*drawn: str, repeat: int = 1) -> Masks:
    """One mask: a string a row, `1` inside."""
    return Masks.from_dense((len(drawn) * repeat, len(drawn[0])), [np.repeat(bits(drawn), repeat, axis=0)])


def bits(drawn: tuple[str, ...]) -> NDArray[np.bool_]:
    return np.array([[pixel == "1" for pixel in row] for row in drawn])


@st.composite
def masks(draw: DrawFn, size: tuple[int, int]) -> NDArray[np.bool_]:
    """A box, often along the border or of one pixel, sometimes with a hole or noise on it; sometimes nothing."""
    height, width = size
    top, left = draw(st.integers(0, height - 1)), draw(st.integers(0, width - 1))
    bottom, right = draw(st.integers(top + 1, height)), draw(st.integers(left + 1, width))
    mask = np.zeros(size, np.bool_)
    mask[top:bottom, left:right] = True
    kind = draw(st.sampled_from(["box", "box", "hole", "noise", "noise", "empty"]))
    if kind == "hole":
        mask[(top + bottom) // 2, (left + right) // 2] = False
    if kind == "empty":
        mask[:] = False
    if kind == "noise":
        mask &= np.random.default_rng(draw(st.integers(0, 99))).random(size) < 0.8
    return mask


def altered(draw: DrawFn, mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Moved by up to a pixel, so that IoUs lie on both sides of the thresholds."""
    shift = draw(st.tuples(st.integers(-1, 1), st.integers(-1, 1)))
    return np.roll(mask, shift, (0, 1))


@st.composite
def instance_pairs(
    draw: DrawFn,
    size: tuple[int, int] | None = None,
    classes: int = 2,
    most: int = 5,
    federated: bool = False,
) -> Pair:
    """(prediction, truth) of one image: copies of true masks, moved ones and others; either side may be empty."""
    size = draw(sizes()) if size is None else size
    true = draw(st.lists(masks(size), max_size=most))
    category = st.integers(0, classes - 1)
    known = [draw(category) for _ in true]
    # Up to three copies of the true masks, most of the right category, then any masks.
    copied = draw(st.lists(st.integers(0, len(true) - 1), max_size=3)) if true else []
    predicted = [altered(draw, true[i]) for i in copied]
    guessed = [known[i] if draw(st.integers(0, 3)) else draw(category) for i in copied]
    predicted += draw(st.lists(masks(size), max_size=most - 3))
    guessed += [draw(category) for _ in predicted[len(copied) :]]
    truth = InstanceSet(
        Masks.from_dense(size, true),
        np.array(known, np.int64),
        crowd=np.array([draw(st.integers(0, 4)) == 0 for _ in true], np.bool_),
        areas=np.array([draw(st.sampled_from([0.5, 8.5, 16.0, 40.0, 64.0, 200.0])) for _ in true]),
        federated=draw(federations(classes)) if federated else None,
    )
    prediction = InstanceSet(
        Masks.from_dense(size, predicted),
        np.array(guessed, np.int64),
        np.array([draw(st.sampled_from(SCORES)) for _ in predicted], np.float64),
    )
    return prediction, truth


@st.composite
def federations(draw: DrawFn, classes: int) -> Federated:
    some = st.frozensets(st.integers(0, classes - 1))
    return Federated(negative=draw(some), not_exhaustive=draw(some))


def as_coco(pairs: list[Pair], classes: int, **category: list[Any]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Annotations and results. `category`: further entries, one for each class."""
    images, annotations, results = [], [], []
    for number, (prediction, truth) in enumerate(pairs, start=1):
        height, width = truth.size
        image: dict[str, Any] = {"id": number, "height": height, "width": width, "file_name": f"{number}.jpg"}
        if truth.federated is not None:
            image["neg_category_ids"] = [k + 1 for k in sorted(truth.federated.negative)]
            image["not_exhaustive_category_ids"] = [k + 1 for k in sorted(truth.federated.not_exhaustive)]
        images.append(image)
        for i in range(len(truth)):
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": number,
                    "category_id": int(truth.categories[i]) + 1,
                    "segmentation": truth.masks.coco(i),
                    "area": float(truth.areas[i]),
                    "bbox": [0, 0, 1, 1],
                    "iscrowd": int(truth.crowd[i]),
                    "ignore": int(truth.crowd[i]),
                }
            )
        for i in range(len(prediction)):
            assert prediction.scores is not None
            results.append(
                {
                    "image_id": number,
                    "category_id": int(prediction.categories[i]) + 1,
                    "segmentation": prediction.masks.coco(i),
                    "score": float(prediction.scores[i]),
                }
            )
    categories = [
        {"id": k + 1, "name": str(k), **{key: values[k] for key, values in category.items()}} for k in range(classes)
    ]
    dataset = {"info": {}, "licenses": [], "images": images, "annotations": annotations, "categories": categories}
    return dataset, results
