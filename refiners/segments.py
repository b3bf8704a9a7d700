"""Panoptic maps whose segments are refined one by one, and then share out the pixels."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from metrics.segmentation import VOID, PanopticMap
from refiners.kinds import Window, as_labels, numbers, with_labels

Confidence = Callable[[NDArray[np.uint8], Window], NDArray[np.float32]]
"""From the mask of a segment, 0 or 1 (h, w), in a window of the image to how sure the pixels are of it, 0..1."""


def most_confident(prediction: PanopticMap, confidence: Confidence, *, margin_px: int) -> PanopticMap:
    """Every pixel goes to the segment that is surest of it.

    Args:
        prediction: void stays void.
        confidence: is asked once for each segment, on its box grown by the margin; outside, nothing is.
        margin_px: ends at the image border.

    Returns:
        Of equally sure segments the earlier one has the pixel, and a pixel that no segment is sure of at all stays
        where it is: none is left without a segment, none has two. Segments that lost all their pixels are left out.
    """
    labels = as_labels(prediction)
    winner, best = labels.copy(), np.zeros(labels.shape, np.float32)
    for number, window in _windows(labels, numbers(len(prediction.segments)), margin_px):
        sure = confidence((labels[window] == number).astype(np.uint8), window)
        better = (sure > best[window]) & (labels[window] != VOID)
        winner[window][better] = number
        best[window][better] = sure[better]
    return with_labels(prediction, winner)


def _windows(labels: NDArray[np.int32], own: NDArray[np.int32], margin_px: int) -> Iterator[tuple[int, Window]]:
    """Each segment's number and grown box, in their order."""
    boxes = ndimage.find_objects(labels + 1)
    for number in own.tolist():
        box = boxes[number] if number < len(boxes) else None
        if box is not None:
            rows, columns = (slice(max(side.start - margin_px, 0), side.stop + margin_px) for side in box)
            yield number, (rows, columns)
