"""Inference of refinement networks on patches, as in the released test script (Section 3.1)."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from boundary_bench.refiners.bpr.network import Masks, RefinementNetwork, normalised, stacked
from boundary_bench.refiners.networks.device import Precision, precision_named
from boundary_bench.refiners.networks.inference import inference

BATCH: Final = 32
"""Patches at a time: enough for a CPU, few for a GPU."""


def probabilities(
    network: RefinementNetwork,
    images: NDArray[np.uint8],
    masks: Masks,
    *,
    input_px: int,
    batch: int = BATCH,
    device: str | torch.device = "cpu",
    precision: Precision = "float32",
) -> NDArray[np.float32]:
    """Probability that each pixel of some patches belongs to the object.

    Images are resized bilinearly and masks to the nearest pixel before the network; its logits are resized
    bilinearly, first to the size of its input and then to that of the patch, before they become probabilities.

    Args:
        network: is moved to the device; `refiners.networks.fuse_batchnorm` makes a faster one
        of it.
        images: uint8 RGB (N, H, W, 3); N may be 0.
        masks: of the objects, bool, or uint8 of 0 and 1, (N, H, W); a network without mask takes no notice of them.
        input_px: side of the square that the network sees; where it is no multiple of 32, HRNets differ slightly from
            the released code.
        batch: patches at a time.
        device: where to compute.
        precision: of the network; other than float32 by autocast. What follows is in float32.

    Returns:
        float32 (N, H, W).

    Raises:
        ValueError: patches of another shape or dtype, masks of other numbers, another precision, or a side or batch
            below 1.
    """
    _require(precision, input_px, batch)
    where = torch.device(device)
    pixels = stacked(images, masks)[..., : 4 if network.with_mask else 3]
    found = np.empty(masks.shape, np.float32)
    with inference(network, where, precision):
        for first in range(0, len(pixels), batch):
            some = slice(first, first + batch)
            inputs = normalised(torch.from_numpy(_resized(pixels[some], input_px)).to(where))
            found[some] = _foreground(network(inputs), input_px, masks.shape[1:]).cpu().numpy()
    return found


def _require(precision: str, input_px: int, batch: int) -> None:
    precision_named(precision)
    for name, value in (("input_px", input_px), ("batch", batch)):
        if value < 1:
            raise ValueError(f"{name} is {value}; allowed: at least 1")


def _resized(pixels: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """uint8 (N, H, W, 3 or 4) -> (N, side, side, same); a fourth channel keeps its values."""
    if pixels.shape[1:3] == (side, side):
        return np.ascontiguousarray(pixels)
    found = np.empty((len(pixels), side, side, pixels.shape[-1]), np.uint8)
    for before, after in zip(pixels, found, strict=True):
        after[..., :3] = cv2.resize(before[..., :3], (side, side), interpolation=cv2.INTER_LINEAR)
        if after.shape[-1] == 4:
            after[..., 3] = cv2.resize(before[..., 3], (side, side), interpolation=cv2.INTER_NEAREST)
    return found


def _foreground(logits: Tensor, input_px: int, size: tuple[int, ...]) -> Tensor:
    """Logits (N, 2, h, w) -> probability of channel 1, float32 (N, *size)."""
    logits = logits.float()
    for target in ((input_px, input_px), size):
        if logits.shape[-2:] != target:
            logits = functional.interpolate(logits, target, mode="bilinear", align_corners=False)
    # Of two classes, softmax is the logistic function of the difference.
    return (logits[:, 1] - logits[:, 0]).sigmoid()
