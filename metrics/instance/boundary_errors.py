"""What the missing AP is missing for: kinds of errors of boundaries, beside wrong categories, false and missed objects.

TIDE (Bolya et al., ECCV 2020) asks which errors cost how much AP, and knows one kind of bad overlap. Here that kind is
taken apart.

Columns of `BoundaryErrors.measure` of the G true objects of an image, in the order of the file:

==================  =======  =========================================================================================
`true_id`           int64    id of the annotation
`true_category`     int64    training id, 0..K-1
`crowd`             bool     stands for many objects, and has no errors
`found`             int64    place of the prediction that is taken for it, -1 where there is none (missed)
`iou`               float64  mask IoU of the two, NaN where missed
`kind`              int64    place in `ORDER` of what is worst: `category` where that is wrong, else the repair that
                             raises the IoU most, `missed`; -1 where nothing is wrong, and for crowds
`moved_y`           int64    px by which the prediction lies too far down (below 0: up)
`moved_x`           int64    px by which it lies too far to the right (below 0: left)
`grown_px`          int64    px by which it is too large on all sides; below 0 too small
`hole_area`         int64    px in holes, `missing_area` in missing parts, `extra_area` in extra parts, `ragged_area` in
                             what is left; int64 each
==================  =======  =========================================================================================

The other arrays are what AP is made of, see `boundary_bench.metrics.instance.staged_outcomes`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boundary_bench.metrics.functional.mask_iou import Iou, IouKind
from boundary_bench.metrics.functional.mask_repair import KINDS, Repairs, repairs_of
from boundary_bench.metrics.functional.pairing import best_first, loose_pairs
from boundary_bench.metrics.functional.statistics import Measurement, Summary, class_totals, count_defined, divide
from boundary_bench.metrics.instance.detections import Tables, images_of, joined, mean_of_known, summarise_tables
from boundary_bench.metrics.instance.staged_outcomes import Stages, staged_outcomes
from boundary_bench.metrics.structures.segmentation import InstanceSet, Task

ORDER = ("category", *KINDS, "false", "missed")
"""Kinds of errors in the order in which they are repaired; after the last one AP is 1."""
FOUND, MET = 0.5, 0.1
"""Mask IoU from which on a prediction finds an object, and from which on it is a bad try at it (TIDE's numbers)."""
AREAS = {"hole": "hole_area", "missing_part": "missing_area", "extra_part": "extra_area", "ragged": "ragged_area"}


class BoundaryErrors:
    """Shares of the missing AP, 1 - AP, by kinds of errors; they add up to it.

    AP itself is `average_precision`'s, beside which this metric can be measured.

    Args:
        classes: number of classes K.
        iou: `mask`, or `boundary`, whose values are named `boundary_missing_AP`, `boundary_error_moved` ...
        part_px: what lies further than this from the other mask is a missing or an extra part, nearer it is ragged;
            whole pixels.
        band_ratio: width of the band of boundary IoU as a ratio of the diagonal.
        band_px: width in whole pixels; replaces the ratio.
        max_detections: how many detections of an image and class count, the best first.

    Raises:
        ValueError: a value that is not allowed.
    """

    tasks: frozenset[Task] = frozenset({"instance"})

    def __init__(
        self,
        classes: int,
        *,
        iou: IouKind = "mask",
        part_px: int = 3,
        band_ratio: float = 0.02,
        band_px: int | None = None,
        max_detections: int = 100,
    ) -> None:
        if part_px < 1 or part_px != int(part_px):
            raise ValueError(f"part_px is {part_px}; allowed: whole pixels >= 1")
        if max_detections < 1:
            raise ValueError(f"max_detections is {max_detections}; allowed: whole numbers >= 1")
        self.classes = classes
        self.iou = Iou(iou, band_ratio=band_ratio, band_px=band_px)
        self.part_px = int(part_px)
        self.max_detections = max_detections

    def definition(self) -> dict[str, Any]:
        """Definition of the numbers."""
        return {
            "metric": "missing AP by kinds of errors",
            **self.iou.definition(),
            "missing_AP": "1 - AP by the COCO protocol, as average_precision; federated annotation is not looked at",
            "max_detections": self.max_detections,
            "error": "AP that repairing errors of a kind gains, when those of the kinds before it are repaired already "
            f"({', '.join(ORDER)}); they add up to missing_AP = 1 - AP",
            "dAP": "AP that repairing errors of this kind alone gains, as TIDE; these do not add up",
            "pairs": f"COCO's greedy matching of the same category at mask IoU {FOUND}, then of what is free at {MET}, "
            f"then of any category at {FOUND}; crowds and what they excuse left out",
            "category": "a pair of two categories: the prediction gets the object's",
            "moved": "shift by whole pixels that shares most pixels, the shortest of equal ones",
            "too_large, too_small": "then the erosion or dilation by a disk that gives the highest IoU",
            "hole": "then holes of the prediction that are inside the true mask as a whole",
            "missing_part, extra_part": "then pixels of one mask further than part_px from the other with their roots, "
            "and pieces that do not touch the other",
            "part_px": self.part_px,
            "ragged": "then what is left: the prediction's mask becomes the true one",
            "false": "predictions without a pair are taken away where they match nothing",
            "missed": "true objects without a pair are taken away (in a class where none is left, AP is 1)",
            "share": "of the pairs, those that have errors of the kind",
            "curve": "boundary_errors: by kind of boundary error, objects that have it and means over them of px moved "
            "or grown, or else of the area in px",
            "averaging": "as AP; shares over all pairs",
            "undefined": "classes without a true object",
            "source": "Bolya et al., TIDE, ECCV 2020; the kinds of boundary errors are defined here",
        }

    def value_range(self, name: str) -> tuple[float, float]:
        """A repair can also cost AP: alone, it may make a mask fit worse that stays wrong otherwise."""
        is_gain = name.removeprefix(self.iou.prefix).startswith(("error_", "dAP_"))
        return (-1.0, 1.0) if is_gain else (0.0, 1.0)

    def measure(self, *, prediction: InstanceSet, truth: InstanceSet) -> Measurement:
        """One image; see the module's docstring.

        Raises:
            ValueError: images of two sizes, no scores, or a category that is no class.
        """
        order = best_first(prediction, truth, classes=self.classes, max_detections=self.max_detections)
        found = loose_pairs(prediction=prediction, truth=truth, order=order, found=FOUND, met=MET)
        repairs = {
            int(g): repairs_of(
                prediction=prediction.masks,
                predicted_index=int(found[g]),
                truth=truth.masks,
                true_index=int(g),
                band_px=self.part_px,
            )
            for g in np.flatnonzero(found >= 0)
        }
        outcomes = staged_outcomes(prediction, truth, order=order, found=found, repairs=repairs, iou=self.iou)
        return {**_columns(prediction, truth, found, repairs), **outcomes}

    def summarise(self, measurements: Sequence[Measurement], weights: NDArray[np.float64] | None = None) -> Summary:
        """missing_AP, error_KIND, dAP_KIND and KIND_share, also by class."""
        stages = Stages(measurements, classes=self.classes)
        summary = summarise_tables(len(measurements), weights, lambda row: self._tables(stages, row), mean_of_known)
        self._add_shares(summary, measurements, weights)
        summary.curves["boundary_errors"] = _sizes(measurements)
        return summary

    def _tables(self, stages: Stages, weights: NDArray[np.float64]) -> tuple[Tables, Tables]:
        in_turn, alone = stages.average_precision(weights)
        tables = {"missing_AP": 1.0 - in_turn[0]}
        for place, kind in enumerate(ORDER):
            tables[f"error_{kind}"] = in_turn[place + 1] - in_turn[place]
        for kind, mended in zip(ORDER, alone, strict=True):
            tables[f"dAP_{kind}"] = mended - in_turn[0]
        named = {self.iou.prefix + name: table for name, table in tables.items()}
        return named, named

    def _add_shares(
        self, summary: Summary, measurements: Sequence[Measurement], weights: NDArray[np.float64] | None
    ) -> None:
        """Shares of the pairs that have errors of each kind."""
        image, category = images_of(measurements, "true_category"), joined(measurements, "true_category")
        columns = {"pairs": joined(measurements, "found") >= 0, **_has(measurements)}
        totals = {
            kind: class_totals(column, category, (image, len(measurements)), self.classes, weights)
            for kind, column in columns.items()
        }
        pairs = totals.pop("pairs")
        defined = count_defined(pairs > 0)
        for kind, total in totals.items():
            name = f"{self.iou.prefix}{kind}_share"
            summary.values[name] = divide(total.sum(axis=-1), pairs.sum(axis=-1))
            summary.per_class[name] = divide(total, pairs)
            summary.scored[name], summary.undefined[name] = defined, self.classes - defined


def _columns(
    prediction: InstanceSet, truth: InstanceSet, found: NDArray[np.int64], repairs: dict[int, Repairs]
) -> dict[str, NDArray[Any]]:
    wrong = found >= 0
    wrong[wrong] = prediction.categories[found[wrong]] != truth.categories[wrong]
    kind = np.where(truth.crowd | (found >= 0), -1, ORDER.index("missed"))
    numbers = {name: np.zeros(len(truth), np.int64) for name in ("moved_y", "moved_x", "grown_px", *AREAS.values())}
    iou = np.full(len(truth), np.nan)
    for place, one in repairs.items():
        iou[place] = one.iou[0]
        if one.iou[0] < 1:
            kind[place] = ORDER.index(KINDS[int(np.argmax(np.diff(one.iou)))])
        numbers["moved_y"][place], numbers["moved_x"][place] = -one.shift[0], -one.shift[1]
        numbers["grown_px"][place] = one.grown_px
        for name, column in AREAS.items():
            numbers[column][place] = one.pixels[KINDS.index(name)]
    kind[wrong] = ORDER.index("category")
    return {
        "true_id": truth.ids,
        "true_category": truth.categories,
        "crowd": truth.crowd,
        "found": found,
        "iou": iou,
        "kind": kind,
        **numbers,
    }


def _amounts(measurements: Sequence[Measurement]) -> dict[str, NDArray[np.float64]]:
    """Of each kind of boundary error how much of it every true object has: px moved or grown, or area."""
    moved = np.hypot(joined(measurements, "moved_y"), joined(measurements, "moved_x"))
    grown = joined(measurements, "grown_px").astype(np.float64)
    areas = {kind: joined(measurements, column).astype(np.float64) for kind, column in AREAS.items()}
    return {"moved": moved, "too_large": np.maximum(grown, 0.0), "too_small": np.maximum(-grown, 0.0), **areas}


def _has(measurements: Sequence[Measurement]) -> dict[str, NDArray[np.bool_]]:
    return {kind: amount > 0 for kind, amount in _amounts(measurements).items()}


def _sizes(measurements: Sequence[Measurement]) -> dict[str, NDArray[Any]]:
    """Of each of `KINDS`, objects that have it and how much of it they have on average, NaN without one."""
    amounts = _amounts(measurements)
    objects = np.array([(amounts[kind] > 0).sum() for kind in KINDS])
    totals = np.array([amounts[kind].sum() for kind in KINDS])
    return {"objects": objects, "mean": divide(totals, objects.astype(np.float64))}
