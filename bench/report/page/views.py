"""A prediction before and after refinement as pictures of regions, and which pixels are wrong in each."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boundary_bench.metrics.structures.binary_mask import BinaryMask
from boundary_bench.metrics.structures.segmentation import InstanceSet, PanopticMap, SemanticMap

FIXED, BROKEN, STILL = 1, 2, 3
"""Values of an error map; 0 where both are right, or nothing is scored."""

SHOWN_SCORE = 0.5
"""Objects below are drawn only where they stand for a true one: detectors save dozens of guesses for an image."""

FOUND_IOU = 0.5
"""An object or segment stands for the true one that it overlaps by more than this."""

OBJECT_COLOURS = np.array(
    [
        (86, 180, 233), (230, 159, 0), (0, 158, 115), (240, 228, 66), (213, 94, 0), (204, 121, 167), (0, 114, 178),
        (150, 220, 120), (190, 150, 255), (255, 150, 130), (120, 220, 220),
    ],
    np.uint8,
)  # fmt: skip
"""Objects take these in turn."""
MASK_COLOUR = np.array([(240, 228, 66)], np.uint8)
"""The one object of a binary mask: yellow, which few photos have."""

Regions = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class View:
    """One image.

    Attributes:
        before, after: uint8 (H, W), number of the region's colour plus 1; 0 where there is none.
        colours: uint8 (C, 3), C at most 127.
        errors: uint8 (H, W), `FIXED`, `BROKEN`, `STILL` or 0.
        classes: int64 (H, W), class of each pixel by which the image is found; -1 where there is none.
    """

    before: Regions
    after: Regions
    colours: NDArray[np.uint8]
    errors: NDArray[np.uint8]
    classes: NDArray[np.int64]

    def changed_classes(self, share: float = 0.05) -> tuple[int, ...]:
        """Classes that hold at least this share of the fixed and broken pixels, the most changed first."""
        changed = self.classes[(self.errors == FIXED) | (self.errors == BROKEN)]
        counts = np.bincount(changed[changed >= 0])
        order = np.argsort(-counts, kind="stable")
        return tuple(int(k) for k in order if counts[k] and counts[k] >= share * counts.sum())


def view(before: Any, after: Any, truth: Any, colours: NDArray[np.uint8]) -> View:
    """Layers to draw of a refined prediction; colours of the classes are uint8 (K, 3).

    Raises:
        ValueError: a kind of segmentation that has no regions.
    """
    if isinstance(before, SemanticMap):
        return _semantic(before, after, truth, colours)
    if isinstance(before, BinaryMask):
        return _binary(before, after, truth)
    if isinstance(before, InstanceSet):
        return _instances(before, after, truth)
    if isinstance(before, PanopticMap):
        return _panoptic(before, after, truth)
    raise ValueError(f"prediction is a {type(before).__name__}; allowed: a kind with regions")


def error_map(wrong_before: NDArray[np.bool_], wrong_after: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """uint8 (H, W): fixed, broken, or wrong before and after (SegFix, ECCV 2020, qualitative figures)."""
    found = np.zeros(wrong_before.shape, np.uint8)
    found[wrong_before & ~wrong_after] = FIXED
    found[wrong_after & ~wrong_before] = BROKEN
    found[wrong_before & wrong_after] = STILL
    return found


def _semantic(before: SemanticMap, after: SemanticMap, truth: SemanticMap, colours: NDArray[np.uint8]) -> View:
    scored = truth.labels != truth.void
    wrong = [scored & (side.labels != truth.labels) for side in (before, after)]
    classes = np.where(scored, truth.labels.astype(np.int64), -1)
    count = min(len(colours), 127)
    regions = [np.where(side.labels < count, side.labels + 1, 0).astype(np.uint8) for side in (before, after)]
    return View(regions[0], regions[1], colours[:count], error_map(*wrong), classes)


def _binary(before: BinaryMask, after: BinaryMask, truth: BinaryMask) -> View:
    """The object alone in colour: the background stays the photo."""
    scored = np.True_ if truth.void is None else ~truth.void
    wrong = [scored & (side.mask != truth.mask) for side in (before, after)]
    regions = [side.mask.astype(np.uint8) for side in (before, after)]
    no_class = np.full(truth.size, -1, np.int64)
    return View(regions[0], regions[1], MASK_COLOUR, error_map(*wrong), no_class)


def _panoptic(before: PanopticMap, after: PanopticMap, truth: PanopticMap) -> View:
    scored = truth.ids != 0
    numbers = {int(segment): place for place, segment in enumerate(np.union1d(before.segments, after.segments))}
    wrong = [scored & (_found_segments(side, truth) != truth.ids) for side in (before, after)]
    drawn = _coloured(before.ids, numbers), _coloured(after.ids, numbers)
    return View(*drawn, OBJECT_COLOURS, error_map(*wrong), _lookup(truth.ids, _categories(truth)))


def _categories(segments: PanopticMap) -> dict[int, int]:
    """Segment -> category."""
    return dict(zip(segments.segments.tolist(), segments.categories.tolist(), strict=True))


def _found_segments(side: PanopticMap, truth: PanopticMap) -> NDArray[np.int64]:
    """int64 (H, W): at each pixel the true segment that its predicted one stands for, -1 for none."""
    categories, stands_for = _categories(truth), {}
    scored = truth.ids != 0
    for segment, category in _categories(side).items():
        covered = truth.ids[(side.ids == segment) & scored]
        ids, counts = np.unique(covered, return_counts=True)
        for true, shared in zip(ids.tolist(), counts.tolist(), strict=True):
            union = len(covered) + int((truth.ids == true).sum()) - shared
            if categories[true] == category and shared > FOUND_IOU * union:
                stands_for[segment] = true
    return _lookup(side.ids, stands_for)


def _lookup(ids: NDArray[np.int32], values: Mapping[int, int]) -> NDArray[np.int64]:
    """Each id replaced by its value, -1 where it has none."""
    present, inverse = np.unique(ids, return_inverse=True)
    return np.array([values.get(one, -1) for one in present.tolist()], np.int64)[inverse].reshape(ids.shape)


def _coloured(ids: NDArray[np.int32], numbers: Mapping[int, int]) -> Regions:
    found = _lookup(ids, numbers)
    return np.where(found >= 0, found % len(OBJECT_COLOURS) + 1, 0).astype(np.uint8)


def _instances(before: InstanceSet, after: InstanceSet, truth: InstanceSet) -> View:
    ids = dict.fromkeys([*before.ids.tolist(), *after.ids.tolist()])
    colour = {identity: place % len(OBJECT_COLOURS) + 1 for place, identity in enumerate(ids)}
    wrong = [np.zeros(truth.size, np.bool_), np.zeros(truth.size, np.bool_)]
    classes = np.full(truth.size, -1, np.int64)
    later = {identity: place for place, identity in enumerate(after.ids.tolist())}
    found = _found_objects(before, truth)
    for place, true in found:
        right, first = truth.masks.dense(true), before.masks.dense(place)
        again = later.get(int(before.ids[place]))
        second = np.zeros_like(first) if again is None else after.masks.dense(again)
        wrong[0] |= first ^ right
        wrong[1] |= second ^ right
        classes[(first ^ right) | (second ^ right)] = truth.categories[true]
    matched = {int(before.ids[place]) for place, _ in found}
    drawn = _painted(before, colour, matched), _painted(after, colour, matched)
    return View(*drawn, OBJECT_COLOURS, error_map(wrong[0], wrong[1]), classes)


def _found_objects(before: InstanceSet, truth: InstanceSet) -> list[tuple[int, int]]:
    """(predicted, true) places of objects of one category that overlap enough; crowds left out."""
    from boundary_bench.metrics.functional.mask_iou import pairs_of
    from boundary_bench.metrics.functional.pairing import MASK_IOU

    pairs, iou = pairs_of(before, truth), MASK_IOU.of(before, truth)
    good = (iou > FOUND_IOU) & ~truth.crowd[pairs.true]
    return list(zip(pairs.predicted[good].tolist(), pairs.true[good].tolist(), strict=True))


def _painted(objects: InstanceSet, colour: Mapping[int, int], matched: Set[int]) -> Regions:
    """Objects over each other, the surest on top."""
    canvas = np.zeros(objects.size, np.uint8)
    scores = np.ones(len(objects)) if objects.scores is None else objects.scores
    for place in np.argsort(scores, kind="stable").tolist():
        identity = int(objects.ids[place])
        if scores[place] >= SHOWN_SCORE or identity in matched:
            top, left, bottom, right = objects.masks.boxes[place].tolist()
            canvas[top:bottom, left:right][objects.masks.window(place)] = colour[identity]
    return canvas
