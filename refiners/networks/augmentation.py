"""Changes of images that trainings share."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

BRIGHTNESS: Final = 10
"""Of 255: the most that is added to an image or taken from it."""


def brightened(image: NDArray[np.uint8], shift: int) -> NDArray[np.uint8]:
    """The image with a whole number added, cut to 0..255."""
    return np.clip(image.astype(np.int16) + shift, 0, 255).astype(np.uint8)
