"""Edge maps of all classes from labels and instances, in one pass over the pixels near a change of label."""

from __future__ import annotations

from typing import Any

from numba import njit

from boundary_bench.metrics.kernels.matching.correspondence import disk


@njit(cache=True, nogil=True)
def mark_edges(labels: Any, instances: Any, near: Any, radius_px: float, void: int, both_sides: bool, out: Any) -> None:
    """Mark a pixel, in the maps of both classes or of its own, for each pixel of another object in its disk.

    Args:
        labels: uint8 or uint16 (H, W).
        instances: integers (H, W) that tell objects of a class apart.
        near: bool (H, W), pixels that are looked at.
        radius_px: of the disk, inclusive.
        void: the label that forms no edges.
        both_sides: whether a pixel also counts for the classes of those around it.
        out: bool (K, H, W), is added to.
    """
    height, width = labels.shape
    rows = disk(radius_px)
    for y in range(height):
        for x in range(width):
            label, instance = labels[y, x], instances[y, x]
            if not near[y, x] or label == void:
                continue
            for i in range(len(rows)):
                row = y + rows[i, 0]
                if not 0 <= row < height:
                    continue
                for column in range(max(x - rows[i, 1], 0), min(x + rows[i, 1] + 1, width)):
                    other = labels[row, column]
                    if other != void and (other != label or instances[row, column] != instance):
                        out[label, y, x] = True
                        if both_sides:
                            out[other, y, x] = True
