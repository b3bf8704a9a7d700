"""Results as nearly all tools write them, read without an object for each: half a million would need a gigabyte.

Plain are results of which every one has a whole number or a text as `image_id`, a whole number as `category_id`, a
number as `score`, and a compressed run-length code as `segmentation`, whatever else they have but a `file_name`. All
others are read one by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from boundary_bench.bench.io import json_spans, json_values
from boundary_bench.bench.io.json_lists import Entries, list_of
from boundary_bench.metrics.structures.masks import Masks

NAMES = ("image_id", "category_id", "score", "segmentation", "bbox", "file_name")
NEEDED = NAMES[:4]
CODE = ("size", "counts")


@dataclass(frozen=True, eq=False)
class PlainResults:
    """Results of a file in its order, E of them.

    Attributes:
        entries: the results themselves.
        images: ids of their images, E whole numbers or texts.
        categories: int64 (E,), ids of categories.
        scores: float64 (E,), finite.
        boxed: bool (E,), those that have a list as `bbox`.
    """

    entries: Entries
    images: Sequence[int | str]
    categories: NDArray[np.int64]
    scores: NDArray[np.float64]
    boxed: NDArray[np.bool_]
    _data: NDArray[np.uint8]
    _sizes: NDArray[np.int64]
    _counts: NDArray[np.int64]
    _boxes: NDArray[np.int64]

    def masks(self, size: tuple[int, int], places: NDArray[np.int64]) -> Masks:
        """Masks of some results of one image.

        Args:
            size: (H, W) of the image.
            places: int64 (N,), those of the results.

        Raises:
            ValueError: a mask of another size, or that cannot be decoded.
        """
        if (self._sizes[places] != size).any():
            raise ValueError(f"masks of other sizes; allowed: {list(size)}, the image's")
        spans = self._counts[places]
        text, ends = np.empty(int((spans[:, 1] - spans[:, 0]).sum()), np.uint8), np.zeros(len(spans), np.int64)
        if json_values.texts(self._data, spans, text, ends) < len(spans):
            raise ValueError("counts with escapes; allowed: COCO's compressed text")
        return Masks.from_text(size, text[: ends[-1] if len(ends) else 0], ends)

    def box_areas(self, places: NDArray[np.int64]) -> NDArray[np.float64]:
        """Width times height of the `bbox` of some results, px, float64 (N,); NaN where there is none."""
        areas = np.full(len(places), np.nan)
        spans, sides = self._boxes[places], np.empty((len(places), 4))
        if json_values.decimals(self._data, spans, sides) == len(places):
            return sides[:, 2] * sides[:, 3]
        there = np.flatnonzero(spans[:, 1])
        for place, box in zip(there, _values(self._data, spans[there]), strict=True):
            if isinstance(box, list) and len(box) == 4 and _only(box, int, float):
                areas[place] = float(box[2]) * float(box[3])
        return areas

    def text(self, places: NDArray[np.int64]) -> str:
        """Some results as they stand in the file, one after the other."""
        return b"".join(map(self.entries.text, places.tolist())).decode("utf-8", "replace")


def read_plain(data: bytes) -> PlainResults | None:
    """Results of a JSON text; None where some are not plain, or it is no list of results."""
    entries = list_of(data)
    if not entries:
        return None
    view = np.frombuffer(data, np.uint8)
    found = _fields(view, entries.starts, entries.stops, NAMES)
    code = None if found is None else _fields(view, found[:, 3, 0], found[:, 3, 1], CODE)
    if found is None or code is None or (view[code[:, 1, 0]] != json_spans.QUOTE).any():
        return None
    categories, sizes = _whole(view, found[:, 1], 1), _whole(view, code[:, 0], 2)
    images, scores = _ids(view, found[:, 0]), _numbers(view, found[:, 2])
    if categories is None or sizes is None or images is None or scores is None or found[:, 5].any():
        return None
    boxes = found[:, 4].copy()
    boxed = (boxes[:, 1] > 0) & (view[boxes[:, 0]] == json_spans.OPEN_LIST)
    return PlainResults(entries, images, categories[:, 0], scores, boxed, view, sizes, code[:, 1].copy(), boxes)


def _fields(view: Any, starts: Any, stops: Any, names: Sequence[str]) -> NDArray[np.int64] | None:
    """Where the values of these names lie, int64 (E, F, 2); None where not all are objects that have what is needed."""
    keys = np.frombuffer("".join(names).encode(), np.uint8)
    ends = np.cumsum([len(name) for name in names])
    found = np.empty((len(starts), len(names), 2), np.int64)
    starts, stops = np.ascontiguousarray(starts), np.ascontiguousarray(stops)
    if json_spans.fields(view, starts, stops, keys, ends, found) < len(starts):
        return None
    needed = [place for place, name in enumerate(names) if name in (*NEEDED, *CODE)]
    return found if (found[:, needed, 1] > 0).all() else None


def _whole(view: Any, spans: NDArray[np.int64], count: int) -> NDArray[np.int64] | None:
    """The whole number, or the list of so many, at each of these places: int64 (E, count)."""
    out = np.empty((len(spans), count), np.int64)
    return out if json_values.whole_numbers(view, np.ascontiguousarray(spans), out) == len(spans) else None


def _ids(view: Any, spans: NDArray[np.int64]) -> Sequence[int | str] | None:
    numbers = _whole(view, spans, 1)
    if numbers is not None:
        whole: list[int] = numbers[:, 0].tolist()
        return whole
    found = _values(view, spans)
    return found if _only(found, int, str) else None


def _numbers(view: Any, spans: NDArray[np.int64]) -> NDArray[np.float64] | None:
    found = _values(view, spans)
    if not _only(found, int, float):
        return None
    numbers = np.array(found, np.float64)
    return numbers if np.isfinite(numbers).all() else None


def _values(view: Any, spans: NDArray[np.int64]) -> list[Any]:
    """The values at these places; none where one of them is no JSON."""
    text = np.empty(int((spans[:, 1] - spans[:, 0]).sum()) + len(spans) + 2, np.uint8)
    json_values.gathered(view, np.ascontiguousarray(spans), text)
    try:
        found: list[Any] = orjson.loads(text[: max(2, len(text) - 1)].tobytes())
    except orjson.JSONDecodeError:
        return [None] * len(spans)
    return found


def _only(values: Sequence[Any], *types: type) -> bool:
    return set(map(type, values)) <= set(types)
