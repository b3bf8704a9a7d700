"""Masks of one image, run-length encoded as in COCO and held together: what instances are measured and refined as."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from boundary_bench.metrics.kernels import rle

TWO_VALUES = "bool, or 0 and 1 alone, or 0 and 255 alone"
"""What arrays of masks hold."""
SHOWN_VALUES = 5
"""So many values stand in messages."""


@dataclass(frozen=True, eq=False)
class Masks:
    """N masks of one image. They may overlap and may be empty.

    Attributes:
        size: (H, W) in pixels.
        counts: uint32 (R,), int64 for 2**32 pixels or more: the run lengths of all masks after one another, down the
            columns, zeros first. Any integers may be given.
        starts: int64 (N + 1,), where each mask's run lengths begin in `counts`, and their end.

    Raises:
        TypeError: run lengths that are no integers.
        ValueError: run lengths of a mask that do not add up to H * W, or a size that is not positive.
    """

    size: tuple[int, int]
    counts: NDArray[Any]
    starts: NDArray[np.int64]

    def __post_init__(self) -> None:
        height, width = self.size
        if height < 1 or width < 1:
            raise ValueError(f"size is {self.size}; allowed: positive height and width")
        if len(self.counts) and self.counts.dtype.kind not in "iu":
            raise TypeError(f"run lengths are {self.counts.dtype}; allowed: integers")
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
        ends = np.cumsum([len(text) for text in texts], dtype=np.int64)
        return cls.from_text(size, np.frombuffer(b"".join(texts), np.uint8), ends)

    @classmethod
    def from_text(cls, size: tuple[int, int], text: NDArray[np.uint8], ends: NDArray[np.int64]) -> Self:
        """From COCO's compressed texts, uint8 (n,), after one another, each up to its end in `ends`, int64 (N,).

        Raises:
            ValueError: a text that cannot be decoded, naming the mask by its place.
        """
        counts, starts = np.empty(len(text), np.int64), np.zeros(len(ends) + 1, np.int64)
        whole = rle.decode_strings(text, ends, counts, starts)
        if whole < len(ends):
            raise ValueError(f"mask {whole}: counts are no run-length code; allowed: COCO's compressed text")
        return cls(size, counts[: starts[-1]], starts)

    @classmethod
    def from_dense(cls, size: tuple[int, int], masks: Iterable[NDArray[Any]]) -> Self:
        """From arrays (H, W): bool, or numbers that are only 0 and 1, or only 0 and 255.

        Raises:
            TypeError: what is no array of bool or numbers.
            ValueError: another size, or other values, such as probabilities and labels; naming the mask by its place.
        """
        return cls.from_windows(size, _whole_images(size, masks))

    @classmethod
    def from_windows(cls, size: tuple[int, int], windows: Iterable[tuple[NDArray[Any], int, int]]) -> Self:
        """From (mask (h, w), top, left): windows inside the image, outside of which the masks are 0.

        Raises:
            TypeError, ValueError: as of `from_dense`, or a window that reaches out of the image.
        """
        encoded = (_encoded(place, window, size, top, left) for place, (window, top, left) in enumerate(windows))
        return cls.from_runs(size, list(encoded))

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


def _whole_images(size: tuple[int, int], masks: Iterable[NDArray[Any]]) -> Iterator[tuple[NDArray[Any], int, int]]:
    for place, mask in enumerate(masks):
        found = tuple(np.shape(mask))
        if found != tuple(size):
            hint = "height and width are swapped" if found == tuple(size)[::-1] else "resize it to the image"
            raise ValueError(f"mask {place} is {found}; allowed: {tuple(size)}, the image's ({hint})")
        yield mask, 0, 0


def _encoded(place: int, window: NDArray[Any], size: tuple[int, int], top: int, left: int) -> NDArray[np.integer]:
    height, width = size
    mask = _as_bool(place, window)
    if top < 0 or left < 0 or top + mask.shape[0] > height or left + mask.shape[1] > width:
        raise ValueError(f"a window of {mask.shape} at ({top}, {left}); allowed: inside the image of {size}")
    if mask.size == 0:
        return np.array([height * width], _dtype_of(size))
    counts = np.empty(2 * mask.size + 2, np.int64)
    found = rle.encode_window(mask, height, width, top, left, counts)
    return counts[:found].astype(_dtype_of(size))


def _as_bool(place: int, given: Any) -> NDArray[np.bool_]:
    """A mask in any of the forms that hold two values, and nothing else; bool is not looked at."""
    mask: NDArray[Any] = np.asarray(given)
    if mask.dtype.kind not in "biuf":
        raise TypeError(f"mask {place} is {mask.dtype}; allowed: {TWO_VALUES}")
    if mask.ndim != 2:
        raise ValueError(f"mask {place} has shape {mask.shape}; allowed: (H, W)")
    if mask.dtype == np.bool_:
        return mask
    on = mask != 0
    high = mask.max(initial=0)
    # Written so that NaN fails too.
    if not (high in (0, 1, 255) and bool((~on | (mask == high)).all())):
        raise ValueError(f"mask {place} is {mask.dtype} with values {_few(mask)}; allowed: {TWO_VALUES}")
    return on


def _few(values: NDArray[Any]) -> str:
    found = np.unique(values)
    shown = found if len(found) <= SHOWN_VALUES else [*found[: SHOWN_VALUES - 1], found[-1]]
    words = [f"{value:g}" for value in shown]
    return ", ".join(words if len(found) <= SHOWN_VALUES else [*words[:-1], "...", words[-1]])
