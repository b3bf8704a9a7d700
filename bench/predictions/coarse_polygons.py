"""Coarse labels as an annotator with few clicks would draw them, simulated from fine ones.

STEAL (Acuna, Kar and Fidler, CVPR 2019, Section 4.1) erodes and then simplifies true labels to study how many clicks
labels of which quality cost, after Zlateski et al., CVPR 2018; how much of either it does not say. Here both measure
the error. All that lies within `error_px` of another label, void included, is eroded; the image border is no edge. The
outlines of what is left, holes included, become polygons that stray from them by at most `error_px` (Douglas and
Peucker). So a polygon never leaves its object, by more than the rounding to pixels, and its outline lies 0 to 2 and on
average about 1 `error_px` inside of the true one. Each vertex is a click; outlines that shrink to a line are not drawn.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from boundary_bench.bench.formats.class_labels import drawn_parts
from boundary_bench.bench.plugins.protocols import Dataset
from boundary_bench.metrics.functional.geometry import band
from boundary_bench.metrics.functional.overlap import Overlap, intersection_over_union
from boundary_bench.metrics.structures.labels import Labels, all_void, void_of
from boundary_bench.metrics.structures.segmentation import PanopticMap, SemanticMap
from boundary_bench.refiners.common.merging import windows

Points = NDArray[np.int32]
"""(n, 1, 2), x and y in pixels."""

DEFINITION = {
    "erosion": "pixels within error_px of another label, void included; the image border is no edge",
    "simplification": "outlines, holes included, by Douglas and Peucker with a tolerance of error_px",
    "order": "by label; polygons of two do not overlap by more than the rounding to pixels",
    "void": "where nothing is drawn; outlines that shrink to a line are not",
    "clicks": "vertices of polygons and their holes",
    "IoU": "pixels counted over all images; true void is not scored, void that is left is wrong",
    "source": "STEAL, CVPR 2019, Section 4.1, after Zlateski et al., CVPR 2018; how far to erode is our reading",
}


@dataclass(frozen=True, eq=False)
class CoarseLabels:
    """Labels that were drawn, and the number of clicks.

    Attributes:
        labels: (H, W) of `label_dtype(K)`, training ids. Void where nothing was drawn.
        clicks: int64 (K,), by class.
    """

    labels: Labels
    clicks: NDArray[np.int64]


def coarsened(truth: SemanticMap | PanopticMap, *, classes: int, error_px: int) -> CoarseLabels:
    """Fine labels drawn again as coarse polygons.

    Regions of a class, or of a segment, that hang together are an object each, or several where erosion parts them.
    They are drawn in the order of their labels, which matters where rounding to pixels makes neighbours meet only.

    Args:
        truth: semantic, or panoptic: objects of a class that touch each other are then drawn one by one.
        classes: K.
        error_px: 1 or more.

    Raises:
        ValueError: an error below 1.
    """
    if error_px < 1:
        raise ValueError(f"error_px is {error_px}; allowed: 1 or more")
    parts, categories = drawn_parts(truth, classes)
    eroded: Labels = np.where(band(parts, width_px=error_px), parts.dtype.type(void_of(parts)), parts)
    labels = all_void(truth.size, classes)
    clicks = np.zeros(classes, np.int64)
    for part, outlines in _polygons(eroded, len(categories), error_px):
        category = int(categories[part])
        cv2.fillPoly(labels, outlines, category)
        clicks[category] += sum(map(len, outlines))
    return CoarseLabels(labels, clicks)


def _polygons(parts: Labels, count: int, error_px: int) -> Iterator[tuple[int, list[Points]]]:
    """Of each label below `count` but void, in their order: the label, an outline and those of the holes in it."""
    for part, window in windows(parts, range(count), margin_px=0):
        mask = (parts[window] == part).astype(np.uint8)
        corner = (window[1].start, window[0].start)
        outlines, family = cv2.findContours(mask, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE, offset=corner)
        simple = [cv2.approxPolyDP(outline, error_px, closed=True) for outline in outlines]
        parents = family[0, :, 3]
        for outer in np.flatnonzero(parents < 0):
            if cv2.contourArea(simple[outer]) > 0:
                yield part, [simple[outer], *(simple[hole] for hole in np.flatnonzero(parents == outer))]


def report(
    dataset: Dataset, error_px: int, clicks: Mapping[str, NDArray[np.int64]], overlaps: Iterable[Overlap]
) -> dict[str, Any]:
    """Cost and quality of coarse labels of a split, for JSON; undefined is None.

    Args:
        dataset: the split.
        error_px: with which they were made.
        clicks: int64 (K,) by sample id.
        overlaps: of each image with its truth.
    """
    by_class = np.mean(list(clicks.values()), axis=0)
    iou = intersection_over_union(Overlap(*(np.sum(counts, axis=0) for counts in zip(*overlaps, strict=True))))
    return {
        "dataset": {"name": dataset.name, "split": dataset.split, "images": len(clicks)},
        "error_px": error_px,
        "definition": DEFINITION,
        "clicks_per_image": float(by_class.sum()),
        "mIoU": None if np.isnan(iou).all() else float(np.nanmean(iou)),
        "classes": {
            name: {"clicks_per_image": float(by_class[k]), "IoU": None if np.isnan(iou[k]) else float(iou[k])}
            for k, name in enumerate(dataset.classes)
        },
        "images": {
            sample: {"clicks": {dataset.classes[k]: int(each[k]) for k in np.flatnonzero(each).tolist()}}
            for sample, each in sorted(clicks.items())
        },
    }
