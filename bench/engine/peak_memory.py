"""Peak memory of a piece of work, where the operating system can say it: on Linux, for the main memory."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

STATUS = Path("/proc/self/status")
RESET = Path("/proc/self/clear_refs")


def with_peak(work: Callable[[], T]) -> tuple[T, int | None]:
    """Result, and by how many bytes this process grew at most meanwhile.

    Memory that the process had taken before and found free again is not seen, that of other threads is. None where the
    system keeps no peak that can be set back.
    """
    before = _marked()
    result = work()
    peak = _status("VmHWM") if before is not None else None
    return result, None if before is None or peak is None else max(0, peak - before)


def _marked() -> int | None:
    """Resident bytes, from which the peak is counted from now on."""
    try:
        RESET.write_text("5")
    except OSError:
        return None
    return _status("VmRSS")


def _status(name: str) -> int | None:
    """A line of the process's status, in bytes."""
    try:
        lines = STATUS.read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return None
    found = [line.split()[1] for line in lines if line.startswith(f"{name}:")]
    return 1024 * int(found[0]) if found else None
