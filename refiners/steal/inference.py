"""Probability of the boundaries of every class in an image, as the released test scripts compute it (Section 4)."""

from __future__ import annotations

from itertools import product
from typing import Final, Literal, cast, get_args

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from boundary_bench.refiners.networks.device import Precision, precision_named
from boundary_bench.refiners.networks.inference import inference
from boundary_bench.refiners.steal.casenet import CASENet, preprocess

Scheme = Literal["whole", "windows", "padded"]
"""What the network is shown: the image; overlapping windows of it, as for Cityscapes; or the image with its mean to the
right and below, up to a square, as for SBD."""

WINDOW_PX: Final = 512
STEP_PX: Final = 256
BORDER_PX: Final = 16
"""Around each window, reflected at the border of the image; cut off the result."""
SMALLEST_PX: Final = 2
"""Side of what the networks pool."""


def probabilities(
    network: CASENet,
    image: NDArray[np.uint8],
    *,
    scheme: Scheme = "whole",
    device: str | torch.device = "cpu",
    precision: Precision = "float32",
) -> NDArray[np.float32]:
    """Probability that each pixel is on a boundary of each class.

    Args:
        network: is moved to the device; `refiners.networks.fuse_batchnorm` makes a faster one
        of it.
        image: uint8 RGB (H, W, 3), of any size from 2x2 on.
        scheme: `whole`; `windows` of 512 px every 256 px, probabilities averaged where they overlap (the last ones
            end where the image ends, a shorter side is taken whole); or `padded` to 512x512.
        device: where to compute.
        precision: of the network; other than float32 by autocast. What follows is in float32.

    Returns:
        float32 (K, H, W), 0 to 1.

    Raises:
        ValueError: an image of another shape or dtype, or a side below 2 px; another scheme or precision; an image
            to be `padded` with a side above 512 px.
    """
    precision_named(precision)
    pixels = preprocess(image)
    height, width = image.shape[:2]
    _require(scheme, height, width)
    where = torch.device(device)
    with inference(network, where, precision):
        if scheme == "windows":
            return _of_windows(network, image, where)
        if scheme == "padded":
            pixels = functional.pad(pixels, (0, WINDOW_PX - width, 0, WINDOW_PX - height))
        return _sigmoid(network, pixels.to(where))[:, :height, :width].cpu().numpy()


def scheme_named(name: str) -> Scheme:
    """The scheme of that name.

    Raises:
        ValueError: another name.
    """
    if name not in get_args(Scheme):
        raise ValueError(f"scheme is {name!r}; allowed: {', '.join(get_args(Scheme))}")
    return cast(Scheme, name)


def _require(scheme: str, height: int, width: int) -> None:
    scheme_named(scheme)
    if min(height, width) < SMALLEST_PX:
        raise ValueError(f"image is {height}x{width}; allowed: at least {SMALLEST_PX}x{SMALLEST_PX}")
    if scheme == "padded" and max(height, width) > WINDOW_PX:
        raise ValueError(f"image is {height}x{width}; allowed in scheme padded: at most {WINDOW_PX}x{WINDOW_PX}")


def _sigmoid(network: CASENet, pixels: Tensor) -> Tensor:
    found: Tensor = network(pixels[None]).fused[0]
    return found.float().sigmoid()


def _of_windows(network: CASENet, image: NDArray[np.uint8], where: torch.device) -> NDArray[np.float32]:
    border = BORDER_PX
    pixels = preprocess(cv2.copyMakeBorder(image, border, border, border, border, cv2.BORDER_REFLECT)).to(where)
    height, width = image.shape[:2]
    total = torch.zeros(network.classes, height, width, device=where)
    count = torch.zeros(height, width, device=where)
    for top, left in product(_starts(height), _starts(width)):
        bottom, right = min(height, top + WINDOW_PX), min(width, left + WINDOW_PX)
        seen = pixels[:, top : bottom + 2 * border, left : right + 2 * border]
        total[:, top:bottom, left:right] += _sigmoid(network, seen)[:, border:-border, border:-border]
        count[top:bottom, left:right] += 1
    return (total / count).cpu().numpy()


def _starts(length: int) -> list[int]:
    last = max(0, length - WINDOW_PX)
    return [*range(0, last, STEP_PX), last]
