"""Small label maps that were read a moment ago: a run checks each file before it scores the first."""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from threading import Lock

from boundary_bench.metrics.structures.labels import Labels

MOST_BYTES = 64 << 20
"""Kept in all."""
LARGEST_BYTES = 1 << 16
"""Of one map: larger ones take longer to score than to read again."""

Key = tuple[str, str | None, int, int]


class RecentLabels:
    """Label maps by file, array, time of the last change and size, the oldest of which go first; safe in threads."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Key, Labels] = OrderedDict()
        self._bytes = 0
        self._lock = Lock()

    def get(self, path: str | Path, key: str | None, read: Callable[[], Labels]) -> Labels:
        """A map as kept, else as `read` reads it; read-only where it is kept."""
        try:
            status = os.stat(path)
        except OSError:
            return read()  # which says what is wrong
        place = (str(path), key, status.st_mtime_ns, status.st_size)
        with self._lock:
            found = self._kept.get(place)
        if found is None:
            found = read()
            self._keep(place, found)
        return found

    def _keep(self, place: Key, labels: Labels) -> None:
        if labels.nbytes > LARGEST_BYTES:
            return
        labels.flags.writeable = False
        with self._lock:
            if place not in self._kept:
                self._kept[place] = labels
                self._bytes += labels.nbytes
            while self._bytes > MOST_BYTES:
                self._bytes -= self._kept.popitem(last=False)[1].nbytes
