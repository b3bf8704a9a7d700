"""The label shift as released with SegFix, for comparison only: it samples label numbers like colours.

The released code moves labels with a bilinear `grid_sample` and rounds. It normalises coordinates for
align_corners=True, the only behaviour when it was written, but leaves the argument out; PyTorch's default has
been False since version 1.3. Then everything shifts by up to half a pixel, even where the offset is 0, and
numbers of neighbouring labels are averaged, which gives labels that are in neither.
"""

from __future__ import annotations

from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from boundary_bench.metrics.structures.labels import Labels, void_of

FloatMap = NDArray[np.float32]

RELEASED_VOID = 255
"""The number that void is blended as, whatever stands for it in a map: the released code knows 8-bit maps."""


def grid_sample_shift(labels: Labels, offsets: NDArray[Any], *, align_corners: bool, scale: float = 1) -> Labels:
    """Labels sampled bilinearly at p + scale * offset(p), the nearest point in the image, and rounded.

    All arithmetic is in float32, in the order in which PyTorch does it on the CPU.

    Args:
        labels: uint8 or int32 (H, W), below 2**24. Void is blended as 255, as in the released code's 8-bit maps.
        offsets: (H, W, 2), (dy, dx).
        align_corners: as of `torch.nn.functional.grid_sample`: True gives what was meant, False what later
            versions of PyTorch made of it.
        scale: factor on all offsets.

    Returns:
        Labels of the same dtype, not all of which need be in the input.

    Raises:
        ValueError: offsets of another size, an image with a side of 1 px, for which the released code divides by 0,
            or void beside ids of 255 and more, where no number is left for it.
    """
    height, width = labels.shape
    if offsets.shape != (height, width, 2):
        raise ValueError(f"offsets have shape {offsets.shape}; allowed: {(height, width, 2)}, as the labels")
    if min(height, width) < 2:
        raise ValueError(f"labels have size {(height, width)}; allowed: at least 2 px a side")
    moves: FloatMap = offsets.astype(np.float32) * np.float32(scale)
    rows, columns = np.arange(height, dtype=np.float32), np.arange(width, dtype=np.float32)
    y = _sampled(moves[..., 0] + rows[:, None], height, align_corners)
    x = _sampled(moves[..., 1] + columns, width, align_corners)
    numbers, void = labels.astype(np.float32), labels == void_of(labels)
    if not void.any():
        return cast(Labels, np.round(_bilinear(numbers, y, x)).astype(labels.dtype))
    if labels[~void].max(initial=0) >= RELEASED_VOID:
        raise ValueError(
            f"labels hold void and ids up to {labels.max()}; allowed where label numbers are blended as released, with "
            f"void as {RELEASED_VOID}: ids below {RELEASED_VOID}, or no void"
        )
    numbers[void] = RELEASED_VOID
    blended = np.round(_bilinear(numbers, y, x))
    return cast(Labels, np.where(blended == RELEASED_VOID, void_of(labels), blended).astype(labels.dtype))


def _sampled(position: FloatMap, size: int, align_corners: bool) -> FloatMap:
    """Where `grid_sample` looks, handed this position normalised for align_corners=True."""
    one = np.float32(1)
    grid = position / np.float32((size - 1) / 2) - one
    if align_corners:
        found = (grid + one) * np.float32((size - 1) / 2)
    else:
        found = (grid + one) * np.float32(size / 2) - np.float32(0.5)
    return np.asarray(np.clip(found, np.float32(0), np.float32(size - 1)))


def _bilinear(values: FloatMap, y: FloatMap, x: FloatMap) -> FloatMap:
    height, width = values.shape
    top, left = np.floor(y), np.floor(x)
    to_right, to_bottom = x - left, y - top
    to_left, to_top = np.float32(1) - to_right, np.float32(1) - to_bottom
    y0, x0 = top.astype(np.intp), left.astype(np.intp)
    y1, x1 = np.minimum(y0 + 1, height - 1), np.minimum(x0 + 1, width - 1)
    upper: FloatMap = values[y0, x0] * (to_top * to_left) + values[y0, x1] * (to_top * to_right)
    lower_left: FloatMap = values[y1, x0] * (to_bottom * to_left)
    lower_right: FloatMap = values[y1, x1] * (to_bottom * to_right)
    return np.asarray(upper + lower_left + lower_right)
