"""Outcomes of an image's detections after one repair or several, and the AP that is made of them.

Arrays of an image, beside those of its objects, with D detections by falling score:

===================  =======  ========================================================================================
`category`           int64    (D,), category of each detection
`mended_category`    int64    (D,), that of its object, where it has one
`score`              float64  (D,)
`paired`             bool     (D,), whether an object is paired with it
`outcomes`           int64    (16, D): of each of `STAGES`, two bits a threshold, the lowest first: outcomes of
                              `boundary_bench.metrics.kernels.matching.detections`
===================  =======  ========================================================================================
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from boundary_bench.metrics.functional.mask_iou import Iou
from boundary_bench.metrics.functional.mask_repair import KINDS, Repairs
from boundary_bench.metrics.functional.matching import IOU_THRESHOLDS, area_ranges, match_image
from boundary_bench.metrics.functional.statistics import Measurement
from boundary_bench.metrics.instance.detections import Detections
from boundary_bench.metrics.kernels.matching.detections import FALSE, IGNORED, ranks
from boundary_bench.metrics.structures.masks import Masks
from boundary_bench.metrics.structures.segmentation import InstanceSet

IN_TURN = ("nothing", "category", *KINDS)
STAGES = (*IN_TURN, *(f"{kind} alone" for kind in KINDS))
SHIFTS = 2 * np.arange(len(IOU_THRESHOLDS))


def staged_outcomes(
    prediction: InstanceSet,
    truth: InstanceSet,
    *,
    order: NDArray[np.int64],
    found: NDArray[np.int64],
    repairs: Mapping[int, Repairs],
    iou: Iou,
) -> Measurement:
    """Match the detections anew after each repair.

    Args:
        prediction, truth: of one image.
        order: int64 (D,), places of detections by falling score.
        found: int64 (G,), the prediction paired with each true object, -1 where none is.
        repairs: of every paired true object.
        iou: what objects are matched by.
    """
    mended = prediction.categories.copy()
    mended[found[found >= 0]] = truth.categories[found >= 0]
    renamed = replace(prediction, categories=mended)
    matcher = _Matcher(truth, order, iou)
    masks = _MaskStages(prediction, found, repairs)
    outcomes = {"nothing": matcher.outcome(prediction)}
    right = bool((mended == prediction.categories).all())
    outcomes["category"] = outcomes["nothing"] if right else matcher.outcome(renamed)
    last = "category"
    for kind in KINDS:
        alone = f"{kind} alone"
        outcomes[kind], outcomes[alone] = outcomes[last], outcomes["nothing"]
        if masks.have(kind):
            outcomes[kind] = matcher.outcome(replace(renamed, masks=masks.after(kind)))
            outcomes[alone] = matcher.outcome(replace(prediction, masks=masks.alone(kind)))
        last = kind
    return {
        "category": prediction.categories[order],
        "mended_category": mended[order],
        "score": matcher.scores(prediction),
        "paired": np.isin(order, found),
        "outcomes": np.stack([outcomes[stage] for stage in STAGES]),
    }


class _Matcher:
    """COCO's matching of the same detections with whatever masks and categories, packed."""

    def __init__(self, truth: InstanceSet, order: NDArray[np.int64], iou: Iou) -> None:
        self.truth, self.order, self.iou = truth, order, iou
        self.areas = area_ranges({})

    def scores(self, prediction: InstanceSet) -> NDArray[np.float64]:
        return np.zeros(0) if prediction.scores is None else prediction.scores[self.order]

    def outcome(self, prediction: InstanceSet) -> NDArray[np.int64]:
        """int64 (D,)."""
        matched = match_image(
            prediction,
            self.truth,
            scores=np.zeros(0) if prediction.scores is None else prediction.scores,
            order=self.order,
            iou=self.iou.of(prediction, self.truth, crowd=self.truth.crowd),
            areas=self.areas,
        )
        packed: NDArray[np.int64] = (matched["outcome"][0].astype(np.int64) << SHIFTS[:, None]).sum(axis=0)
        return packed


class _MaskStages:
    """Masks of a prediction, of which the paired ones change from repair to repair."""

    def __init__(self, prediction: InstanceSet, found: NDArray[np.int64], repairs: Mapping[int, Repairs]) -> None:
        self.size = prediction.size
        self.repairs = {int(found[place]): one for place, one in repairs.items()}
        self.predicted = [prediction.masks.runs(place) for place in range(len(prediction))]
        self.runs = list(self.predicted)

    def have(self, kind: str) -> bool:
        """Whether any of them has errors of a kind."""
        return any(kind in one.in_turn for one in self.repairs.values())

    def after(self, kind: str) -> Masks:
        """With this kind mended too; to be called for one kind after the other."""
        for place, one in self.repairs.items():
            if kind in one.in_turn:
                self.runs[place] = self._encoded(one, one.in_turn[kind])
        return Masks.from_runs(self.size, self.runs)

    def alone(self, kind: str) -> Masks:
        """With this kind mended and no other."""
        runs = list(self.predicted)
        for place, one in self.repairs.items():
            if kind in one.alone:
                runs[place] = self._encoded(one, one.alone[kind])
        return Masks.from_runs(self.size, runs)

    def _encoded(self, repairs: Repairs, window: NDArray[np.bool_]) -> NDArray[np.uint32]:
        return Masks.from_windows(self.size, [(window, repairs.top, repairs.left)]).runs(0)


class Stages:
    """Average precision after each repair, of all images.

    Args:
        measurements: with the arrays of `staged_outcomes`, and `true_category` and `crowd` of the objects.
        classes: number of classes K.

    Raises:
        ValueError: no measurements.
    """

    def __init__(self, measurements: Sequence[Measurement], *, classes: int) -> None:
        self.images, self.classes = measurements, classes
        self.in_turn = [self._stage(stage) for stage in IN_TURN]
        self.in_turn.append(self._stage(IN_TURN[-1], without_false=True))
        alone = [self._stage(f"{kind} alone") for kind in KINDS]
        false = self._stage("nothing", without_false=True)
        self.alone = [self.in_turn[1], *alone, false]
        self.without_missed = self._stage("nothing", without_missed=True)

    def average_precision(
        self, weights: NDArray[np.float64]
    ) -> tuple[list[NDArray[np.float64]], list[NDArray[np.float64]]]:
        """AP by class, float64 (K,), under weights (N,); NaN for classes without objects.

        Returns:
            That of the detections as they are, then with the category mended, each of `KINDS`, false ones and missed
            objects, where it is 1; and that with each of these mended alone.
        """
        in_turn = [self._of(stage, weights) for stage in self.in_turn]
        defined = ~np.isnan(in_turn[0])
        in_turn.append(np.where(defined, 1.0, np.nan))
        alone = [self._of(stage, weights) for stage in self.alone]
        without = self._of(self.without_missed, weights)
        # A class that has nothing but missed objects has none left.
        alone.append(np.where(defined & np.isnan(without), 1.0, without))
        return in_turn, alone

    def _of(self, stage: Detections, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        precision = stage.curves(weights).precision[0]
        rows = np.ascontiguousarray(precision.reshape(-1, precision.shape[-1]).T)
        return np.asarray(rows.mean(axis=1))

    def _stage(self, stage: str, *, without_false: bool = False, without_missed: bool = False) -> Detections:
        images = [self._image(one, stage, without_false, without_missed) for one in self.images]
        return Detections(images, classes=self.classes, limits=())

    def _image(self, image: Measurement, stage: str, without_false: bool, without_missed: bool) -> Measurement:
        """As `match_image` gives it."""
        outcome = ((image["outcomes"][STAGES.index(stage)] >> SHIFTS[:, None]) & 3).astype(np.uint8)
        if without_false:
            outcome[(outcome == FALSE) & ~image["paired"]] = IGNORED
        category = image["mended_category" if stage in IN_TURN[1:] else "category"]
        counted = ~image["crowd"] & ((image["found"] >= 0) | (not without_missed))
        return {
            "category": category,
            "score": image["score"],
            "rank": ranks(np.arange(len(category)), category),
            "outcome": outcome[None],
            "true_category": image["true_category"],
            "counted": counted[None],
        }
