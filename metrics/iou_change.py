"""What refinement did to each object: its IoU before against its IoU after (BPR, Fig. 9)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from metrics.mask_iou import pairs_of
from metrics.pairing import MASK_IOU
from metrics.segmentation import InstanceSet


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
