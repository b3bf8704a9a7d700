"""IoU of each object before and after refinement (BPR, Fig. 9)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boundary_bench.metrics.functional.mask_iou import pairs_of
from boundary_bench.metrics.functional.pairing import MASK_IOU
from boundary_bench.metrics.functional.statistics import Measurement, Summary, count_defined, divide, weighted_sum
from boundary_bench.metrics.structures.segmentation import InstanceSet, Task


@dataclass(frozen=True)
class IoUPairs:
    """Predicted objects of one image that overlap a true object of their category before refinement.

    Attributes:
        before, after: float64 (N,), mask IoU with the true object.
        categories: int64 (N,).
        ids: int64 (N,), ids of the predicted objects.
        unmatched: predicted objects that overlap no true object of their category, and so have no pair.
    """

    before: NDArray[np.float64]
    after: NDArray[np.float64]
    categories: NDArray[np.int64]
    ids: NDArray[np.int64]
    unmatched: int

    @property
    def worse_share(self) -> float:
        """Share of the pairs whose IoU fell; NaN without pairs."""
        return float(np.mean(self.after < self.before)) if len(self.before) else float("nan")


def iou_pairs(*, before: InstanceSet, after: InstanceSet, truth: InstanceSet) -> IoUPairs:
    """IoU of each predicted object before and after refinement with one and the same true object.

    The true object is the one of highest mask IoU before refinement among those of the same category that are no crowd,
    of equal ones the first. Predicted objects correspond by their ids; one that is gone after refinement has IoU 0.

    Raises:
        ValueError: images of different sizes, ids that occur twice, or ids after refinement that were not there before.
    """
    _require_fitting(before, after, truth)
    best, iou = _best_objects(before, truth)
    paired = np.flatnonzero(best >= 0)
    place_after = {identity: place for place, identity in enumerate(after.ids.tolist())}
    refined = _dense_iou(after, truth)
    later = [
        refined[place_after[identity], true] if identity in place_after else 0.0
        for identity, true in zip(before.ids[paired].tolist(), best[paired], strict=True)
    ]
    return IoUPairs(
        before=iou[paired],
        after=np.array(later, np.float64),
        categories=before.categories[paired],
        ids=before.ids[paired],
        unmatched=len(before) - len(paired),
    )


class IoUChange:
    """Mean IoU of the predicted objects before and after refinement, and the shares that got better and worse.

    A metric of what changed: `measure_change` is handed the unrefined prediction too.

    Args:
        classes: number of classes K.
    """

    tasks: frozenset[Task] = frozenset({"instance"})

    def __init__(self, classes: int) -> None:
        self.classes = classes

    def definition(self) -> dict[str, Any]:
        """Definition of the numbers."""
        return {
            "metric": "mask IoU of each predicted object before and after refinement",
            "pairs": "with the true object of its category that it overlaps most before refinement, for both IoUs; "
            "crowd excluded; predictions that overlap none are left out",
            "averaging": "over the objects of all images",
            "undefined": "classes without such an object",
            "source": "BPR, IJCV 2022, Fig. 9",
        }

    def measure(self, *, prediction: InstanceSet, truth: InstanceSet) -> Measurement:
        """Nothing changed: as `measure_change` of a prediction and itself."""
        return self.measure_change(before=prediction, after=prediction, truth=truth)

    def measure_change(self, *, before: InstanceSet, after: InstanceSet, truth: InstanceSet) -> Measurement:
        """float64 (N,) `before` and `after`; float64 (5, K): objects, sums of both IoUs, risen and fallen ones."""
        pairs = iou_pairs(before=before, after=after, truth=truth)
        columns = (
            np.ones(len(pairs.before)),
            pairs.before,
            pairs.after,
            pairs.after > pairs.before,
            pairs.after < pairs.before,
        )
        sums = [np.bincount(pairs.categories, weights=one, minlength=self.classes) for one in columns]
        return {"before": pairs.before, "after": pairs.after, "sums": np.stack(sums)}

    def summarise(self, measurements: Sequence[Measurement], weights: NDArray[np.float64] | None = None) -> Summary:
        """IoU_before, IoU_after, better_share, worse_share; the curve `iou_change` has one point for each object."""
        sums = weighted_sum(measurements, "sums", weights)
        objects, totals = sums[..., 0, :], sums.sum(axis=-1)
        names = ("IoU_before", "IoU_after", "better_share", "worse_share")
        defined = count_defined(objects > 0)
        points = {key: np.concatenate([m[key] for m in measurements]) for key in ("before", "after")}
        return Summary(
            values={n: divide(np.asarray(totals[..., i]), np.asarray(totals[..., 0])) for i, n in enumerate(names, 1)},
            per_class={n: divide(sums[..., i, :], objects) for i, n in enumerate(names, 1)},
            curves={"iou_change": points},
            scored=dict.fromkeys(names, defined),
            undefined=dict.fromkeys(names, self.classes - defined),
        )


def _best_objects(prediction: InstanceSet, truth: InstanceSet) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The true object that each prediction overlaps most, -1 where there is none, and the IoU: (N,) both."""
    iou = np.where(truth.crowd[None, :], 0.0, _dense_iou(prediction, truth))
    highest = iou.max(axis=1, initial=0.0)
    if not len(truth):
        return np.full(len(prediction), -1, np.int64), highest
    return np.where(highest > 0, iou.argmax(axis=1), -1), highest


def _dense_iou(prediction: InstanceSet, truth: InstanceSet) -> NDArray[np.float64]:
    """Mask IoU (N, G); 0 where the categories differ. Not an IoU for crowds."""
    pairs = pairs_of(prediction, truth)
    iou = np.zeros((len(prediction), len(truth)))
    iou[pairs.predicted, pairs.true] = MASK_IOU.of(prediction, truth)
    return iou


def _require_fitting(before: InstanceSet, after: InstanceSet, truth: InstanceSet) -> None:
    sizes = {before.size, after.size, truth.size}
    if len(sizes) > 1:
        raise ValueError(f"before, after and truth have the sizes {sorted(sizes)}; allowed: one size")
    for name, objects in (("before", before), ("after", after)):
        if len(np.unique(objects.ids)) < len(objects):
            raise ValueError(f"{name} holds an id twice; allowed: each id once")
    new = np.setdiff1d(after.ids, before.ids)
    if len(new):
        raise ValueError(f"after refinement there are objects with ids {new[:5].tolist()}; allowed: ids from before")
