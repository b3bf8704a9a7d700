"""GrabCut along the boundaries of a segmentation, one class or object at a time."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from boundary_bench.metrics.structures.binary_mask import BinaryMask
from boundary_bench.metrics.structures.labels import Labels, void_of
from boundary_bench.metrics.structures.segmentation import InstanceSet, Task
from boundary_bench.refiners.common.per_label import ALL_KINDS, AnyMap, Window, refined

# Each side's colours are described by five Gaussians; far fewer pixels than this would not fix them.
MIN_SURE_PIXELS = 50


class GrabCut:
    """Moves each class's boundary, within a band, to where a graph cut on colours puts it.

    For each class present, on its bounding box grown by twice the band: pixels of the class further than
    `band_px` from any other are surely foreground, pixels further than `band_px` from the class surely
    background, and the band in between is decided by GrabCut (Rother, Kolmogorov and Blake, SIGGRAPH 2004) as
    OpenCV implements it. A class with fewer than 50 sure pixels on either side (thin objects, mostly) makes
    no claims.

    The binary answers are joined by claims: a class claims the band pixels that its cut calls foreground. A
    pixel keeps its label if the class of that label claims it or made no cut, or if no class claims it.
    Otherwise it goes to the claiming class whose region in the input is nearest, of equally near ones to the
    smallest id. The result does not depend on the order of the classes.

    Each mask of a set of objects, and a binary mask, is one such class against its background, and its cut is the
    answer. Of a
    panoptic map, each segment is a class, and the earlier one has the smaller id.

    Void pixels are background of every class and stay void, unless labels are coarse: drawn well inside of what
    they name, with void in between. Then what is labelled is sure and stays so, only void pixels within `band_px`
    of a class are undecided, and those that no class claims stay void. Of an object it is the background near it
    that is undecided. So STEAL (CVPR 2019, Section 4.3) starts it from coarse masks.

    Probabilities are dropped: they no longer describe the labels. OpenCV draws the first clusters of its colour
    models from a generator of the calling thread, which is seeded with 0 before each cut: results repeat, and other
    users of that generator in the thread are affected.
    """

    tasks: frozenset[Task] = ALL_KINDS

    def __init__(self, band_px: int = 3, iterations: int = 1, coarse: bool = False) -> None:
        """Fix the band.

        Args:
            band_px: how far a boundary may move, in px; at least 1.
            iterations: of colour model and cut in turn; at least 1.
            coarse: whether labels are sure and void is not; `band_px` is then how far they may grow.

        Raises:
            ValueError: a smaller value.
        """
        for name, value in (("band_px", band_px), ("iterations", iterations)):
            if value < 1:
                raise ValueError(f"{name} is {value}; allowed: 1 or more")
        self.band_px, self.iterations, self.coarse = band_px, iterations, coarse

    def refine(self, image: NDArray[np.uint8], prediction: AnyMap) -> AnyMap:
        """Labels in the dtype they came in; ids are among those that were there.

        Args:
            image: RGB, uint8 (H, W, 3).
            prediction: of any kind; semantic labels uint8 or int32 (H, W).

        Raises:
            ValueError: image and labels differ in size.
        """
        if image.shape[:2] != prediction.size:
            raise ValueError(f"image is {image.shape[:2]}; allowed: the size of the labels, {prediction.size}")
        of_labels = self._mask if isinstance(prediction, InstanceSet | BinaryMask) else self._labels

        def cut(labels: Labels, window: Window) -> Labels:
            return of_labels(image[window], labels)

        return refined(prediction, cut, margin_px=2 * self.band_px)

    def _mask(self, image: NDArray[np.uint8], mask: Labels) -> Labels:
        """Of background 0 and object 1, both in one map."""
        problem = _Problem.of(np.where(mask == 1, mask, mask.dtype.type(void_of(mask))), 1, self.band_px, self.coarse)
        if not problem.is_defined():
            return mask
        result: Labels = np.zeros_like(mask)
        result[problem.box] = problem.cut(image, self.iterations)
        return result

    def _labels(self, image: NDArray[np.uint8], labels: Labels) -> Labels:
        claims = _Claims.none(labels, self.coarse)
        for class_id in np.unique(labels[labels != void_of(labels)]):
            problem = _Problem.of(labels, int(class_id), self.band_px, self.coarse)
            if problem.is_defined():
                claims.add(int(class_id), problem, problem.cut(image, self.iterations))
        return claims.settle(labels)


@dataclass(frozen=True)
class _Problem:
    """One class against the rest, on its grown bounding box.

    Attributes:
        box: rows and columns in the image.
        trimap: uint8, OpenCV's four values.
        distance: float32, px from the nearest pixel of the class; 0 inside it.
    """

    box: tuple[slice, slice]
    trimap: NDArray[np.uint8]
    distance: NDArray[np.float32]

    @classmethod
    def of(cls, labels: Labels, class_id: int, band_px: int, coarse: bool) -> _Problem:
        box = _grown_box(labels == class_id, 2 * band_px)
        inside = (labels[box] == class_id).astype(np.uint8)
        outer = _distance_to_zero(1 - inside)
        trimap = np.where(inside, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
        if coarse:
            trimap[labels[box] != void_of(labels)] = cv2.GC_BGD
        trimap[inside.view(np.bool_) if coarse else _distance_to_zero(inside) > band_px] = cv2.GC_FGD
        trimap[outer > band_px] = cv2.GC_BGD
        return cls(box, trimap, outer)

    def is_defined(self) -> bool:
        """Whether both colour models have something sure to learn from."""
        sure = min(np.count_nonzero(self.trimap == side) for side in (cv2.GC_FGD, cv2.GC_BGD))
        return bool(sure >= MIN_SURE_PIXELS)

    def cut(self, image: NDArray[np.uint8], iterations: int) -> NDArray[np.bool_]:
        """Foreground after GrabCut."""
        decided = self.trimap.copy()
        models = np.zeros((1, 65)), np.zeros((1, 65))
        cv2.setRNGSeed(0)
        crop = np.ascontiguousarray(image[self.box])
        cv2.grabCut(crop, decided, None, *models, iterations, cv2.GC_INIT_WITH_MASK)
        return np.asarray((decided == cv2.GC_FGD) | (decided == cv2.GC_PR_FGD))


@dataclass(frozen=True)
class _Claims:
    """Claims of labels on each pixel.

    Attributes:
        kept: bool (H, W), pixels that their own class does not give up; all void ones, or of coarse labels none.
        nearest_px: float32 (H, W), distance to the nearest class that claims the pixel; inf where none does.
        nearest: ids of those classes.
    """

    kept: NDArray[np.bool_]
    nearest_px: NDArray[np.float32]
    nearest: Labels

    @classmethod
    def none(cls, labels: Labels, coarse: bool) -> _Claims:
        # A class without a cut of its own does not give up its pixels: thin objects would be eaten.
        kept = labels != void_of(labels) if coarse else np.ones(labels.shape, bool)
        return cls(kept, np.full(labels.shape, np.inf, np.float32), labels.copy())

    def add(self, class_id: int, problem: _Problem, foreground: NDArray[np.bool_]) -> None:
        own = problem.distance == 0
        self.kept[problem.box][own] = foreground[own]
        distance, nearest = self.nearest_px[problem.box], self.nearest[problem.box]
        # Strictly nearer, and classes come in ascending order: ties stay with the smallest id.
        claimed = foreground & ~own & (problem.distance < distance)
        distance[claimed] = problem.distance[claimed]
        nearest[claimed] = class_id

    def settle(self, labels: Labels) -> Labels:
        """The labels after all claims."""
        return np.where(self.kept, labels, self.nearest)


def _grown_box(mask: NDArray[np.bool_], margin: int) -> tuple[slice, slice]:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return (
        slice(max(int(rows[0]) - margin, 0), int(rows[-1]) + margin + 1),
        slice(max(int(columns[0]) - margin, 0), int(columns[-1]) + margin + 1),
    )


def _distance_to_zero(mask: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Euclidean distance from each pixel to the nearest 0; large where there is none. The border is no 0."""
    return np.asarray(cv2.distanceTransform(mask, cv2.DIST_L2, cv2.DIST_MASK_PRECISE))
