"""Guided up-sampling: coarse class probabilities, enlarged from where each pixel is told to look."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional


def guided(probabilities: Tensor, offsets: Tensor) -> Tensor:
    """Probabilities at full resolution, each pixel's interpolated bilinearly at its own place plus its offset.

    Both grids cover the same field of view, and values belong to the centres of their cells (half-pixel centres);
    beyond the outermost centres the border goes on. Offsets of 0 therefore give what
    `refiners.probabilities.upsample` gives. The result depends on both inputs differentiably, on offsets piecewise.

    Source: Mazzini, Guided Upsampling Network for Real-Time Semantic Segmentation (BMVC 2018), whose unit of offsets is
    a share of the field of view; here it is a pixel, so that an offset means the same at any size.

    Args:
        probabilities: floating (N, K, h, w); N, K at least 1.
        offsets: of the same dtype, (N, 2, H, W), order (dy, dx), in pixels of the full resolution.

    Returns:
        Same dtype, (N, K, H, W). What sums to 1 over the classes still does.
    """
    height, width = offsets.shape[-2:]
    like = {"dtype": offsets.dtype, "device": offsets.device}
    rows = torch.arange(height, **like) + 0.5 + offsets[:, 0].transpose(1, 2)
    columns = torch.arange(width, **like) + 0.5 + offsets[:, 1]
    # `grid_sample` counts from -1 to 1 across the field of view, columns first.
    places = torch.stack([2 / width * columns, 2 / height * rows.transpose(1, 2)], dim=-1) - 1
    return functional.grid_sample(probabilities, places, mode="bilinear", padding_mode="border", align_corners=False)
