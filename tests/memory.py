"""How much memory something takes."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable


def peak_mb(work: Callable[[], object]) -> float:
    """Megabytes that Python and NumPy take at most while it runs, beyond what they had before."""
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        work()
        return (tracemalloc.get_traced_memory()[1] - before) / 1e6
    finally:
        tracemalloc.stop()
