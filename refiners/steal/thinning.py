"""The boundary thinning layer: along its normal, a boundary is to be strongest where the truth has it.

Acuna et al., STEAL (CVPR 2019), Sections 3.2 and 3.3. The layer has no parameters and is there in training alone.
"""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor
from torch.nn import functional

REACH: Final = 2
"""L: how far samples are taken along the normal, to either side, in steps of a pixel."""
TEMPERATURE: Final = 0.1
"""Of the softmax over these samples."""
SMOOTHING_PX: Final = 4
"""Radius of the triangle that maps are smoothed with before they are differentiated, as in testing."""
FLAT: Final = 1e-3
"""Curvature, per square pixel, below which a map hardly has a normal; that of a line one pixel wide is 0.04."""
ROUNDING: Final = 1e-6
"""Kept from the ends of the arc cosine, where it has no derivative."""


def doubled_normals(maps: Tensor) -> Tensor:
    """Normals of the ridges in some maps, by the axis along which the smoothed map curves down most.

    A normal and its opposite are the same, so what is given is twice its angle: if A is how much more the map curves
    down along the normal (x, y) = (cos t, sin t) than along the ridge, this is A (cos 2t, sin 2t), taken from the
    second derivatives. It depends smoothly on the map.

    Args:
        maps: floating (M, H, W); their borders go on, mirrored, beyond them.

    Returns:
        Of maps' dtype (M, H, W, 2); 0 where a map is flat, or curves in all directions alike.
    """
    smoothed = _triangle_smoothed(maps)
    down, right = _derivative(smoothed, -2), _derivative(smoothed, -1)
    across = _derivative(down, -1)
    return torch.stack([_derivative(down, -2) - _derivative(right, -1), -2 * across], dim=-1)


def sample_along(maps: Tensor, places: tuple[Tensor, Tensor, Tensor], doubled: Tensor, *, reach: int) -> Tensor:
    """Values of maps at 2 * reach + 1 points of a normal, from one side to the other (equations 3 and 4).

    Args:
        maps: floating (M, H, W).
        places: integers (P), thrice: map, row and column of the pixel in the middle.
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
    bottom, right = (top + 1).clamp(max=height - 1), (left + 1).clamp(max=width - 1)
    share_down, share_right = y - top, x - left
    flat, first = maps.flatten(), index[:, None] * (height * width)

    def row_at(line: Tensor) -> Tensor:
        start = first + line * width
        return torch.lerp(flat[start + left], flat[start + right], share_right)

    return torch.lerp(row_at(top), row_at(bottom), share_down)


def nms_loss(
    maps: Tensor,
    places: tuple[Tensor, Tensor, Tensor],
    doubled: Tensor,
    *,
    reach: int = REACH,
    temperature: float = TEMPERATURE,
) -> Tensor:
    """How far boundary pixels are from being the strongest along their normals (equations 2 and 5).

    Args:
        maps: predicted probabilities, floating (M, H, W).
        places: integers (P), thrice: map, row and column of each true boundary pixel.
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


def _triangle_smoothed(maps: Tensor) -> Tensor:
    radius = SMOOTHING_PX
    rising = torch.arange(1, radius + 2, device=maps.device, dtype=maps.dtype)
    kernel = torch.cat([rising, rising[:-1].flip(0)]) / (radius + 1) ** 2
    for axis in (1, 2):
        padded = _mirrored(maps, axis, radius)[:, None]
        shape = (1, 1, -1, 1) if axis == 1 else (1, 1, 1, -1)
        maps = functional.conv2d(padded, kernel.view(shape))[:, 0]
    return maps


def _mirrored(maps: Tensor, axis: int, radius: int) -> Tensor:
    """Longer along the axis by `radius` at either end, the pixels of the border being repeated first."""
    length = maps.shape[axis]
    places = torch.arange(-radius, length + radius, device=maps.device) % (2 * length)
    return maps.index_select(axis, torch.minimum(places, 2 * length - 1 - places))


def _derivative(maps: Tensor, axis: int) -> Tensor:
    """Half the difference of the two neighbours; at the border that of the pixel and its one neighbour."""
    length = maps.shape[axis]
    if length == 1:
        return torch.zeros_like(maps)
    inner = (maps.narrow(axis, 2, length - 2) - maps.narrow(axis, 0, length - 2)) / 2
    first = maps.narrow(axis, 1, 1) - maps.narrow(axis, 0, 1)
    last = maps.narrow(axis, length - 1, 1) - maps.narrow(axis, length - 2, 1)
    return torch.cat([first, inner, last], dim=axis)
