"""Labels that are refined one by one, as masks of their own, and then share out the pixels."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from boundary_bench.metrics.structures.labels import Labels, void_of
from boundary_bench.refiners.common.per_label import Window

Claim = tuple[int, Window, NDArray[np.float32]]
"""A label, a window of the image, and how sure that window's pixels are of the label: float32 (h, w), 0..1."""


def windows(labels: Labels, wanted: Sequence[int], *, margin_px: int) -> Iterator[tuple[int, Window]]:
    """The box of each label that is present, grown by a margin that ends at the image border; in the order given."""
    # find_objects takes 0 for background.
    boxes = ndimage.find_objects(np.where(labels == void_of(labels), np.int32(0), labels.astype(np.int32) + 1))
    for label in wanted:
        box = boxes[label] if label < len(boxes) else None
        if box is not None:
            rows, columns = (slice(max(side.start - margin_px, 0), side.stop + margin_px) for side in box)
            yield label, (rows, columns)


def surest(labels: Labels, claims: Iterable[Claim]) -> Labels:
    """Every pixel goes to the label that is surest of it.

    Args:
        labels: uint8 or int32 (H, W); void stays void.
        claims: one for each label, at most. Outside of its window no pixel is sure of it.

    Returns:
        Of the same dtype. Of equally sure labels the earlier one has the pixel, and a pixel that no label is sure of
        at all keeps its own: none is left without a label.
    """
    winner, best = labels.copy(), np.zeros(labels.shape, np.float32)
    for label, window, sure in claims:
        better = (sure > best[window]) & (labels[window] != void_of(labels))
        winner[window][better] = label
        best[window][better] = sure[better]
    return winner
