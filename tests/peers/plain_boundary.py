"""Boundary AP and boundary IoU as their authors define them, over pycocotools: full masks, eroded step by step."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from pycocotools import mask as coco_masks
from pycocotools.cocoeval import COCOeval

RATIO = 0.02


class PlainBoundaryEval(COCOeval):  # type: ignore[misc]
    """Boundary IoU as its authors compute it: full masks, eroded by a 3 x 3 square as often as the band is wide.

    Crowd goes by its mask alone.
    """

    def computeIoU(self, imgId: Any, catId: Any) -> Any:
        ious = super().computeIoU(imgId, catId)
        truth, found = self._gts[imgId, catId], self._dts[imgId, catId]
        if not truth or not found:
            return ious
        order = np.argsort([-one["score"] for one in found], kind="mergesort")[: self.params.maxDets[-1]]
        crowd = [one["iscrowd"] for one in truth]
        bands = [[self.bands[id(one)] for one in side] for side in ([found[i] for i in order], truth)]
        smaller = np.minimum(ious, coco_masks.iou(*bands, crowd))
        return np.where(np.array(crowd, bool), ious, smaller)

    def _prepare(self) -> None:
        super()._prepare()
        self.bands: dict[int, Any] = {}
        for groups in (self._gts, self._dts):
            for group in groups.values():
                self.bands.update({id(one): _coded_band(one["segmentation"]) for one in group})


def band(mask: NDArray[np.uint8], ratio: float = RATIO) -> NDArray[np.uint8]:
    """Pixels of a mask near to its edge, the image's border being one; also of a map of ids, as detectron2 uses it."""
    width = max(1, round(ratio * float(np.hypot(*mask.shape))))
    padded = cv2.copyMakeBorder(mask, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    eroded = cv2.erode(padded, np.ones((3, 3), np.uint8), iterations=width)[1:-1, 1:-1]
    return np.asarray(mask - eroded, np.uint8)


def _coded_band(code: Any) -> Any:
    return coco_masks.encode(np.asfortranarray(band(coco_masks.decode([code])[:, :, 0])))
