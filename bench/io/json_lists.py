"""Long lists of JSON files, whose entries are parsed when they are asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from boundary_bench.bench.io import json_spans


class Entries:
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

    def text(self, place: int) -> bytes:
        """One entry as it stands in the text."""
        return self._data[self.starts[place] : self.stops[place]]

    def at(self, places: Sequence[int] | NDArray[np.int64]) -> list[Any]:
        """Entries at some places, in their order.

        Raises:
            orjson.JSONDecodeError: what lies there is no JSON.
        """
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
