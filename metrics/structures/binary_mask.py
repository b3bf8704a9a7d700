"""One foreground of an image: the kind of segmentation that matting, salient object and medical tools save."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from boundary_bench.metrics.structures.array_checks import read_only, require_array, require_probabilities

MIDDLE = 128
"""Level from which on a pixel belongs to the object: 0.5 in 255ths, rounded."""

Soft = NDArray[np.float32] | NDArray[np.uint8]
"""(H, W): how probable the object is, float32 in 0..1, or uint8 in 255ths."""


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class BinaryMask:
    """The pixels of one object, and where the model saved it how sure it is of them.

    Attributes:
        mask: bool (H, W). Stored as a read-only view.
        probabilities: of the object, float32 (H, W) in 0..1, or uint8 (H, W) in 255ths; None where the mask is hard.
            What `mask` is need not be where they reach 0.5: thresholds differ between tools. Stored as a read-only
            view.
        void: of a truth, bool (H, W), pixels that are not scored; None where all are. They are no part of `mask`.

    Raises:
        TypeError: another dtype.
        ValueError: another number of dimensions, an empty array, arrays of different sizes, probabilities that are not
            finite in 0..1, or a void pixel of the mask.
    """

    mask: NDArray[np.bool_]
    probabilities: Soft | None = None
    void: NDArray[np.bool_] | None = None

    def __post_init__(self) -> None:
        require_array(self.mask, "masks", (np.bool_,), 2)
        object.__setattr__(self, "mask", read_only(self.mask))
        for name, dtypes in (("probabilities", (np.float32, np.uint8)), ("void", (np.bool_,))):
            array = getattr(self, name)
            if array is None:
                continue
            require_array(array, name, dtypes, 2)
            if array.shape != self.mask.shape:
                raise ValueError(f"{name} have shape {array.shape}; allowed: that of the mask, {self.mask.shape}")
            object.__setattr__(self, name, read_only(array))
        if self.probabilities is not None and self.probabilities.dtype == np.float32:
            require_probabilities(self.probabilities)
        if self.void is not None and (self.void & self.mask).any():
            raise ValueError("void holds pixels of the mask; allowed: pixels that are not the object's")

    @classmethod
    def soft(cls, probabilities: Soft) -> Self:
        """The mask of the pixels whose object is at least as probable as not, see `above_half`."""
        return cls(above_half(probabilities), probabilities)

    @property
    def size(self) -> tuple[int, int]:
        """(H, W) in pixels."""
        height, width = self.mask.shape
        return height, width

    @property
    def labels(self) -> NDArray[np.uint8]:
        """As a label map, uint8 (H, W): 0 background, 1 object, 255 void."""
        labels = self.mask.astype(np.uint8)
        if self.void is not None:
            labels[self.void] = 255
        return labels

    @property
    def levels(self) -> NDArray[np.uint8]:
        """How probable the object is in 255ths, rounded, uint8 (H, W); 0 and 255 where the mask is hard."""
        if self.probabilities is None:
            return np.asarray(np.where(self.mask, np.uint8(255), np.uint8(0)))
        if self.probabilities.dtype == np.uint8:
            return np.asarray(self.probabilities, np.uint8)
        clipped = np.clip(np.asarray(self.probabilities, np.float32), 0, 1)
        return np.asarray(np.rint(clipped * np.float32(255)), np.uint8)


def above_half(probabilities: Soft) -> NDArray[np.bool_]:
    """Where the object is at least as probable as not: bool (H, W). Stored in 255ths it is from 128 on."""
    middle = MIDDLE if probabilities.dtype == np.uint8 else 0.5
    return np.asarray(probabilities >= middle)
