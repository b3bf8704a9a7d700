"""Class probabilities enlarged along the offsets that a guidance network sees in an image."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from boundary_bench.refiners.gum.network import GuidanceNetwork
from boundary_bench.refiners.gum.sampling import guided
from boundary_bench.refiners.networks.device import Precision, precision_named
from boundary_bench.refiners.networks.inference import inference
from boundary_bench.refiners.segfix.network import preprocess


def enlarged(
    network: GuidanceNetwork,
    image: NDArray[np.uint8],
    probabilities: NDArray[np.float32],
    *,
    device: str | torch.device = "cpu",
    precision: Precision = "float32",
) -> NDArray[np.float32]:
    """Probabilities at the resolution of the image.

    Args:
        network: is moved to the device; `refiners.networks.fuse_batchnorm` makes a faster one
        of it.
        image: uint8 RGB (H, W, 3).
        probabilities: float32 (K, h, w), of the same field of view.
        device: where to compute.
        precision: of the network; other than float32 by autocast. Sampling is in float32.

    Returns:
        float32 (K, H, W).

    Raises:
        ValueError: an image of another shape or dtype, or another precision.
    """
    where = torch.device(device)
    images = preprocess(image)[None].to(where)
    # A copy, since the probabilities of a prediction are read-only and torch has no such tensors.
    coarse = torch.from_numpy(probabilities.copy())[None].to(where)
    with inference(network, where, precision_named(precision)):
        offsets = network(images)
    found: NDArray[np.float32] = guided(coarse, offsets)[0].cpu().numpy()
    return found
