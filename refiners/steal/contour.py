"""Masks whose contours move to where a stopping function is low: morphological geodesic active contours.

Source: Marquez-Neila, Baumela and Alvarez, PAMI 2014; STEAL, Sections 3.4 to 3.6.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray

from boundary_bench.refiners.steal.kernels.contour import advance

Speed = NDArray[np.float32] | NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Contour:
    """How contours move; the defaults are those of STEAL's released coarse-to-fine refinement.

    Each step does three things: the balloon dilates the mask (or, negative, erodes it) by 3 x 3 pixels where the
    stopping function is above threshold / |balloon|; the gradient sets or clears pixels along the contour so that it
    slides down the stopping function; and smoothing removes thin parts. Smoothing alternates between two operators,
    which begin anew with each mask; what lies beyond the image is outside of it, so corners there are rounded off too.

    Attributes:
        balloon: positive to grow, negative to shrink, 0 for neither.
        threshold: of the stopping function, for the balloon.
        smoothing: how often a step smooths, 0 or more.

    Raises:
        ValueError: smoothing below 0, or values that are not finite.
    """

    balloon: float = 1.0
    threshold: float = 0.99
    smoothing: int = 1

    def __post_init__(self) -> None:
        for name in ("balloon", "threshold"):
            if not np.isfinite(value := getattr(self, name)):
                raise ValueError(f"{name} is {value}; allowed: finite numbers")
        if self.smoothing < 0:
            raise ValueError(f"smoothing is {self.smoothing}; allowed: 0 or more")

    def evolve(self, mask: Mask, speed: Speed, steps: int) -> Mask:
        """The mask after that many steps; see `states`."""
        return next(self.states(mask, speed, (steps,)))

    def states(self, mask: Mask, speed: Speed, steps: Sequence[int]) -> Iterator[Mask]:
        """The masks of one evolution after each of some numbers of steps.

        Args:
            mask: bool (H, W), H and W at least 2. An empty one stays empty.
            speed: the stopping function, float32 or float64 (H, W), low where the contour shall come to rest; NaN moves
                nothing.
            steps: 0 or more, ascending.

        Yields:
            bool (H, W) for each number of steps.

        Raises:
            ValueError: arrays of another size or type, or steps that are not such numbers.
        """
        _check(mask, speed, steps)
        # Balloon and gradient move a contour outwards by one pixel each, smoothing never out of its box.
        region = _Region.of(mask, margin=(1 + (self.balloon > 0)) * max(steps, default=0) + 1)
        if region is None:
            yield from (mask.copy() for _ in steps)
            return
        words, fill = region.packed(mask)
        spare, speed = np.zeros_like(words), cast(Speed, np.ascontiguousarray(speed))
        direction = int(np.sign(self.balloon))
        limit = self.threshold / abs(self.balloon) if direction else 0.0
        done = phase = 0
        for step in steps:
            phase = advance(
                words, spare, fill, speed, region.corner, step - done, self.smoothing, phase, direction, limit
            )
            done = step
            yield region.unpacked(words, mask.shape)


@dataclass(frozen=True)
class _Region:
    """The part of an image that a contour can reach, in pixels."""

    top: int
    left: int
    height: int
    width: int

    @classmethod
    def of(cls, mask: Mask, margin: int) -> _Region | None:
        rows = np.flatnonzero(mask.any(axis=1))
        if not rows.size:
            return None
        columns = np.flatnonzero(mask[rows[0] : rows[-1] + 1].any(axis=0))
        top, left = max(int(rows[0]) - margin, 0), max(int(columns[0]) - margin, 0)
        bottom = min(int(rows[-1]) + margin + 1, mask.shape[0])
        right = min(int(columns[-1]) + margin + 1, mask.shape[1])
        return cls(top, left, bottom - top, right - left)

    @property
    def corner(self) -> tuple[int, int]:
        return self.top, self.left

    @property
    def window(self) -> tuple[slice, slice]:
        return slice(self.top, self.top + self.height), slice(self.left, self.left + self.width)

    def packed(self, mask: Mask) -> tuple[NDArray[np.uint64], np.uint64]:
        """The words of the region, with their frame, and the bits in use of the last word of a row."""
        count = -(-self.width // 64)
        octets = np.zeros((self.height + 2, (count + 2) * 8), np.uint8)
        bits = np.packbits(mask[self.window], axis=1, bitorder="little")
        octets[1:-1, 8 : 8 + bits.shape[1]] = bits
        return octets.view("<u8").astype(np.uint64, copy=False), np.uint64(2 ** (self.width - 64 * (count - 1)) - 1)

    def unpacked(self, words: NDArray[np.uint64], size: tuple[int, ...]) -> Mask:
        """The whole mask."""
        octets = np.ascontiguousarray(words[1:-1, 1:-1]).astype("<u8", copy=False).view(np.uint8)
        result = np.zeros(size, np.bool_)
        result[self.window] = np.unpackbits(octets, axis=1, count=self.width, bitorder="little").view(np.bool_)
        return result


def _check(mask: Mask, speed: Speed, steps: Sequence[int]) -> None:
    if mask.dtype != np.bool_ or mask.ndim != 2 or min(mask.shape) < 2:
        raise ValueError(f"mask is {mask.dtype} {mask.shape}; allowed: bool (H, W) with both at least 2")
    if speed.dtype not in (np.float32, np.float64) or speed.shape != mask.shape:
        raise ValueError(f"speed is {speed.dtype} {speed.shape}; allowed: float32 or float64 {mask.shape}")
    if list(steps) != sorted(steps) or min(steps, default=0) < 0:
        raise ValueError(f"steps are {list(steps)}; allowed: numbers of 0 or more, ascending")
