"""Masks of one foreground in any usual kind of file, as probabilities of the object."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from boundary_bench.bench.formats.labels.id_hints import listed
from boundary_bench.bench.formats.masks.stored_mask import MASK_FILE, MASK_SUFFIXES, StoredMask, mask_size, read_stored
from boundary_bench.bench.formats.raster.array_file import ARRAY_SUFFIXES
from boundary_bench.bench.formats.raster.refusal import refused
from boundary_bench.metrics.structures.binary_mask import Soft

__all__ = ["MASK_FILE", "MASK_SUFFIXES", "MaskFile", "Seen", "is_array", "mask_size", "read_mask"]

BYTE, WORD = 255, 65535
SHOWN_INDICES: Final = 8
MOST_FEW: Final = 6
FEWEST_LEVELS: Final = 3
FullOf = Callable[[bool], int]
"""What number an object that is certain has in files that do not say it themselves, given whether they have more than
8 bits; asked only where a file's own numbers leave it open."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a mask file holds, pixels that are void aside.

    Attributes:
        highest: the highest number as stored; of floating point it may lie between 0 and 1.
        full: the number that stands for an object that is certain.
        is_open: whether that depends on the other files of the set.
        is_wide: whether numbers have more than 8 bits.
        index: the object's index in a palette of colours; 0 where there is none.
        between_px: pixels that are neither 0 nor certain.
        px: all pixels.
        is_lossy: whether compression may have changed numbers.
        is_floating: whether it is floating point.
        few: all numbers, where some are in between and there are at most six: they may be ids.
        unlike_mask: numbers that may be ids of classes rather than levels, in words; "" where they are those of a mask.
    """

    highest: float
    full: int
    is_open: bool
    is_wide: bool
    index: int
    between_px: int
    px: int
    is_lossy: bool
    is_floating: bool
    few: tuple[int, ...]
    unlike_mask: str

    @property
    def is_soft(self) -> bool:
        """Whether any pixel is neither 0 nor certain."""
        return self.between_px > 0


@dataclass(frozen=True, slots=True, eq=False)
class MaskFile:
    """A mask as read.

    Attributes:
        values: (H, W): uint8 in 255ths, or float32 in 0..1 where the file has floating point or more than 8 bits.
        void: bool (H, W), pixels whose number means void, 0 in `values`; None where no number does.
        seen: what the file holds.
    """

    values: Soft
    void: NDArray[np.bool_] | None
    seen: Seen


def read_mask(
    path: str | Path, key: str | None = None, *, void: Collection[int] = (), full_of: FullOf | None = None
) -> MaskFile:
    """The mask in a file.

    PNG, JPEG, BMP, TIFF, WebP, `.npy` and `.npz`: 0/255, 0/1, one bit, 16 bits, grey levels, three equal channels,
    palettes, floating point in 0..1. Of a palette in colours any index but 0 is the object, and there is one; of a
    palette in greys the levels count.

    Args:
        path: the file.
        key: name of the array in `.npz` files; None: the only one, or the only one that can be a mask.
        void: numbers as stored that mean void; of no account in floating point.
        full_of: what 1 in a file without a higher number stands for; None: such files have 0 and 1.

    Raises:
        InputError: no readable file, truncated or damaged, colours, several objects in a palette, a mask in the alpha
            channel, floating point beyond 0..1, or above the limit of pixels.
    """
    stored = read_stored(path, key)
    values = stored.values
    is_floating = values.dtype == np.float32
    is_void = None
    if void and not is_floating:
        is_void = np.isin(values, list(void))
        values = np.where(is_void, values.dtype.type(0), values)
    highest = float(values.max())
    index = _index(path, values, void) if stored.is_index else 0
    wide = values.dtype == np.int32
    full = 1 if is_floating else index or _full(stored, int(highest), full_of)
    between = np.count_nonzero(values) - np.count_nonzero(values == full)
    few = _few(values) if between and not is_floating else ()
    odd = "" if not between or is_floating or stored.is_lossy else _unlike_mask(values, full)
    is_open = not is_floating and not stored.is_index and stored.full is None
    seen = Seen(highest, full, is_open, wide, index, int(between), values.size, stored.is_lossy, is_floating, few, odd)
    return MaskFile(_soft(values, full), is_void, seen)


def is_array(path: str | Path) -> bool:
    """Whether a file is one of NumPy's arrays, by its name."""
    return Path(path).suffix.lower() in ARRAY_SUFFIXES


def _index(path: str | Path, indices: NDArray[np.generic], void: Collection[int]) -> int:
    """The one index that is not background; 0 where there is none."""
    used = np.unique(indices).astype(np.int64)
    objects = used[used != 0]
    if len(objects) > 1:
        found = f"a palette with the indices {listed(used, SHOWN_INDICES)}"
        hint = "several objects? save them as one: (mask > 0) * 255; classes? give --classes; a truth's void? --ignore"
        raise refused(path, found, "one object, whose index is not 0" + (", and void" if void else ""), hint)
    return int(objects[0]) if len(objects) else 0


def _few(values: NDArray[Any]) -> tuple[int, ...]:
    """All numbers of a mask where there are few; else none."""
    used = np.flatnonzero(np.bincount(values.ravel(), minlength=BYTE + 1))
    return tuple(used.tolist()) if len(used) <= MOST_FEW else ()


def _unlike_mask(values: NDArray[Any], full: int) -> str:
    """Numbers in words, unless they are those of a mask with levels around its edges.

    Such a mask is 0 and certain in most pixels, and in between it has several levels, dark and bright ones, none of
    which fills an area; ids of classes fill areas, or are near each other.
    """
    counts = np.bincount(values.ravel(), minlength=full + 1)
    levels = np.flatnonzero(counts[1:full]) + 1
    certain = int(counts[0] + counts[full])
    spread = levels[0] <= full // 2 < levels[-1] and len(levels) >= FEWEST_LEVELS
    if spread and certain >= values.size / 2 and counts[levels].max() <= max(values.size / 50, 2):
        return ""
    return listed(np.flatnonzero(counts).astype(np.int64), SHOWN_INDICES)


def _full(stored: StoredMask, highest: int, full_of: FullOf | None) -> int:
    """The number of an object that is certain."""
    if stored.full is not None:
        return stored.full
    wide = stored.values.dtype == np.int32
    if highest > (BYTE if wide else 1):
        return WORD if wide else BYTE
    if highest == 0:
        return BYTE
    own = BYTE if highest > 1 else 1
    return own if full_of is None else full_of(wide)


def _soft(values: NDArray[np.uint8] | NDArray[np.int32] | NDArray[np.float32], full: int) -> Soft:
    if values.dtype == np.float32:
        return np.asarray(values, np.float32)
    if full == WORD:
        return (values / np.float32(WORD)).astype(np.float32)
    if full == BYTE:
        return values.astype(np.uint8, copy=False)
    if full in (1, 3, 15):
        return (values * (BYTE // full)).astype(np.uint8)
    return np.asarray(np.where(values == full, np.uint8(BYTE), np.uint8(0)))
