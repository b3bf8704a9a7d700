"""The masks of one set of files: whether 1 or 255 marks the object, what is void, and where soft masks are cut."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boundary_bench.bench.errors import InputError, Problem, examples
from boundary_bench.bench.formats.masks.mask_files import read_mask_levels
from boundary_bench.bench.formats.masks.threshold import Threshold
from boundary_bench.metrics.kernels.counting import present_labels
from boundary_bench.metrics.structures.binary_mask import BinaryMask, Soft

WHOLE = 255


@dataclass(frozen=True, slots=True)
class MaskSeen:
    """What a check found in one file.

    Attributes:
        between: pixels whose level is neither background nor object.
        pixels: how many there are.
        dim: whether it holds 0 and 1 alone in a set of higher levels.
        any: whether any pixel belongs to the object.
    """

    between: int
    pixels: int
    dim: bool
    any: bool


@dataclass(frozen=True, slots=True)
class MaskReading:
    """A mask, and what its file holds.

    Attributes:
        mask: hard where the file holds two levels, else soft.
        between: pixels whose level is neither background nor object.
        dim: whether the file holds 0 and 1 alone, the 1 of which is nearly nothing in this set.
    """

    mask: BinaryMask
    between: int
    dim: bool

    @property
    def seen(self) -> MaskSeen:
        """What is worth remembering of it."""
        return MaskSeen(self.between, self.mask.mask.size, self.dim, bool(self.mask.mask.any()))


class MaskSet:
    """Reads the masks of one set.

    Files of 0 and 1 mark the object by 1 where all files of the set do; as soon as one of them holds a higher level,
    levels are in 255ths. Which of both it is the first file with such a level settles.

    Args:
        paths: files of the set, in a fixed order.
        threshold: from which level on pixels belong to the object.
        ignore: levels, as stored, of pixels that are void.
        key: name of the array in `.npz` files.
    """

    def __init__(
        self, paths: Sequence[Path], threshold: Threshold, *, ignore: Collection[int] = (), key: str | None = None
    ) -> None:
        self._paths, self.threshold, self._ignore, self._key = paths, threshold, frozenset(ignore), key

    @cached_property
    def of_ones(self) -> bool:
        """Whether 1 marks the object, as in a set of nothing but 0 and 1; False where all masks are empty."""
        any_one = False
        for path in self._paths:
            try:
                levels = self._levels_in(read_mask_levels(path, self._key))
            except InputError:
                continue  # The check reports it.
            if levels is None or levels.max(initial=0) > 1:
                return False
            any_one = any_one or 1 in levels
        return any_one

    def read(self, path: Path) -> MaskReading:
        """One mask.

        Raises:
            InputError: a file that cannot be read, or one of 0, 1 and 255, in which 255 may be void.
        """
        values = read_mask_levels(path, self._key)
        present = self._levels_in(values)
        if present is None:
            return self._soft(values, None, dim=False)
        if {1, WHOLE} <= set(present.tolist()) <= {0, 1, WHOLE}:
            hint = "is 255 void? then --ignore 255, in an experiment ignore: 255"
            raise InputError(Problem(str(path), "levels 0, 1 and 255", "0 and 1, or 0 to 255", hint))
        void = np.isin(values, list(self._ignore)) if self._ignore else None
        if self.of_ones:
            return self._soft(np.where(values == 1, np.uint8(WHOLE), np.uint8(0)), void, dim=False)
        return self._soft(values, void, dim=present.tolist() == [0, 1] or present.tolist() == [1])

    def _levels_in(self, values: Soft) -> NDArray[np.int64] | None:
        """Levels that occur and are not void, of files of whole numbers."""
        if values.dtype != np.uint8:
            return None
        present = np.flatnonzero(present_labels(np.ascontiguousarray(values, np.uint8)))
        return np.array([level for level in present.tolist() if level not in self._ignore], np.int64)

    def _soft(self, values: Soft, void: NDArray[np.bool_] | None, *, dim: bool) -> MaskReading:
        if void is not None and void.any():
            values = np.where(void, values.dtype.type(0), values)
        else:
            void = None
        top: Any = WHOLE if values.dtype == np.uint8 else 1
        between = int(np.count_nonzero((values > 0) & (values < top)))
        mask = self.threshold.of(values)
        return MaskReading(BinaryMask(mask, values if between else None, void), between, dim)


def mixed_problem(where: str, dim: Sequence[str]) -> Problem | None:
    """Problem of truth some of whose masks, which are named, hold 0 and 1 while others hold higher levels."""
    if not dim:
        return None
    hint = "where 255 is void, give --ignore 255"
    return Problem(where, f"1 in {examples(dim, 2)}, higher levels in others", "one level for the object", hint)
