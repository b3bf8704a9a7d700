"""How any network is run when it is not trained."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn

from boundary_bench.refiners.networks.device import Precision


@contextmanager
def inference(network: nn.Module, device: torch.device, precision: Precision) -> Iterator[None]:
    """Within it, a network computes results alone: no gradients, no statistics of batches.

    On one thread of the CPU: with more, sums are taken in another order and a few pixels in ten million come out
    differently, so that results would depend on where they were computed. Work is spread over images instead.

    Args:
        network: is moved to the device, channels innermost in memory, and stays there; whether it was in training
            mode is restored.
        device: where to compute.
        precision: other than float32 by autocast.
    """
    network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    was_training, threads = network.training, torch.get_num_threads()
    network.eval()
    torch.set_num_threads(1)
    try:
        narrow = precision != "float32"
        dtype = getattr(torch, precision) if narrow else None
        with torch.inference_mode(), torch.autocast(device.type, dtype, enabled=narrow):
            yield
    finally:
        torch.set_num_threads(threads)
        network.train(was_training)
