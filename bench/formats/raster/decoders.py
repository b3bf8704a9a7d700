"""Decoders without limits and warnings of their own: files are checked here, and refused in one message."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

_LOCK = Lock()
_inside: dict[str, list[Any]] = {"opencv": [], "pillow": []}
"""Settings of each library while any thread is inside, one entry for each thread; the first are those to restore."""


@contextmanager
def quiet_decoders() -> Iterator[None]:
    """Within it, neither Pillow nor OpenCV warns, and Pillow has no limit of pixels; several threads may be in it."""
    with _quiet("opencv", _silence_opencv, cv2.utils.logging.setLogLevel), _quiet("pillow", _silence_pillow, _restore):
        yield


@contextmanager
def _quiet(library: str, silence: Callable[[], Any], restore: Callable[[Any], Any]) -> Iterator[None]:
    """Settings hold for a whole process: the first thread that enters changes them, the last that leaves restores."""
    inside = _inside[library]
    with _LOCK:
        inside.append(None if inside else silence())
    try:
        yield
    finally:
        with _LOCK:
            before = inside[0]
            inside.pop()
            if not inside:
                restore(before)


def decoded(data: bytes, flags: int) -> NDArray[Any] | None:
    """What OpenCV makes of a file's bytes, channels in the order blue, green, red; None where it cannot."""
    with _quiet("opencv", _silence_opencv, cv2.utils.logging.setLogLevel):
        try:
            found: NDArray[Any] | None = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
        except cv2.error:
            return None
    return found


def _silence_opencv() -> int:
    before = cv2.utils.logging.getLogLevel()
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    return before


def _silence_pillow() -> tuple[int | None, warnings.catch_warnings[Any]]:
    from PIL import Image

    caught: warnings.catch_warnings[Any] = warnings.catch_warnings()
    before = Image.MAX_IMAGE_PIXELS, caught
    caught.__enter__()
    warnings.filterwarnings("ignore", module=r"PIL\.")
    Image.MAX_IMAGE_PIXELS = None
    return before


def _restore(before: tuple[int | None, warnings.catch_warnings[Any]]) -> None:
    from PIL import Image

    pixels, caught = before
    caught.__exit__(None, None, None)
    Image.MAX_IMAGE_PIXELS = pixels
