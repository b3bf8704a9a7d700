"""Masks of one image, run-length encoded as in COCO and held together: what instances are measured and refined as."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from boundary_bench.metrics.kernels import rle


@dataclass(frozen=True, eq=False)
class Masks:
    """N masks of one image. They may overlap and may be empty.

    Attributes:
        size: (H, W) in pixels.
        counts: uint32 (R,), int64 for 2**32 pixels or more: the run lengths of all masks after one another, down the
            columns, zeros first. Any integers may be given.
        starts: int64 (N + 1,), where each mask's run lengths begin in `counts`, and their end.

    Raises:
        ValueError: run lengths of a mask that do not add up to H * W, or a size that is not positive.
    """

    size: tuple[int, int]
    counts: NDArray[Any]
    starts: NDArray[np.int64]

    def __post_init__(self) -> None:
        height, width = self.size
        if height < 1 or width < 1:
            raise ValueError(f"size is {self.size}; allowed: positive height and width")
        wrong = rle.first_overrun(self.counts, self.starts, height * width)
        if wrong < len(self):
            raise ValueError(f"mask {wrong}: {_overrun(self.runs(wrong), self.size)}")
        object.__setattr__(self, "counts", self.counts.astype(_dtype_of(self.size), copy=False))
        self.counts.flags.writeable = False
        self.starts.flags.writeable = False

    @classmethod
    def from_runs(cls, size: tuple[int, int], runs: Sequence[NDArray[Any]]) -> Self:
        """From the run lengths of each mask, any integer dtype (r,)."""
        starts = np.zeros(len(runs) + 1, np.int64)
        np.cumsum([len(one) for one in runs], out=starts[1:])
        return cls(size, np.concatenate(runs) if runs else np.zeros(0, np.uint32), starts)

    @classmethod
    def from_coco(cls, size: tuple[int, int], codes: Iterable[Mapping[str, Any]]) -> Self:
        """From COCO's `{"size": [H, W], "counts": ...}`, counts as text, bytes or a list of lengths.

        Raises:
            ValueError: another size, or counts that cannot be decoded, naming the mask by its place.
        """
        texts = []
        for place, code in enumerate(codes):
            if tuple(code["size"]) != tuple(size):
                raise ValueError(f"mask {place} has size {list(code['size'])}; allowed: {list(size)}, the image's")
            texts.append(_text(place, code["counts"], size))
        joined = b"".join(texts)
        counts, starts = np.empty(len(joined), np.int64), np.zeros(len(texts) + 1, np.int64)
        ends = np.cumsum([len(text) for text in texts], dtype=np.int64)
        whole = rle.decode_strings(np.frombuffer(joined, np.uint8), ends, counts, starts)
        if whole < len(texts):
            raise ValueError(f"mask {whole}: counts are no run-length code; allowed: COCO's compressed text")
        return cls(size, counts[: starts[-1]], starts)

    @classmethod
    def from_dense(cls, size: tuple[int, int], masks: Iterable[NDArray[np.bool_]]) -> Self:
        """From arrays of bool (H, W)."""
        return cls.from_windows(size, ((mask, 0, 0) for mask in masks))

    @classmethod
    def from_windows(cls, size: tuple[int, int], windows: Iterable[tuple[NDArray[np.bool_], int, int]]) -> Self:
        """From (mask bool (h, w), top, left): windows inside the image, outside of which the masks are 0."""
        return cls.from_runs(size, [_encoded(window, size, top, left) for window, top, left in windows])

    def __len__(self) -> int:
        return len(self.starts) - 1

    @property
    def areas(self) -> NDArray[np.int64]:
        """Pixels of each mask, int64 (N,)."""
        return self._measured[0]

    @property
    def boxes(self) -> NDArray[np.int64]:
        """(top, left, bottom, right) of each mask, ends exclusive; zeros for an empty one. int64 (N, 4)."""
        return self._measured[1]

    @cached_property
    def _measured(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        areas, boxes = np.zeros(len(self), np.int64), np.zeros((len(self), 4), np.int64)
        rle.measure(self.counts, self.starts, self.size[0], areas, boxes)
        return areas, boxes

    def runs(self, index: int) -> NDArray[np.integer]:
        """Run lengths of one mask."""
        return self.counts[self.starts[index] : self.starts[index + 1]]

    def window(self, index: int, box: Sequence[int] | None = None) -> NDArray[np.bool_]:
        """One mask as bool, within its box, or within a larger one given as (top, left, bottom, right)."""
        top, left, bottom, right = self.boxes[index] if box is None else box
        out = np.zeros((bottom - top, right - left), np.bool_)
        if self.areas[index]:
            rle.paint(self.runs(index), self.size[0], top, left, True, out)
        return out

    def dense(self, index: int) -> NDArray[np.bool_]:
        """One mask as bool (H, W)."""
        return self.window(index, (0, 0, *self.size))

    def coco(self, index: int) -> dict[str, Any]:
        """One mask as COCO writes it: `{"size": [H, W], "counts": text}`."""
        text = np.empty(7 * len(self.runs(index)), np.uint8)
        length = rle.encode_string(self.runs(index), text)
        return {"size": list(self.size), "counts": text[:length].tobytes().decode("ascii")}

    def subset(self, indices: Sequence[int] | NDArray[Any]) -> Masks:
        """Some of the masks, in the order given."""
        return Masks.from_runs(self.size, [self.runs(int(index)) for index in indices])


def _text(place: int, counts: Any, size: tuple[int, int]) -> bytes:
    """Counts of any form as COCO's compressed text; what is no text is checked, as the text could hide what it was."""
    if isinstance(counts, bytes):
        return counts
    if isinstance(counts, str):
        # Bytes of characters beyond ASCII are none of the code, so these are refused like other wrong ones.
        return counts.encode("utf-8", "surrogatepass")
    try:
        lengths = np.asarray(counts)
    except ValueError:  # lists within the list
        lengths = np.array(None)
    if lengths.dtype.kind == "f" and (np.abs(lengths) < 2**53).all() and (lengths == np.floor(lengths)).all():
        lengths = lengths.astype(np.int64)  # tables write whole numbers as 3.0
    if lengths.ndim != 1 or (lengths.dtype.kind not in "iu" and len(lengths)):
        allowed = "run lengths or COCO's compressed text"
        raise ValueError(f"mask {place}: counts are no list of whole numbers; allowed: {allowed}")
    if len(lengths) and (lengths.min() < 0 or lengths.max() > size[0] * size[1]):
        raise ValueError(f"mask {place}: {_overrun(lengths, size)}")
    text = np.empty(7 * len(lengths), np.uint8)
    return text[: rle.encode_string(lengths.astype(np.int64), text)].tobytes()


def _overrun(lengths: NDArray[Any], size: tuple[int, int]) -> str:
    """Problem with run lengths that are not those of a mask."""
    total = size[0] * size[1]
    wrong = lengths[(lengths < 0) | (lengths > total)]
    if len(wrong):
        return f"a run of {wrong[0]} pixels; allowed: 0 to {total}"
    return f"{lengths.sum()} pixels are encoded; allowed: {total}, the {size[0]} x {size[1]} of the image"


def _dtype_of(size: tuple[int, int]) -> type[np.uint32 | np.int64]:
    return np.uint32 if size[0] * size[1] < 2**32 else np.int64


def _encoded(window: NDArray[np.bool_], size: tuple[int, int], top: int, left: int) -> NDArray[np.integer]:
    height, width = size
    if top < 0 or left < 0 or top + window.shape[0] > height or left + window.shape[1] > width:
        raise ValueError(f"a window of {window.shape} at ({top}, {left}); allowed: inside the image of {size}")
    if window.size == 0:
        return np.array([height * width], _dtype_of(size))
    counts = np.empty(2 * window.size + 2, np.int64)
    found = rle.encode_window(window, height, width, top, left, counts)
    return counts[:found].astype(_dtype_of(size))
