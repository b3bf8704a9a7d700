"""Which side of a photo is up: cameras store pixels as the sensor lies, and say in a tag how to turn them.

Tools for annotation and prediction show and read photos upright, so that labels lie on upright pixels.
Source: EXIF 2.32, tag 0x0112, Orientation.
"""

from __future__ import annotations

from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from boundary_bench.refiners.files.png import SIGNATURE, chunk_body

TAG: Final = 0x0112
UPRIGHT: Final = 1
SIDEWAYS: Final = (5, 6, 7, 8)
"""Orientations in which height and width are swapped."""


def orientation_of(image: Any, data: bytes) -> int:
    """The tag of an image, 1 to 8; 1 where it has none, or one that means nothing.

    Args:
        image: the image as Pillow opened it, not decoded.
        data: the beginning of its file; of a PNG, Pillow would decode the image to find the tag.
    """
    from PIL import Image

    exif = Image.Exif()
    try:
        if data.startswith(SIGNATURE):
            exif.load(b"Exif\0\0" + (chunk_body(data, b"eXIf") or b""))
        else:
            exif = image.getexif()
        found = exif.get(TAG, UPRIGHT)
    except Exception:  # Pillow raises nearly anything; a damaged tag is none, and pixels are checked by themselves.
        return UPRIGHT
    return found if isinstance(found, int) and 1 <= found <= 8 else UPRIGHT


def upright_size(stored: tuple[int, int], orientation: int) -> tuple[int, int]:
    """(H, W) of an image once it is turned."""
    return stored[::-1] if orientation in SIDEWAYS else stored


def turned(stored: NDArray[np.uint8], orientation: int) -> NDArray[np.uint8]:
    """Pixels (H, W, ...) as they are stored, turned and mirrored so that they are upright."""
    if orientation in SIDEWAYS:
        stored = cv2.transpose(stored)
    # What is left to do after a transposition where there was one: 1 mirrors left and right, 0 up and down, -1 both.
    flips = {2: 1, 3: -1, 4: 0, 6: 1, 7: -1, 8: 0}
    upright: NDArray[np.uint8] = cv2.flip(stored, flips[orientation]) if orientation in flips else stored
    return upright
