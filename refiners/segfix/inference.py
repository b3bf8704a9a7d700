"""Inference of SegFix networks on an image, as in the released tester (Section 3.3)."""

from __future__ import annotations

from itertools import product
from typing import Any, Final

import numpy as np
import torch
from numba import njit
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from boundary_bench.refiners.networks.device import Precision, precision_named
from boundary_bench.refiners.networks.inference import inference
from boundary_bench.refiners.segfix.directions import Directions, offset_vectors
from boundary_bench.refiners.segfix.network import SegFixNetwork, preprocess

Prediction = tuple[NDArray[np.float32], NDArray[np.uint8]]
"""Probability of the boundary (H, W) and direction class (H, W)."""

CROP_PX: Final = 512
STRIDE_PX: Final = 170
THRESHOLD: Final = 0.5


def predict(
    network: SegFixNetwork,
    image: NDArray[np.uint8],
    *,
    crops: bool = False,
    crop_px: int = CROP_PX,
    stride_px: int = STRIDE_PX,
    batch: int = 4,
    device: str | torch.device = "cpu",
    precision: Precision = "float32",
) -> Prediction:
    """Boundary and directions of one image.

    Probabilities of the boundary and logits of the directions are enlarged bilinearly, corners on corners. With
    crops they are averaged where crops overlap, before the direction of the largest logit is taken.

    Args:
        network: is moved to the device; `refiners.networks.fuse_batchnorm` makes a faster one
        of it.
        image: uint8 RGB (H, W, 3).
        crops: look at overlapping squares instead of the whole image.
        crop_px: side of the squares; a shorter side of the image is taken whole.
        stride_px: from one square to the next; the last ones end where the image ends.
        batch: squares at a time.
        device: where to compute.
        precision: of the network; other than float32 by autocast. What follows is in float32.

    Returns:
        Probability of the boundary, float32 (H, W), and direction class, uint8 (H, W); of equal logits the lower
        class.

    Raises:
        ValueError: an image of another shape or dtype, another precision, a batch below 1, or a stride that is not
            within 1 and the crop.
    """
    _require(precision, crop_px, stride_px, batch)
    where = torch.device(device)
    pixels = preprocess(image)[None].to(where)
    with inference(network, where, precision):
        if crops:
            return _of_crops(network, pixels, crop_px, stride_px, batch)
        maps = _maps(network, pixels)
        size = (image.shape[0], image.shape[1])
        return _enlarged(maps[:, :1], size)[0, 0].cpu().numpy(), _largest_enlarged(maps[:, 1:], size)


def offsets(boundary: NDArray[np.float32], classes: NDArray[np.uint8], directions: Directions) -> NDArray[np.int8]:
    """The shortest steps of whole pixels along the directions, where a boundary is more likely than not.

    Args:
        boundary: its probability, float32 (H, W).
        classes: of directions, uint8 (H, W), 0..m-1.
        directions: the division of the circle.

    Returns:
        int8 (H, W, 2), order (dy, dx); (0, 0) where the probability is at most 0.5.

    Raises:
        ValueError: another division.
    """
    near = boundary > THRESHOLD
    found = np.zeros((*boundary.shape, 2), np.int8)
    found[near] = offset_vectors(directions).astype(np.int8)[classes[near]]
    return found


def _require(precision: str, crop_px: int, stride_px: int, batch: int) -> None:
    precision_named(precision)
    if batch < 1:
        raise ValueError(f"batch is {batch}; allowed: at least 1")
    if not 1 <= stride_px <= crop_px:
        raise ValueError(f"stride_px is {stride_px}; allowed: 1 to crop_px, which is {crop_px}")


def _maps(network: SegFixNetwork, pixels: Tensor) -> Tensor:
    """Probability of the boundary and logits of the directions, float32 (N, 1 + m, h, w)."""
    mask, direction = network(pixels)
    return torch.cat([mask.float().softmax(dim=1)[:, 1:], direction.float()], dim=1)


def _of_crops(network: SegFixNetwork, pixels: Tensor, crop_px: int, stride_px: int, batch: int) -> Prediction:
    height, width = pixels.shape[-2:]
    windows = list(product(_spans(height, crop_px, stride_px), _spans(width, crop_px, stride_px)))
    count = pixels.new_zeros((height, width, 1))
    total = torch.zeros_like(count)
    for first in range(0, len(windows), batch):
        some = windows[first : first + batch]
        crops = torch.cat([pixels[:, :, rows, columns] for rows, columns in some])
        enlarged = _enlarged(_maps(network, crops), (crops.shape[-2], crops.shape[-1])).permute(0, 2, 3, 1)
        if not first:
            total = total.repeat(1, 1, enlarged.shape[-1])
        for window, part in zip(some, enlarged, strict=True):
            total[window] += part
            count[window] += 1
    boundary = total[..., 0] / count[..., 0]
    # The mean of the logits is largest where their sum is.
    classes = total[..., 1:].argmax(dim=-1).to(torch.uint8)
    return boundary.cpu().numpy(), classes.cpu().numpy()


def _spans(length: int, crop_px: int, stride_px: int) -> list[slice]:
    crop_px = min(length, crop_px)
    last = length - crop_px
    return [slice(start, start + crop_px) for start in (*range(0, last, stride_px), last)]


def _enlarged(maps: Tensor, size: tuple[int, int]) -> Tensor:
    return functional.interpolate(maps, size, mode="bilinear", align_corners=True)


def _largest_enlarged(logits: Tensor, size: tuple[int, int]) -> NDArray[np.uint8]:
    """Channel of the largest value after enlarging, uint8 (H, W), of float32 (1, m, h, w)."""
    if logits.device.type != "cpu":
        return np.asarray(_enlarged(logits, size)[0].argmax(dim=0).to(torch.uint8).cpu().numpy())
    # A loop that enlarges pixel by pixel spares m maps of the image's size, and most of the time.
    classes = np.zeros(size, np.uint8)
    last = np.ascontiguousarray(logits[0].permute(1, 2, 0).numpy())
    _fill_largest(last, *_between(last.shape[0], size[0]), *_between(last.shape[1], size[1]), classes)
    return classes


def _between(coarse: int, fine: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Which coarse position each fine one comes after, and by what share of the way to the next."""
    position = np.arange(fine, dtype=np.float32) * np.float32((coarse - 1) / max(fine - 1, 1))
    before = np.minimum(position.astype(np.int64), max(coarse - 2, 0))
    return before, position - before.astype(np.float32)


@njit(cache=True, nogil=True)
def _fill_largest(logits: Any, above: Any, down: Any, left: Any, right: Any, classes: Any) -> None:
    height, width, channels = logits.shape
    row = np.empty((width, channels), np.float32)
    for y in range(classes.shape[0]):
        upper, lower = logits[above[y]], logits[min(above[y] + 1, height - 1)]
        for x in range(width):
            for channel in range(channels):
                row[x, channel] = upper[x, channel] + (lower[x, channel] - upper[x, channel]) * down[y]
        for x in range(classes.shape[1]):
            before, after = row[left[x]], row[min(left[x] + 1, width - 1)]
            largest = np.float32(-np.inf)
            for channel in range(channels):
                value = before[channel] + (after[channel] - before[channel]) * right[x]
                if value > largest:
                    largest = value
                    classes[y, x] = channel
