"""Long lists of JSON files, parsed part by part: parsed as a whole they would need ten times the memory of the file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from boundary_bench.bench.io import json_spans

PART = 4096
"""Entries that are parsed at a time."""


class Entries(Sequence[Any]):
    """A list of a JSON text, of which entries are parsed when they are asked for.

    Attributes:
        starts, stops: int64 (E,), where each entry begins and ends in the text.

    Args:
        data: the text.
        starts, stops: int64 (E,), where each entry begins and ends, in rising order with nothing but commas and white
            space between.
    """

    def __init__(self, data: bytes, starts: NDArray[np.int64], stops: NDArray[np.int64]) -> None:
        self._data, self.starts, self.stops = data, starts, stops

    def __len__(self) -> int:
        return len(self.starts)

    def __getitem__(self, place: Any) -> Any:
        """One entry, or a list of those of a slice.

        Raises:
            orjson.JSONDecodeError: what lies there is no JSON.
        """
        if not isinstance(place, slice):
            return orjson.loads(self._data[self.starts[place] : self.stops[place]])
        first, last, step = place.indices(len(self))
        if step != 1:
            return self.at(range(first, last, step))
        if first >= last:
            return []
        return orjson.loads(b"[%b]" % self._data[self.starts[first] : self.stops[last - 1]])

    def __iter__(self) -> Iterator[Any]:
        for first in range(0, len(self), PART):
            yield from self[first : first + PART]

    def text(self, place: int) -> bytes:
        """One entry as it stands in the text."""
        return self._data[self.starts[place] : self.stops[place]]

    def at(self, places: Sequence[int] | NDArray[np.int64]) -> list[Any]:
        """Entries at some places, in their order."""
        starts, stops = self.starts[places].tolist(), self.stops[places].tolist()
        parts = [self._data[start:stop] for start, stop in zip(starts, stops, strict=True)]
        found: list[Any] = orjson.loads(b"[%b]" % b",".join(parts))
        return found


def list_of(data: bytes) -> Entries | None:
    """The list that a JSON text is; None where it is something else or broken."""
    view = np.frombuffer(data, np.uint8)
    start = json_spans.after_space(view, 0)
    if start == len(data) or view[start] != json_spans.OPEN_LIST:
        return None
    starts, stops, end = json_spans.entries(view, start)
    return Entries(data, starts, stops) if end and json_spans.after_space(view, end) == len(data) else None


def lists_of(data: bytes) -> Mapping[str, Any] | None:
    """The members of the object that a JSON text is, lists as `Entries`; None where it is something else or broken.

    Raises:
        orjson.JSONDecodeError: a key, or a value other than a list, that is no JSON.
    """
    view = np.frombuffer(data, np.uint8)
    start = json_spans.after_space(view, 0)
    if start == len(data) or view[start] != json_spans.OPEN_OBJECT:
        return None
    members, end = json_spans.members(view, start)
    if not end or json_spans.after_space(view, end) != len(data):
        return None
    found: dict[str, Any] = {}
    for key_start, key_end, first, last in members.tolist():
        value: Any = None
        if view[first] == json_spans.OPEN_LIST:
            starts, stops, closed = json_spans.entries(view, first)
            if not closed:
                return None
            value = Entries(data, starts, stops)
        else:
            value = orjson.loads(data[first:last])
        found[orjson.loads(data[key_start:key_end])] = value
    return found
