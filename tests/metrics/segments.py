"""Panoptic maps to measure, and panoptic quality by its plain definition, one segment at a time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from boundary_bench.metrics.structures.segmentation import PanopticMap
from tests.metrics import definitions


def panoptic(ids: NDArray[np.integer], categories: dict[int, int], crowd: tuple[int, ...] = ()) -> PanopticMap:
    """A map whose segments come in the order of `categories`; segments without a pixel are left out."""
    ids = np.asarray(ids, np.int32)
    segments = [segment for segment in categories if (ids == segment).any()]
    return PanopticMap(
        ids,
        np.array(segments, np.int32),
        np.array([categories[segment] for segment in segments], np.int64),
        np.isin(segments, crowd),
    )


def numbered(picture: str) -> NDArray[np.int32]:
    """Ids drawn as one digit a pixel, `.` is void."""
    rows = [line.strip() for line in picture.strip().splitlines()]
    return np.array([[0 if pixel == "." else int(pixel) for pixel in row] for row in rows], np.int32)


def plain_quality(
    prediction: PanopticMap, truth: PanopticMap, classes: int, band_px: int | None = None
) -> dict[str, NDArray[np.float64]]:
    """Sum of IoU, true positives, false positives and false negatives by class, from one mask after another."""
    counts = {name: np.zeros(classes) for name in ("iou_sum", "tp", "fp", "fn")}
    void = truth.ids == 0
    category_of = dict(zip(prediction.segments.tolist(), prediction.categories.tolist(), strict=True))
    left = dict(category_of)
    for segment, category, crowd in zip(truth.segments, truth.categories, truth.crowd, strict=True):
        if crowd:
            continue
        mask = truth.ids == segment
        for candidate in np.unique(prediction.ids[mask]).tolist():
            iou = _iou(mask, prediction.ids == candidate, void) if category_of.get(candidate) == category else 0.0
            if iou > 0.5 and band_px:
                bands = (definitions.inner_band(one, band_px) for one in (mask, prediction.ids == candidate))
                iou = min(iou, _iou(*bands, void))
            if iou > 0.5:
                counts["tp"][category] += 1
                counts["iou_sum"][category] += iou
                del left[candidate]
                break
        else:
            counts["fn"][category] += 1
    for segment, category in left.items():
        mask = prediction.ids == segment
        crowds = truth.segments[truth.crowd & (truth.categories == category)]
        excused = (void | np.isin(truth.ids, crowds[-1:])) & mask
        counts["fp"][category] += excused.sum() / mask.sum() <= 0.5
    return counts


def _iou(true: NDArray[np.bool_], predicted: NDArray[np.bool_], void: NDArray[np.bool_]) -> float:
    union = ((true | predicted) & ~(predicted & void)).sum()
    return (true & predicted).sum() / union if union else 0.0
