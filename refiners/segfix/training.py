"""Training data of SegFix: crops of images with the boundaries and directions of their truth (Section 4.1)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from boundary_bench.metrics.structures.labels import Labels, void_of
from boundary_bench.metrics.structures.segmentation import Segmentation, SemanticMap
from boundary_bench.refiners.common.truth import labels_of_truth
from boundary_bench.refiners.networks.augmentation import BRIGHTNESS, brightened
from boundary_bench.refiners.segfix.directions import NO_DIRECTION, Directions, direction_classes
from boundary_bench.refiners.segfix.losses import IGNORED
from boundary_bench.refiners.segfix.network import preprocess
from boundary_bench.refiners.segfix.targets import SMALLEST_CLASS_PX, Targets, Variant, targets_of_labels

ON_BOUNDARY: Final = 64
DIRECTION_BITS: Final = 63
"""In a coded target; all set: no direction."""
VOID_CODE: Final = 255


@dataclass(frozen=True)
class TargetSettings:
    """How targets are made of a truth.

    Attributes:
        directions: m, the division of the circle.
        width_px: gamma, how wide the boundary is; infinity makes every pixel boundary.
        variant: `released` or `paper`, see `targets.Variant`.
    """

    directions: Directions = 8
    width_px: float = 5.0
    variant: Variant = "released"

    def definition(self) -> dict[str, Any]:
        """All of it, JSON-able: an infinite width, which JSON has no number for, is the text `inf`."""
        width = self.width_px if math.isfinite(self.width_px) else str(self.width_px)
        return {"directions": self.directions, "width_px": width, "targets": self.variant}


@dataclass(frozen=True, eq=False)
class Picture:
    """An image and, coded in a byte a pixel, its targets; in memory for the whole training.

    Attributes:
        image: uint8 RGB (H, W, 3).
        codes: uint8 (H, W), see `decoded`.
        mirrored_codes: those of the mirrored truth, in its own columns. They are no mirror image of `codes`: limits
            between directions belong to one side.
    """

    image: NDArray[np.uint8]
    codes: NDArray[np.uint8]
    mirrored_codes: NDArray[np.uint8]


def picture(image: NDArray[np.uint8], truth: Segmentation, settings: TargetSettings) -> Picture:
    """Targets of a truth of any kind: of classes, or of each object or segment and the background (Section 7.4).

    As in the oracle with the truth's offsets, classes of fewer than 100 px do not count in the variant `released`, but
    objects and segments of any size do.

    Raises:
        ValueError: settings out of range, or an image of another size than the truth.
    """
    if image.shape[:2] != truth.size:
        raise ValueError(f"image has size {image.shape[:2]}; allowed: that of the truth, {truth.size}")
    labels = labels_of_truth(truth)
    smallest = SMALLEST_CLASS_PX if isinstance(truth, SemanticMap) else 1

    def codes(seen: Labels) -> NDArray[np.uint8]:
        targets = targets_of_labels(seen, width_px=settings.width_px, variant=settings.variant, smallest_px=smallest)
        return coded(targets, seen == void_of(seen), settings.directions)

    return Picture(image, codes(labels), codes(labels[:, ::-1].copy()))


def coded(targets: Targets, void: NDArray[np.bool_], directions: Directions) -> NDArray[np.uint8]:
    """Boundary and direction of each pixel in a byte: uint8 (H, W), for `decoded`."""
    classes = direction_classes(targets.angle_deg, directions)
    codes = np.where(classes == NO_DIRECTION, DIRECTION_BITS, classes).astype(np.uint8)
    codes[targets.boundary] |= ON_BOUNDARY
    codes[void] = VOID_CODE
    return codes


def decoded(codes: NDArray[np.uint8]) -> tuple[NDArray[np.int8], NDArray[np.int8]]:
    """Boundary (1, 0, void -1) and direction (0..m-1, none -1) of coded targets: int8, same shape."""
    void = codes == VOID_CODE
    boundary = np.where(void, IGNORED, (codes & ON_BOUNDARY) > 0).astype(np.int8)
    classes = codes & DIRECTION_BITS
    return boundary, np.where(classes == DIRECTION_BITS, IGNORED, classes).astype(np.int8)


class Crops:
    """Draws training examples; satisfies `boundary_bench.refiners.networks.training.Examples`.

    A picture, a place in it, whether it is mirrored, and a change of brightness are drawn. Where a picture is smaller
    than the crop, the rest is void.

    Args:
        sources: pictures of each dataset; places of a batch go to one after the other, so that each has its share
            (a unified model, Section 4.5).
        size: (height, width) of the crops in pixels.

    Raises:
        ValueError: a source without pictures, or a size below 1.
    """

    def __init__(self, sources: Sequence[Sequence[Picture]], size: tuple[int, int]) -> None:
        if not sources or not all(sources):
            raise ValueError(f"sources hold {[len(source) for source in sources]} pictures; allowed: at least 1 each")
        if min(size) < 1:
            raise ValueError(f"size of crops is {size[0]}x{size[1]}; allowed: at least 1x1")
        self._sources, self._size = sources, size

    def __call__(self, rng: np.random.Generator, place: int) -> tuple[Tensor, Tensor, Tensor]:
        """Normalised image, float32 (3, h, w), boundary and direction, both int8 (h, w)."""
        source = self._sources[place % len(self._sources)]
        chosen = source[int(rng.integers(len(source)))]
        mirrored = bool(rng.integers(2))
        image, codes = (chosen.image[:, ::-1], chosen.mirrored_codes) if mirrored else (chosen.image, chosen.codes)
        window = self._window(codes.shape, rng)
        shift = int(rng.integers(-BRIGHTNESS, BRIGHTNESS + 1))
        pixels = brightened(image[window], shift)
        boundary, direction = (torch.from_numpy(target) for target in decoded(self._filled(codes[window])))
        height, width = pixels.shape[:2]
        image_out = torch.zeros(3, *self._size)
        image_out[:, :height, :width] = preprocess(pixels)
        return image_out, boundary, direction

    def _window(self, size: tuple[int, ...], rng: np.random.Generator) -> tuple[slice, slice]:
        spare = (max(0, have - want) for have, want in zip(size, self._size, strict=True))
        top, left = (int(rng.integers(each + 1)) for each in spare)
        return slice(top, top + self._size[0]), slice(left, left + self._size[1])

    def _filled(self, codes: NDArray[np.uint8]) -> NDArray[np.uint8]:
        filled = np.full(self._size, VOID_CODE, np.uint8)
        filled[: codes.shape[0], : codes.shape[1]] = codes
        return filled
