"""Binary masks as refiners see them that work with probabilities: soft ones stay soft, hard ones stay hard."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from boundary_bench.metrics.structures.binary_mask import BinaryMask, above_half

WHOLE = np.float32(255)


def probability(prediction: BinaryMask) -> NDArray[np.float32]:
    """Of the object, float32 (H, W) in 0..1, not to be written to; 0 and 1 where the mask is hard."""
    if prediction.probabilities is None:
        return prediction.mask.astype(np.float32)
    if prediction.probabilities.dtype == np.uint8:
        return np.asarray(prediction.probabilities / WHOLE, np.float32)
    return np.asarray(prediction.probabilities, np.float32)


def answer(prediction: BinaryMask, refined: NDArray[np.float32]) -> BinaryMask:
    """A refined mask, as soft or as hard as the one that came in.

    Args:
        prediction: what was refined.
        refined: the object's new probabilities, float32 (H, W). The object is where they are 0.5 or more.
    """
    clipped = np.clip(refined, 0, 1)
    return BinaryMask(above_half(clipped), None if prediction.probabilities is None else clipped)


def unrefined(prediction: BinaryMask) -> BinaryMask:
    """The same mask, its probabilities as float32; where it was void it is background."""
    soft = None if prediction.probabilities is None else probability(prediction)
    return BinaryMask(prediction.mask, soft)
