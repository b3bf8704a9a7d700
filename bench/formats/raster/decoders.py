"""Decoders without limits and warnings of their own: files are checked here, and refused in one message."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

_LOCK = Lock()
_before: list[Any] = []
"""Settings of the decoders while any thread is inside, one entry for each thread; the first are those to restore."""


@contextmanager
def quiet_decoders() -> Iterator[None]:
    """Within it, neither Pillow nor OpenCV warns, and Pillow has no limit of pixels; several threads may be in it.

    Settings of both libraries hold for a whole process, so that they are set when the first thread enters and restored
    when the last one leaves.
    """
    with _LOCK:
        _before.append(_silence() if not _before else None)
    try:
        yield
    finally:
        with _LOCK:
            first = _before[0]
            _before.pop()
            if not _before:
                _restore(*first)


def decoded(data: bytes, flags: int) -> NDArray[Any] | None:
    """What OpenCV makes of a file's bytes, channels in the order blue, green, red; None where it cannot."""
    with quiet_decoders():
        try:
            found: NDArray[Any] | None = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
        except cv2.error:
            return None
    return found


def _silence() -> tuple[int | None, int, warnings.catch_warnings[Any]]:
    from PIL import Image

    caught: warnings.catch_warnings[Any] = warnings.catch_warnings()
    before = Image.MAX_IMAGE_PIXELS, cv2.utils.logging.getLogLevel(), caught
    caught.__enter__()
    warnings.filterwarnings("ignore", module=r"PIL\.")
    Image.MAX_IMAGE_PIXELS = None
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    return before


def _restore(pixels: int | None, level: int, caught: warnings.catch_warnings[Any]) -> None:
    from PIL import Image

    caught.__exit__(None, None, None)
    Image.MAX_IMAGE_PIXELS = pixels
    cv2.utils.logging.setLogLevel(level)
