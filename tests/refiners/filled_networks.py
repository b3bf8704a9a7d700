"""Networks with weights that a rule makes from the names of their entries, and an image that one makes of a seed."""

from __future__ import annotations

import math
import zlib
from collections.abc import Mapping
from functools import lru_cache
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

COUNTER = "num_batches_tracked"
Network = TypeVar("Network", bound=nn.Module)


def weights(shapes: Mapping[str, tuple[int, ...]], *, gain: float = 0.7) -> dict[str, Tensor]:
    """float32 weights of moderate size for each entry, the same wherever they are made; not to be written to."""
    return {name: _entry(name, tuple(shape), gain) for name, shape in shapes.items()}


def fill_by_rule(network: Network) -> Network:
    network.load_state_dict(weights({name: tuple(entry.shape) for name, entry in network.state_dict().items()}))
    return network.eval()


def drawn_bgr(height: int, width: int, *, seed: int = 1234) -> NDArray[np.uint8]:
    """uint8 (H, W, 3): cells of 8 px in random colours, with noise; sides are multiples of 8."""
    cells = np.random.RandomState(seed).randint(0, 200, size=(height // 8, width // 8, 3))
    noise = np.random.RandomState(seed + 1).randint(0, 56, size=(height, width, 3))
    return (np.kron(cells, np.ones((8, 8, 1), int)) + noise).astype(np.uint8)


@lru_cache(maxsize=2500)  # entries of the largest network
def _entry(name: str, shape: tuple[int, ...], gain: float) -> Tensor:
    if name.endswith(COUNTER):
        return torch.zeros((), dtype=torch.int64)
    normal = np.random.RandomState(zlib.crc32(name.encode())).standard_normal(math.prod(shape)).reshape(shape)
    if name.endswith("running_var"):
        values = 1 + 0.1 * np.abs(normal)
    elif len(shape) == 1:
        values = 0.1 * normal + (1 if name.endswith("weight") else 0)
    else:
        centred = normal - normal.mean(axis=tuple(range(1, len(shape))), keepdims=True)
        values = gain * math.sqrt(2 / math.prod(shape[1:])) * centred
    return torch.from_numpy(values.astype(np.float32))
