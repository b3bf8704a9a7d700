"""Images of 10 to 16 bits in 8 bits."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def narrowed(stored: NDArray[np.uint16]) -> NDArray[np.uint8]:
    """The 8 bits from the highest one in use on.

    Cameras of 10, 12 or 14 bits store their values in 16, so that the range in use says how many there are; values
    that were widened from 8 bits, by a shift or by repetition, come back exactly. The range is that of one image: one
    of a set that is dark all over (below half of the others' range) comes out brighter than it would beside them. No
    refiner compares images, and one that was trained on 8 bits sees the contrast that it knows.
    """
    unused = max(int(stored.max()).bit_length() - 8, 0)
    return (stored >> unused).astype(np.uint8)
