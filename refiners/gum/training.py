"""Training data of guided up-sampling: crops of images with a model's probabilities and the truth's labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from boundary_bench.metrics.structures.labels import Labels, void_of
from boundary_bench.metrics.structures.segmentation import SemanticMap
from boundary_bench.refiners.gum.sampling import guided
from boundary_bench.refiners.networks.augmentation import BRIGHTNESS, brightened
from boundary_bench.refiners.segfix.network import preprocess

IGNORED: Final = -1
"""In what networks are trained on: pixels that do not count."""
LEAST: Final = 1e-3
"""Added to every probability: stored ones are rounded, and one class at 0 would outweigh all else."""


@dataclass(frozen=True, eq=False)
class Picture:
    """An image with what a model and the truth say of it; in memory for the whole training.

    Attributes:
        image: uint8 RGB (H, W, 3).
        probabilities: float16 (K, H / stride, W / stride).
        labels: uint8 or int32 (H, W), the truth, with its void.
        stride: pixels to each step of the probabilities, along either axis.
    """

    image: NDArray[np.uint8]
    probabilities: NDArray[np.float16]
    labels: Labels
    stride: int


def picture(image: NDArray[np.uint8], prediction: SemanticMap, truth: SemanticMap) -> Picture:
    """One to train on.

    Args:
        image: uint8 RGB (H, W, 3).
        prediction: with probabilities (K, h, w) such that H = s * h and W = s * w for a whole number s.
        truth: of the same size.

    Raises:
        ValueError: sizes that differ, probabilities that are absent or of another stride, or true labels of K and more.
    """
    if not image.shape[:2] == prediction.size == truth.size:
        sizes = f"image {image.shape[:2]}, prediction {prediction.size}, truth {truth.size}"
        raise ValueError(f"sizes are {sizes}; allowed: one for all")
    if prediction.probabilities is None:
        raise ValueError("prediction has labels only; allowed: one with class probabilities")
    classes, height, width = prediction.probabilities.shape
    stride = image.shape[0] // height
    if (stride * height, stride * width) != prediction.size:
        raise ValueError(
            f"probabilities have (h, w) = ({height}, {width}); allowed for training on an image of "
            f"{image.shape[0]} x {image.shape[1]}: both sides divided by one whole number"
        )
    known = truth.labels[truth.labels != truth.void]
    if known.size and known.max() >= classes:
        raise ValueError(f"true labels reach {known.max()}; allowed with K = {classes}: 0 to {classes - 1}, and void")
    return Picture(image, prediction.probabilities.astype(np.float16), truth.labels, stride)


class Crops:
    """Draws training examples; satisfies `boundary_bench.refiners.networks.training.Examples`.

    A picture, a place in it where a cell of its probabilities begins, whether it is mirrored, and a change of
    brightness are drawn. Where a picture is smaller than the crop, the rest is void.

    Args:
        pictures: at least one, with one stride and one number of classes.
        size: (height, width) of the crops in pixels, multiples of the stride.

    Attributes:
        stride: pixels to each step of the probabilities, along either axis.

    Raises:
        ValueError: no pictures, several strides or numbers of classes, or another size.
    """

    def __init__(self, pictures: Sequence[Picture], size: tuple[int, int]) -> None:
        kinds = sorted({(each.stride, len(each.probabilities)) for each in pictures})
        if len(kinds) != 1:
            found = ", ".join(f"stride {stride} of {classes} classes" for stride, classes in kinds) or "absent"
            raise ValueError(f"probabilities are {found}; allowed: one stride and number of classes for all pictures")
        self.stride = kinds[0][0]
        if min(size) < 1 or any(side % self.stride for side in size):
            raise ValueError(f"size of crops is {size[0]}x{size[1]}; allowed: multiples of the stride {self.stride}")
        self._pictures, self._size = pictures, size

    def __call__(self, rng: np.random.Generator, place: int) -> tuple[Tensor, Tensor, Tensor]:  # noqa: ARG002
        """Normalised image, float32 (3, H, W), probabilities, float32 (K, H / stride, W / stride), labels, int32.

        Labels are 0..K-1 and `IGNORED`.
        """
        chosen = self._pictures[int(rng.integers(len(self._pictures)))]
        cells = self._cells(chosen.probabilities.shape[1:], rng)
        pixels = tuple(slice(part.start * self.stride, part.stop * self.stride) for part in cells)
        step = -1 if rng.integers(2) else 1
        shift = int(rng.integers(-BRIGHTNESS, BRIGHTNESS + 1))
        image = preprocess(brightened(chosen.image[pixels][:, ::step], shift))
        found = torch.from_numpy(chosen.probabilities[(slice(None), *cells)][..., ::step].astype(np.float32))
        true = chosen.labels[pixels][:, ::step]
        labels = torch.from_numpy(np.where(true == void_of(true), IGNORED, true.astype(np.int32)))
        coarse = (self._size[0] // self.stride, self._size[1] // self.stride)
        return _filled(image, self._size, 0), _filled(found, coarse, 0), _filled(labels, self._size, IGNORED)

    def _cells(self, have: tuple[int, ...], rng: np.random.Generator) -> tuple[slice, slice]:
        ends = [min(side, want // self.stride) for side, want in zip(have, self._size, strict=True)]
        top, left = (int(rng.integers(side - end + 1)) for side, end in zip(have, ends, strict=True))
        return slice(top, top + ends[0]), slice(left, left + ends[1])


def losses(offsets: Tensor, targets: tuple[Tensor, ...]) -> dict[str, Tensor]:
    """Cross-entropy of the probabilities that offsets lead to, a mean over the pixels that are not void.

    Args:
        offsets: float32 (N, 2, H, W).
        targets: probabilities, float32 (N, K, h, w), and labels, integers (N, H, W) of 0..K-1 and `IGNORED`.
    """
    coarse, labels = targets
    found = guided(coarse, offsets)
    known = labels != IGNORED
    true = found.gather(1, torch.where(known, labels, 0).long()[:, None])[:, 0]
    entropy = -torch.log(true + LEAST)
    return {"loss": (entropy * known).sum() / known.sum().clamp(min=1)}


def _filled(part: Tensor, size: tuple[int, int], value: int) -> Tensor:
    whole = torch.full((*part.shape[:-2], *size), value, dtype=part.dtype)
    whole[..., : part.shape[-2], : part.shape[-1]] = part
    return whole
