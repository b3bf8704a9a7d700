"""Handle SIGTERM like Ctrl-C."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class Terminated(KeyboardInterrupt):
    """SIGTERM, which then leaves by the way that Ctrl-C takes."""


@contextmanager
def terminable() -> Iterator[None]:
    """SIGTERM within the block raises `Terminated`, so that what is open is closed; only in a main thread."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, _terminate)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _terminate(number: int, frame: Any) -> None:  # noqa: ARG001 - a handler's arguments
    raise Terminated
