"""IoU and instance-weighted IoU of the classes and categories of Cityscapes, as its benchmark defines them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boundary_bench.metrics.functional.label_codes import Codes, label_codes, no_class, void_where_true_void
from boundary_bench.metrics.functional.overlap import (
    Overlap,
    class_overlap,
    code_overlap,
    intersection_over_union,
    require_same_size,
)
from boundary_bench.metrics.functional.statistics import Measurement, Summary, count_defined, divide, weighted_sum
from boundary_bench.metrics.structures.segmentation import SemanticMap, Task

CATEGORIES = ("flat", "construction", "object", "nature", "sky", "human", "vehicle")
CATEGORY_OF = np.repeat(np.arange(len(CATEGORIES)), [2, 3, 3, 2, 1, 2, 6])
"""Category of each training id."""
CLASSES = len(CATEGORY_OF)
MEAN_AREAS = np.zeros(CLASSES)
"""Mean area of an object in pixels, by training id; 0 for classes that are not told apart by object."""
MEAN_AREAS[11:] = [
    *(3462.4756337644, 3930.4788056518),  # person, rider
    *(12794.0202738185, 27855.1264367816, 35732.1511111111, 67583.7075812274),  # car, truck, bus, train
    *(6298.7200839748, 4672.3249222261),  # motorcycle, bicycle
]
COUNTABLE = MEAN_AREAS > 0
COUNTABLE_CATEGORIES = np.bincount(CATEGORY_OF[COUNTABLE], minlength=len(CATEGORIES)) > 0
_CATEGORY_CODES = np.full(256, 255, np.uint8)
_CATEGORY_CODES[:CLASSES] = CATEGORY_OF
OBJECT_COLUMNS = ("class", "area", "found", "category_found")


class CityscapesIoU:
    """Class IoU, category IoU and, where the truth tells objects apart, iIoU of both.

    In iIoU each true pixel counts with the mean area of objects of its class by the area of its object, so that small
    objects weigh as much as large ones.

    Args:
        classes: number of classes, the 19 of Cityscapes by training id.

    Raises:
        ValueError: another number of classes.
    """

    tasks: frozenset[Task] = frozenset({"semantic"})

    def __init__(self, classes: int) -> None:
        if classes != CLASSES:
            raise ValueError(f"classes is {classes}; allowed: {CLASSES}, those of Cityscapes by training id")
        self.classes = classes

    def definition(self) -> dict[str, Any]:
        """Definition of the numbers."""
        return {
            "metric": "intersection over union as in the Cityscapes benchmark",
            "averaging": "pixels counted over all images, then IoU by class or category; means over defined ones",
            "iIoU": "true pixels are weighted by the mean area of objects of the class divided by the object's area; "
            "predicted pixels of the class where the truth is another are not weighted; groups of objects are left out",
            "mean_areas_px": MEAN_AREAS[COUNTABLE].tolist(),
            "categories": dict(zip(CATEGORIES, np.bincount(CATEGORY_OF).tolist(), strict=True)),
            "by_class": "category_IoU and category_iIoU of a class are those of its category",
            "void": "true void is not scored; predicted void is wrong, caravans and trailers among it",
            "undefined": "classes and categories absent from both truth and prediction; iIoU of those without objects, "
            "and all of it where the truth of an image does not tell objects apart",
            "source": "Cordts et al., CVPR 2016, Section 4.1; cityscapesScripts evalPixelLevelSemanticLabeling",
        }

    def measure(self, *, prediction: SemanticMap, truth: SemanticMap) -> Measurement:
        """Overlap by class and by category, and the true objects in ascending order of their ids.

        Returns:
            int64 `class_both`, `class_true`, `class_predicted` (19,) and likewise `category_` (7,); `object_class`,
            `object_area`, `object_found` (pixels predicted as its class), `object_category_found` (as its category),
            (G,); bool `told_apart` (1,), whether the truth has instances.

        Raises:
            ValueError: maps of two sizes, or an object with pixels of two labels.
        """
        require_same_size(prediction.labels, truth.labels)
        true, predicted = (label_codes(each.labels, classes=CLASSES) for each in (truth, prediction))
        by_class = class_overlap(prediction=predicted, truth=true, classes=CLASSES)
        categories = [_CATEGORY_CODES[codes] for codes in (void_where_true_void(predicted, true), true)]
        by_category = code_overlap(*categories, classes=len(CATEGORIES))
        instances = np.zeros_like(true, np.int32) if truth.instances is None else truth.instances
        objects = dict(zip(OBJECT_COLUMNS, _objects(predicted, true, instances), strict=True))
        return {
            **{f"class_{name}": counts for name, counts in by_class._asdict().items()},
            **{f"category_{name}": counts for name, counts in by_category._asdict().items()},
            **{f"object_{name}": column for name, column in objects.items()},
            "told_apart": np.array([truth.instances is not None]),
        }

    def summarise(self, measurements: Sequence[Measurement], weights: NDArray[np.float64] | None = None) -> Summary:
        """class_IoU, category_IoU, iIoU and category_iIoU, and the same by class."""
        by_class, by_category = (
            Overlap(*(weighted_sum(measurements, f"{kind}_{name}", weights) for name in Overlap._fields))
            for kind in ("class", "category")
        )
        objects = _Objects(measurements, weights)
        iiou = objects.iou("found", np.arange(CLASSES), by_class, COUNTABLE)
        category_iiou = objects.iou("category_found", CATEGORY_OF, by_category, COUNTABLE_CATEGORIES)
        scores = {
            "class_IoU": intersection_over_union(by_class),
            "iIoU": iiou,
            "category_IoU": intersection_over_union(by_category),
            "category_iIoU": category_iiou,
        }
        scored = {name: count_defined(~np.isnan(each)) for name, each in scores.items()}
        wanted = (CLASSES, COUNTABLE.sum(), len(CATEGORIES), COUNTABLE_CATEGORIES.sum())
        return Summary(
            values={name: _mean_in_turn(each) for name, each in scores.items()},
            per_class={
                name: each[..., CATEGORY_OF] if name.startswith("category") else each for name, each in scores.items()
            },
            scored=scored,
            undefined={name: int(most) - scored[name] for name, most in zip(scores, wanted, strict=True)},
        )


class _Objects:
    """True objects of all images, in the order of images and, within one, of ids.

    Sums run over them one after the other, as in the official script: only so are they equal to the last bit.
    """

    def __init__(self, measurements: Sequence[Measurement], weights: NDArray[np.float64] | None) -> None:
        self.columns = {
            name: np.concatenate([m[f"object_{name}"] for m in measurements]).astype(np.int64)
            for name in OBJECT_COLUMNS
        }
        self.told_apart = all(bool(m["told_apart"].all()) for m in measurements)
        counts = [len(m["object_class"]) for m in measurements]
        self.weights = None if weights is None else np.repeat(weights, counts, axis=-1)

    def iou(
        self, found: str, group_of: NDArray[np.int64], overlap: Overlap, countable: NDArray[np.bool_]
    ) -> NDArray[np.float64]:
        """Instance-weighted IoU by group of classes; NaN for groups that are not countable or where objects are not."""
        area, right = self.columns["area"], self.columns[found]
        weight = MEAN_AREAS[self.columns["class"]] / area
        groups = group_of[self.columns["class"]]
        hits, misses = (self._sums(pixels * weight, groups, len(countable)) for pixels in (right, area - right))
        total = hits + (overlap.predicted - overlap.both) + misses
        return np.where(countable & self.told_apart, divide(hits, total), np.nan)

    def _sums(self, values: NDArray[np.float64], groups: NDArray[np.int64], count: int) -> NDArray[np.float64]:
        if self.weights is None:
            return np.asarray(np.bincount(groups, values, count), np.float64)
        rows = np.atleast_2d(self.weights)
        sums = np.array([np.bincount(groups, row * values, count) for row in rows], np.float64)
        return sums.reshape(*self.weights.shape[:-1], count)


def _objects(predicted: Codes, true: Codes, instances: NDArray[np.int32]) -> tuple[NDArray[np.int64], ...]:
    """Class, area, pixels predicted as the class and as its category, of each object that has a class."""
    there = np.flatnonzero((instances > 0) & (true != no_class(true)))
    ids, first, places = np.unique(instances.reshape(-1)[there], return_index=True, return_inverse=True)
    labels, guesses = true.reshape(-1)[there], predicted.reshape(-1)[there]
    classes = labels[first].astype(np.int64)
    if (labels != classes[places]).any():
        mixed = ids[np.unique(places[labels != classes[places]])]
        raise ValueError(f"instances {mixed[:5].tolist()} have pixels of two labels; allowed: one label each")
    right = labels == guesses, _CATEGORY_CODES[labels] == _CATEGORY_CODES[guesses]
    counts = (np.bincount(places[each], minlength=len(ids)) for each in (np.ones_like(right[0]), *right))
    return (classes, *counts)


def _mean_in_turn(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean over the last axis of what is defined, added up one after the other."""
    defined = ~np.isnan(scores)
    total = np.add.accumulate(np.where(defined, scores, 0.0), axis=-1)[..., -1]
    return divide(np.asarray(total), np.asarray(defined.sum(axis=-1), np.float64))
