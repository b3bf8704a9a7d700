"""Masks as files: levels as a grey PNG, or an array."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import cv2
import numpy as np

from boundary_bench.metrics.structures.binary_mask import BinaryMask
from boundary_bench.refiners.files.atomic_write import replace_file


def write_mask(path: Path, mask: BinaryMask, *, object_level: int = 255) -> None:
    """Write a mask as a grey PNG of 8 bits; never leaves half a file.

    Args:
        path: the file; missing folders are made.
        mask: soft ones are written as their levels in 255ths.
        object_level: of the object's pixels in hard masks, 1 to 255.

    Raises:
        OSError: the folder cannot be written to.
    """
    soft = mask.probabilities is not None
    levels = mask.levels if soft else np.where(mask.mask, np.uint8(object_level), np.uint8(0))
    _, encoded = cv2.imencode(".png", np.ascontiguousarray(levels))
    replace_file(path, encoded.tobytes())


def write_mask_array(path: Path, mask: BinaryMask) -> None:
    """Write probabilities, float32 (H, W) in 0..1, as `.npy`; of hard masks bool."""
    buffer = BytesIO()
    probabilities = mask.probabilities
    if probabilities is None:
        np.save(buffer, mask.mask)
    else:
        scaled = probabilities / np.float32(255) if probabilities.dtype == np.uint8 else probabilities
        np.save(buffer, np.asarray(scaled, np.float32))
    replace_file(path, buffer.getvalue())
