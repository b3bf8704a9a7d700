"""Training data of edge networks: crops of images with the boundaries of every class (Section 4)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from boundary_bench.refiners.networks.augmentation import brightened
from boundary_bench.refiners.steal.casenet import preprocess
from boundary_bench.refiners.steal.losses import IGNORED

BRIGHTNESS: Final = 10
"""Of 255: the most that is added to an image or taken from it."""

Window = tuple[slice, slice]


@dataclass(frozen=True, eq=False)
class Picture:
    """An image and its boundaries, a bit a pixel and class; in memory for the whole training.

    Attributes:
        image: uint8 RGB (H, W, 3).
        bits: uint8 (K, H, ceil(W / 8)), see `picture`.
        void: bool (H, W), where nothing is known.
    """

    image: NDArray[np.uint8]
    bits: NDArray[np.uint8]
    void: NDArray[np.bool_]

    def boundaries(self) -> NDArray[np.bool_]:
        """Of each class, bool (K, H, W)."""
        found = np.unpackbits(self.bits, axis=2, count=self.image.shape[1])
        return found.view(np.bool_)

    def target(self, window: Window) -> NDArray[np.int8]:
        """Boundaries of a window, int8 (K, h, w): 1 on them, 0 off them, `IGNORED` in void."""
        rows, columns = window
        first = columns.start // 8
        bits = self.bits[:, rows, first : -(-columns.stop // 8)]
        skipped = columns.start - 8 * first
        found = np.unpackbits(bits, axis=2)[..., skipped : skipped + columns.stop - columns.start]
        return np.where(self.void[window], np.int8(IGNORED), found.view(np.int8))


def picture(image: NDArray[np.uint8], boundaries: NDArray[np.bool_], void: NDArray[np.bool_]) -> Picture:
    """One to train on.

    Args:
        image: uint8 RGB (H, W, 3).
        boundaries: of each class, bool (K, H, W); a pixel may be on several.
        void: bool (H, W), pixels that do not count; all others count for every class.

    Raises:
        ValueError: arrays of another kind, or whose sizes differ.
    """
    size = image.shape[:2]
    for name, found, shape in (("boundaries", boundaries, (len(boundaries), *size)), ("void", void, size)):
        if found.dtype != np.bool_ or found.shape != shape:
            raise ValueError(f"{name} is {found.dtype} {found.shape}; allowed: bool {shape}")
    return Picture(image, np.packbits(boundaries, axis=2), void)


class Crops:
    """Draws training examples; satisfies `boundary_bench.refiners.networks.training.Examples`.

    A picture, a place in it, whether it is mirrored, and a change of brightness are drawn. Where a picture is smaller
    than the crop, the rest does not count.

    Args:
        pictures: at least one, with as many classes each.
        size: (height, width) of the crops in pixels.

    Attributes:
        pictures: as given, until `realign` replaces one.

    Raises:
        ValueError: no pictures, numbers of classes that differ, or a size below 1.
    """

    def __init__(self, pictures: Iterable[Picture], size: tuple[int, int]) -> None:
        self.pictures = list(pictures)
        numbers = sorted({len(each.bits) for each in self.pictures})
        if len(numbers) != 1:
            raise ValueError(f"pictures have {numbers or 'no'} classes; allowed: the same number each, of at least 1")
        if min(size) < 1:
            raise ValueError(f"size of crops is {size[0]}x{size[1]}; allowed: at least 1x1")
        self._size = size

    def realign(self, index: int, boundaries: NDArray[np.bool_]) -> None:
        """Give a picture other boundaries (active alignment, Section 3.4); crops drawn from now on have them.

        Args:
            index: of the picture.
            boundaries: bool (K, H, W).

        Raises:
            ValueError: boundaries of another kind or size.
        """
        old = self.pictures[index]
        classes = len(old.bits)
        if len(boundaries) != classes:
            raise ValueError(f"boundaries are of {len(boundaries)} classes; allowed: {classes}")
        self.pictures[index] = picture(old.image, boundaries, old.void)

    def __call__(self, rng: np.random.Generator, place: int) -> tuple[Tensor, Tensor]:  # noqa: ARG002
        """Network's input, float32 (3, h, w), and boundaries, int8 (K, h, w) of 1, 0 and `IGNORED`."""
        chosen = self.pictures[int(rng.integers(len(self.pictures)))]
        window = self._window(chosen.void.shape, rng)
        image, target = chosen.image[window], chosen.target(window)
        if rng.integers(2):
            image, target = image[:, ::-1], target[:, :, ::-1]
        shift = int(rng.integers(-BRIGHTNESS, BRIGHTNESS + 1))
        height, width = image.shape[:2]
        inputs = torch.zeros(3, *self._size)
        inputs[:, :height, :width] = preprocess(brightened(image, shift))
        filled = np.full((len(target), *self._size), IGNORED, np.int8)
        filled[:, :height, :width] = target
        return inputs, torch.from_numpy(filled)

    def _window(self, size: tuple[int, ...], rng: np.random.Generator) -> Window:
        ends = [min(have, want) for have, want in zip(size, self._size, strict=True)]
        top, left = (int(rng.integers(have - end + 1)) for have, end in zip(size, ends, strict=True))
        return slice(top, top + ends[0]), slice(left, left + ends[1])
