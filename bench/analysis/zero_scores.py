"""A score of exactly zero mostly means files that do not belong together: what in them speaks for which mistake."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from boundary_bench.bench.errors import examples
from boundary_bench.metrics.functional.mask_iou import pairs_of

if TYPE_CHECKING:
    from boundary_bench.bench.engine.plan import Plan
    from boundary_bench.bench.results.table import Results

HEADLINES = ("AP", "AP_lvis", "AP_cityscapes", "PQ", "mIoU")
"""Scores that are zero only where nothing fits; their boundary forms too."""
LOOKED_AT = 40
"""So many images with predictions and truth are looked at again."""
FITS = 0.5
"""The IoU from which on objects and segments match."""
UNITS: Mapping[str, str] = {"instance": "objects", "panoptic": "segments", "semantic": "classes of images"}


def zero_notes(results: Results, plan: Plan) -> list[str]:
    """A sentence for each prediction set with a score of zero although something is predicted: how much, and why.

    Args:
        results: numbers of a run.
        plan: of the same run; some of its truth and predictions are read again.
    """
    notes = []
    for name, metric in _zeros(results):
        if name in plan.prediction_sets and plan.dataset.task in UNITS:
            seen = _looked_at(plan, name)
            if seen.predicted:
                what = f"{UNITS[plan.dataset.task]}: {seen.predicted}, images with any: {seen.images}"
                notes.append(f"{name}: {metric} is 0 with predictions ({what}): {_reason(seen, plan)}")
    return notes


@dataclass
class _Seen:
    """Evidence of some images.

    Attributes:
        images, common: how many have predictions, and how many of these something in the truth.
        predicted: how many objects, segments, or classes of images.
        classes, true_classes: those that occur.
        same, other, turned: the best IoU with one of the same class, of any class, and of any class with rows and
            columns swapped.
    """

    images: int = 0
    common: int = 0
    predicted: int = 0
    classes: set[int] = field(default_factory=set)
    true_classes: set[int] = field(default_factory=set)
    same: float = 0.0
    other: float = 0.0
    turned: float = 0.0


def _zeros(results: Results) -> Iterator[tuple[str, str]]:
    """Prediction sets and the first headline of each that is zero."""
    wanted = {prefix + name for name in HEADLINES for prefix in ("", "boundary_")}
    found: dict[str, str] = {}
    for record in results.numbers.to_dict("records"):
        if record["class"] is None and record["metric"] in wanted and record["value"] == 0:
            found.setdefault(str(record["predictions"]), str(record["metric"]))
    yield from found.items()


def _looked_at(plan: Plan, name: str) -> _Seen:
    seen, predictions = _Seen(), plan.prediction_sets[name]
    of_image = _objects if plan.dataset.task == "instance" else _segments
    for sample in plan.samples:
        if seen.common == LOOKED_AT:
            break
        if predictions.has(sample):
            of_image(seen, predictions.load(sample), plan.dataset.truth(sample))
    return seen


def _objects(seen: _Seen, prediction: Any, truth: Any) -> None:
    _count(seen, prediction.categories, truth.categories)
    one_class = [replace(each, categories=np.zeros(len(each), np.int64)) for each in (prediction, truth)]
    pairs = pairs_of(*one_class)
    area, true_area = prediction.masks.areas[pairs.predicted], truth.masks.areas[pairs.true]
    iou = pairs.pixels / (area + true_area - pairs.pixels)
    alike = prediction.categories[pairs.predicted] == truth.categories[pairs.true]
    _keep_best(seen, iou, alike)
    if truth.size[0] == truth.size[1] and len(prediction):
        turned = prediction.masks.dense(0).T
        seen.turned = max(seen.turned, *(_iou(turned, truth.masks.dense(place)) for place in range(len(truth))), 0.0)


def _segments(seen: _Seen, prediction: Any, truth: Any) -> None:
    """Of panoptic maps; and of label maps, whose classes are segments."""
    ids, classes = _map_of(prediction)
    true_ids, true_classes = _map_of(truth)
    _count(seen, list(classes.values()), list(true_classes.values()))
    pairs, pixels = np.unique(np.stack([ids.ravel(), true_ids.ravel()]), axis=1, return_counts=True)
    areas, true_areas = (dict(zip(*np.unique(one, return_counts=True), strict=True)) for one in (ids, true_ids))
    for first, second, both in zip(*pairs.tolist(), pixels.tolist(), strict=True):
        if first in classes and second in true_classes:
            iou = both / (areas[first] + true_areas[second] - both)
            _keep_best(seen, np.array([iou]), np.array([classes[first] == true_classes[second]]))


def _map_of(found: Any) -> tuple[NDArray[np.int64], dict[int, int]]:
    """Ids (H, W), and the class of each that is not void."""
    if hasattr(found, "segments"):
        return found.ids.astype(np.int64), dict(zip(found.segments.tolist(), found.categories.tolist(), strict=True))
    labels = found.labels.astype(np.int64)
    return labels, {label: label for label in np.unique(labels).tolist() if label != found.void}


def _count(seen: _Seen, classes: Any, true_classes: Any) -> None:
    seen.images += len(classes) > 0
    seen.common += len(classes) > 0 and len(true_classes) > 0
    seen.predicted += len(classes)
    seen.classes |= {int(each) for each in classes}
    seen.true_classes |= {int(each) for each in true_classes}


def _keep_best(seen: _Seen, iou: NDArray[np.float64], alike: NDArray[np.bool_]) -> None:
    seen.other = max(seen.other, float(iou.max(initial=0)))
    seen.same = max(seen.same, float(iou[alike].max(initial=0)))


def _iou(first: NDArray[np.bool_], second: NDArray[np.bool_]) -> float:
    return float((first & second).sum() / max((first | second).sum(), 1))


def _reason(seen: _Seen, plan: Plan) -> str:
    def named(classes: set[int]) -> str:
        known = plan.dataset.classes
        return examples(known[each] if each < len(known) else str(each) for each in sorted(classes))

    predicted, true = named(seen.classes), named(seen.true_classes)
    best = f"the best IoU with one of the same class is {seen.same:.2f}"
    other, turned = (f"{value:.2f}" for value in (seen.other, seen.turned))
    # The first that holds; the last one always does.
    cases = {
        "their truth holds nothing (are they of the same images?)": not seen.common,
        f"with rows and columns swapped one fits by an IoU of {turned}, as they are by {other}": (
            seen.turned > max(FITS, seen.other)
        ),
        "none shares a pixel with anything in the truth (are they of these images, and of their size?)": (
            seen.other == 0
        ),
        f"no class in common, predicted are {predicted}, in the truth are {true}; the best IoU whatever the class is "
        f"{other} (do their ids mean the same?)": not seen.classes & seen.true_classes,
        f"{best}, with one of another {other} (do the ids of classes mean the same in both?)": (
            seen.same < FITS <= seen.other or seen.same == 0
        ),
        f"{best}, too little to match (are they shifted, or of another size?)": seen.same < FITS,
        f"{best}, but none counts: more is asked for, the truth is crowd or small there, or too many score higher": (
            True
        ),
    }
    return next(reason for reason, holds in cases.items() if holds)
