"""Masks grown step by step to four neighbours, 64 pixels at once: words as `boundary_bench.metrics.kernels.thinning`
packs them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def grow_within(words: Any, allowed: Any, steps: int) -> Any:
    """A mask grown by a number of steps, in each of which it keeps to what is allowed: uint64 (H, words)."""
    here, grown = words.copy(), np.empty_like(words)
    for _ in range(steps):
        _grow(here, allowed, grown)
        here, grown = grown, here
    return here


@njit(cache=True, nogil=True)
def _grow(words: Any, allowed: Any, out: Any) -> None:
    height, count = words.shape
    zero, one, last = np.uint64(0), np.uint64(1), np.uint64(63)
    for y in range(height):
        above, below = words[max(y - 1, 0)], words[min(y + 1, height - 1)]
        for i in range(count):
            word = words[y, i]
            before = words[y, i - 1] if i > 0 else zero
            after = words[y, i + 1] if i + 1 < count else zero
            beside = (word << one) | (before >> last) | (word >> one) | (after << last)
            out[y, i] = (word | beside | above[i] | below[i]) & allowed[y, i]
