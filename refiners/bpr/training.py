"""Training data of refinement networks: patches of saved predictions and of the truth (IJCV 2022, Section 3.4)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Final

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from boundary_bench.metrics.structures.binary_mask import BinaryMask
from boundary_bench.metrics.structures.labels import Labels, void_of
from boundary_bench.metrics.structures.segment_labels import as_labels
from boundary_bench.metrics.structures.segmentation import InstanceSet, PanopticMap, SemanticMap
from boundary_bench.refiners.bpr.network import preprocess
from boundary_bench.refiners.bpr.patches import (
    Patches,
    PatchParameters,
    PlacedMask,
    boundary_patches,
    image_crops,
    mask_crops,
)
from boundary_bench.refiners.common.per_label import AnyMap
from boundary_bench.refiners.common.truth import NONE, best_objects, iou_of_segments, labels_of_truth

IGNORED: Final = -1
"""In targets: void, crowds, and what lies beyond the image."""

LEAST_IOU: Final = 0.5
"""An object or segment teaches something if it overlaps a true one of its category by more than this."""

BRIGHTNESS: Final = 32
"""Of 255: the most that is added to an image or taken from it."""
CONTRAST: Final = (0.5, 1.5)
SATURATION: Final = (0.5, 1.5)
HUE: Final = 18
"""Of 180 steps in which OpenCV counts the circle: 36 degrees. All four are the defaults of OpenMMLab's toolbox."""

FIELD_PX: Final = 12
"""Between the independent values of a field that displaces masks."""

Pair = tuple[PlacedMask, NDArray[np.bool_]]
"""A predicted mask, and its true one in the whole image, bool (H, W)."""


@dataclass(eq=False)
class Bank:
    """Patches of any number of images, a bit a pixel for each of their three masks.

    Attributes:
        parameters: how patches are laid.
        images: uint8 RGB (H, W, 3).
    """

    parameters: PatchParameters
    images: list[NDArray[np.uint8]] = field(default_factory=list)
    _owners: list[int] = field(default_factory=list)
    _patches: list[Patches] = field(default_factory=list)
    _bits: list[NDArray[np.uint8]] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self._owners)

    def add(self, image: NDArray[np.uint8], prediction: AnyMap, truth: AnyMap) -> int:
        """Take the patches of one image.

        Patches of semantic and panoptic maps in which the predicted mask has no boundary, as at the image border,
        are left out (Section 3.3).

        Args:
            image: uint8 RGB (H, W, 3).
            prediction, truth: of one kind and size.

        Returns:
            How many there are.

        Raises:
            ValueError: sizes that differ.
        """
        if not image.shape[:2] == prediction.size == truth.size:
            sizes = f"image {image.shape[:2]}, prediction {prediction.size}, truth {truth.size}"
            raise ValueError(f"sizes are {sizes}; allowed: one for all")
        before = len(self)
        true_labels = labels_of_truth(truth)
        known = true_labels != void_of(true_labels)
        for coarse, true in pairs(prediction, truth):
            self._add(coarse, true, known, keep_plain=isinstance(prediction, InstanceSet))
        self.images.append(image)
        return len(self) - before

    def _add(self, coarse: PlacedMask, true: NDArray[np.bool_], known: NDArray[np.bool_], *, keep_plain: bool) -> None:
        patches = boundary_patches(coarse, (known.shape[0], known.shape[1]), self.parameters)
        coarse_crops, *others = (mask_crops(mask, patches) for mask in (coarse, (true, 0, 0), (known, 0, 0)))
        # Beyond the image there is no mask, and no boundary either.
        inside = mask_crops((np.ones_like(known), 0, 0), patches)
        for index, crops in enumerate(zip(coarse_crops, *others, strict=True)):
            if keep_plain or (crops[0].any() and (crops[0] < inside[index]).any()):
                self._owners.append(len(self.images))
                self._patches.append(replace(patches, corners=patches.corners[index : index + 1]))
                self._bits.append(np.packbits(np.stack(crops)))

    def example(self, index: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.int8]]:
        """Image uint8 (p, p, 3), predicted mask uint8 (p, p) of 0 and 1, truth int8 (p, p) of 0, 1 and `IGNORED`.

        The side p, with padding, is that of this patch; all are alike but with `object`.
        """
        patches = self._patches[index]
        side = patches.full_px
        bits = np.unpackbits(self._bits[index], count=3 * side * side).reshape(3, side, side)
        coarse, true, known = bits
        image = image_crops(self.images[self._owners[index]], patches)[0]
        return image, coarse, np.where(known > 0, true, IGNORED).astype(np.int8)


@dataclass(frozen=True, eq=False)
class Examples:
    """Draws training examples; satisfies `boundary_bench.refiners.networks.training.Examples`.

    Attributes:
        bank: of at least one patch.
        input_px: side of what the network sees; as in refining, images are resized bilinearly, masks and truth to the
            nearest pixel.
        with_mask: whether the network sees the mask.
        jitter_px: how far, in pixels of the image, the mask is displaced, see `displaced`. Predictions are better on
            images that their model was trained on than on others; this gives a network errors of the size that it is
            to mend.
    """

    bank: Bank
    input_px: int
    with_mask: bool = True
    jitter_px: float = 0.0

    def __call__(self, rng: np.random.Generator, place: int) -> tuple[Tensor, Tensor]:  # noqa: ARG002
        """Network's input, float32 (4 or 3, s, s), and truth, int8 (s, s)."""
        image, coarse, true = self.bank.example(int(rng.integers(len(self.bank))))
        if self.jitter_px:
            coarse = displaced(coarse, self.jitter_px, rng)
        if rng.integers(2):
            image, coarse, true = image[:, ::-1], coarse[:, ::-1], true[:, ::-1]
        side = (self.input_px, self.input_px)
        image = distorted(cv2.resize(np.ascontiguousarray(image), side, interpolation=cv2.INTER_LINEAR), rng)
        coarse, true = (
            cv2.resize(np.ascontiguousarray(mask), side, interpolation=cv2.INTER_NEAREST) for mask in (coarse, true)
        )
        inputs = preprocess(image[None], coarse[None] if self.with_mask else None)[0]
        return inputs, torch.from_numpy(true)


def losses(logits: Tensor, targets: tuple[Tensor, ...]) -> dict[str, Tensor]:
    """Cross-entropy of background and object, a mean over the pixels that count.

    Args:
        logits: floating (N, 2, h, w); enlarged bilinearly to the truth's size.
        targets: the truth alone, integers (N, H, W) of 0, 1 and `IGNORED`.
    """
    (true,) = targets
    enlarged = functional.interpolate(logits.float(), true.shape[-2:], mode="bilinear", align_corners=False)
    entropy = functional.cross_entropy(enlarged, true.long(), ignore_index=IGNORED, reduction="sum")
    return {"loss": entropy / (true != IGNORED).sum().clamp(min=1)}


def pairs(prediction: AnyMap, truth: AnyMap) -> Iterator[Pair]:
    """Predicted masks with the true ones that they mean: every class; objects and segments by their best IoU."""
    if isinstance(prediction, SemanticMap):
        yield from _pairs_of_classes(prediction.labels, truth.labels)
    elif isinstance(prediction, BinaryMask):
        yield (prediction.mask, 0, 0), truth.mask
    elif isinstance(prediction, InstanceSet):
        yield from _pairs_of_objects(prediction, truth)
    else:
        yield from _pairs_of_segments(prediction, truth)


def _pairs_of_classes(predicted: Labels, true: Labels) -> Iterator[Pair]:
    for label in np.unique(predicted[predicted != void_of(predicted)]):
        yield (predicted == label, 0, 0), true == label


def _pairs_of_objects(prediction: InstanceSet, truth: InstanceSet) -> Iterator[Pair]:
    for index, place in enumerate(best_objects(prediction, truth).tolist()):
        if place == NONE:
            continue
        coarse, true = prediction.masks.dense(index), truth.masks.dense(place)
        if np.count_nonzero(coarse & true) > LEAST_IOU * np.count_nonzero(coarse | true):
            top, left, _, _ = prediction.masks.boxes[index].tolist()
            yield (prediction.masks.window(index), top, left), true


def _pairs_of_segments(prediction: PanopticMap, truth: PanopticMap) -> Iterator[Pair]:
    iou = iou_of_segments(prediction, truth)
    predicted, true = as_labels(prediction), as_labels(truth)
    for place, row in enumerate(iou):
        if len(row) and row.max() > LEAST_IOU:
            yield (predicted == place, 0, 0), true == row.argmax()


def distorted(image: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Brightness, contrast, saturation and hue changed, each with probability one half (Section 4.1)."""
    pixels = image.astype(np.float32)
    if rng.integers(2):
        pixels += rng.uniform(-BRIGHTNESS, BRIGHTNESS)
    if rng.integers(2):
        pixels *= rng.uniform(*CONTRAST)
    bright = np.clip(pixels, 0, 255).astype(np.uint8)
    saturation = rng.uniform(*SATURATION) if rng.integers(2) else 1.0
    hue = int(rng.integers(-HUE, HUE + 1)) if rng.integers(2) else 0
    return _recoloured(bright, saturation, hue)


def displaced(mask: NDArray[np.uint8], jitter_px: float, rng: np.random.Generator) -> NDArray[np.uint8]:
    """A mask moved along a smooth random field whose standard deviation is drawn from 0 to `jitter_px`.

    The field has independent normal values every `FIELD_PX`, bicubic between them; beyond the mask its border goes on.
    """
    height, width = mask.shape
    nodes = (max(2, round(height / FIELD_PX)), max(2, round(width / FIELD_PX)), 2)
    drawn = rng.normal(0.0, rng.uniform(0.0, jitter_px), nodes).astype(np.float32)
    field = cv2.resize(drawn, (width, height), interpolation=cv2.INTER_CUBIC)
    rows, columns = np.mgrid[:height, :width].astype(np.float32)
    places = columns + field[..., 0], rows + field[..., 1]
    return np.asarray(cv2.remap(mask, *places, cv2.INTER_NEAREST, borderMode=cv2.BORDER_REPLICATE))


def _recoloured(image: NDArray[np.uint8], saturation: float, hue: int) -> NDArray[np.uint8]:
    if (saturation, hue) == (1.0, 0):
        return image  # there and back again, rounding would change it
    pixels: NDArray[Any] = cv2.cvtColor(image, cv2.COLOR_RGB2HSV)
    pixels[..., 0] = (pixels[..., 0].astype(np.int16) + hue) % 180
    pixels[..., 1] = np.clip(pixels[..., 1] * saturation, 0, 255).astype(np.uint8)
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_HSV2RGB))
