"""Guided up-sampling: coarse class probabilities, enlarged from where each pixel is told to look."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional


def guided(probabilities: Tensor, offsets: Tensor) -> Tensor:
    """Probabilities at full resolution, each pixel's interpolated bilinearly at its own place plus its offset.

    Both grids cover the same field of view, and values belong to the centres of their cells (half-pixel centres);
    beyond the outermost centres the border goes on. Offsets of 0 therefore give what
    `boundary_bench.refiners.common.probabilities.upsample` gives. The result depends on both inputs differentiably,
    on offsets piecewise.

    Source: Mazzini, Guided Upsampling Network for Real-Time Semantic Segmentation (BMVC 2018), whose unit of offsets is
    a share of the field of view; here it is a pixel, so that an offset means the same at any size.

    Args:
        probabilities: floating (N, K, h, w); N, K at least 1.
        offsets: of the same dtype, (N, 2, H, W), order (dy, dx), in pixels of the full resolution.

    Returns:
        Same dtype, (N, K, H, W). What sums to 1 over the classes still does.
    """
    height, width = offsets.shape[-2:]
    rows, columns = (0.5 + torch.arange(side, dtype=offsets.dtype, device=offsets.device) for side in (height, width))
    # `grid_sample` counts from -1 to 1 across the field of view, columns first.
    down = (rows[:, None] + offsets[:, 0]) * (2 / height) - 1
    right = (columns + offsets[:, 1]) * (2 / width) - 1
    places = torch.stack([right, down], dim=-1)
    return functional.grid_sample(probabilities, places, mode="bilinear", padding_mode="border", align_corners=False)
