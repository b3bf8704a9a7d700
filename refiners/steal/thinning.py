"""The boundary thinning layer: along its normal, a boundary is to be strongest where the truth has it.

Acuna et al., STEAL (CVPR 2019), Sections 3.2 and 3.3. The layer has no parameters and is there in training alone.
"""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor
from torch.nn import functional

Places = tuple[Tensor, Tensor, Tensor]
"""Pixels of some maps (M, H, W): integers (P), thrice, of map, row and column."""

REACH: Final = 2
"""L: how far samples are taken along the normal, to either side, in steps of a pixel."""
TEMPERATURE: Final = 0.1
"""Of the softmax over these samples."""
SMOOTHING_PX: Final = 4
"""Radius of the triangle that maps are smoothed with before they are differentiated, as in testing."""
AROUND: Final = ((-2, 0), (2, 0), (0, -2), (0, 2), (-1, -1), (-1, 1), (1, -1), (1, 1))
"""Steps (y, x) to what second derivatives are made of: differences of differences of neighbours 2 px apart."""
MARGIN: Final = 2
"""The longest of them."""
FLAT: Final = 1e-3
"""Curvature, per square pixel, below which a map hardly has a normal; that of a line one pixel wide is 0.04."""
ROUNDING: Final = 1e-6
"""Kept from the ends of the arc cosine, where it has no derivative."""


def doubled_normals(maps: Tensor, places: Places) -> Tensor:
    """Normals of the ridges in some maps: of the axis along which the smoothed map curves down most.

    A normal and its opposite are the same, so what is given is twice its angle: if A is how much more the map curves
    down along the normal (x, y) = (cos t, sin t) than along the ridge, this is A (cos 2t, sin 2t), taken from the
    second derivatives. It depends smoothly on the map.

    Args:
        maps: floating (M, H, W); beyond them their borders go on.
        places: where.

    Returns:
        Of maps' dtype (P, 2); 0 where a map is flat, or curves in all directions alike.
    """
    margin = SMOOTHING_PX + MARGIN
    smoothed = functional.pad(maps[:, None], (margin,) * 4, mode="replicate")
    # A mean of means is a triangle.
    for _ in range(2):
        smoothed = functional.avg_pool2d(smoothed, SMOOTHING_PX + 1, stride=1)
    index, row, column = places
    steps = row.new_tensor(AROUND) + MARGIN
    around = smoothed[index[:, None], 0, row[:, None] + steps[:, 0], column[:, None] + steps[:, 1]]
    up, down, left, right, *corners = around.unbind(dim=1)
    across = corners[1] + corners[2] - corners[0] - corners[3]
    return torch.stack([up + down - left - right, 2 * across], dim=1) / MARGIN**2


def sample_along(maps: Tensor, places: Places, doubled: Tensor, *, reach: int) -> Tensor:
    """Values of maps at 2 * reach + 1 points of a normal, from one side to the other (equations 3 and 4).

    Args:
        maps: floating (M, H, W).
        places: the pixels in the middle.
        doubled: floating (P, 2), as `doubled_normals` has them there; their length is of no account.
        reach: L.

    Returns:
        Of maps' dtype (P, 2 * reach + 1), bilinear between pixels; beyond a map its border goes on.
    """
    height, width = maps.shape[1:]
    index, row, column = places
    angle = torch.atan2(doubled[:, 1], doubled[:, 0]) / 2
    steps = torch.arange(-reach, reach + 1, device=maps.device, dtype=angle.dtype)
    y = (row[:, None] + steps * angle.sin()[:, None]).clamp(0, height - 1)
    x = (column[:, None] + steps * angle.cos()[:, None]).clamp(0, width - 1)
    top, left = y.floor().long(), x.floor().long()
    rows = torch.stack([top, (top + 1).clamp(max=height - 1)], dim=-1)
    columns = torch.stack([left, (left + 1).clamp(max=width - 1)], dim=-1)
    corners = maps[index[:, None, None, None], rows[..., :, None], columns[..., None, :]]
    upper, lower = torch.lerp(corners[..., 0], corners[..., 1], (x - left)[..., None]).unbind(dim=-1)
    return torch.lerp(upper, lower, y - top)


def nms_loss(
    maps: Tensor,
    places: Places,
    doubled: Tensor,
    *,
    reach: int = REACH,
    temperature: float = TEMPERATURE,
) -> Tensor:
    """How far boundary pixels are from being the strongest along their normals (equations 2 and 5).

    Args:
        maps: predicted probabilities, floating (M, H, W).
        places: true boundary pixels.
        doubled: true normals there, floating (P, 2), as `doubled_normals` has them.
        reach: L.
        temperature: of the softmax.

    Returns:
        A scalar, the sum over all pixels; 0 without any.
    """
    along = sample_along(maps, places, doubled, reach=reach) / temperature
    return (along.logsumexp(dim=1) - along[:, reach]).sum()


def direction_loss(predicted: Tensor, true: Tensor) -> Tensor:
    """Squared angles between predicted and true normals (equation 6).

    Args:
        predicted, true: at true boundary pixels, floating (P, 2), as `doubled_normals` has them. Where either map is
            flat the angle counts as 45 degrees, halfway between the best and the worst.

    Returns:
        A scalar in square radians, the sum over all pixels; 0 without any.
    """
    # Half the angle between doubled ones is that between the axes, whichever way these point.
    length = (predicted.square().sum(dim=1) + FLAT**2 * ROUNDING).sqrt() + FLAT
    cosine = (predicted * functional.normalize(true, dim=1)).sum(dim=1) / length
    angle = cosine.clamp(ROUNDING - 1, 1 - ROUNDING).acos() / 2
    return angle.square().sum()
