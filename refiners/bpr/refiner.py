"""BPR as a refiner: a network segments small patches along the boundaries of masks again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from boundary_bench.metrics.structures.binary_mask import BinaryMask
from boundary_bench.metrics.structures.labels import Labels, void_of
from boundary_bench.metrics.structures.segment_labels import as_labels, with_labels
from boundary_bench.metrics.structures.segmentation import InstanceSet, PanopticMap, SemanticMap, Task
from boundary_bench.refiners.bpr.merge import reassembled
from boundary_bench.refiners.bpr.patches import (
    Patches,
    PatchParameters,
    PlacedMask,
    Scheme,
    boundary_patches,
    image_crops,
    mask_crops,
)
from boundary_bench.refiners.common import binary
from boundary_bench.refiners.common.merging import Claim, surest, windows
from boundary_bench.refiners.common.per_label import ALL_KINDS, AnyMap, is_uniform, window_of, with_masks
from boundary_bench.refiners.networks.base import NetworkRefiner
from boundary_bench.refiners.networks.device import Precision

if TYPE_CHECKING:
    from boundary_bench.refiners.bpr.network import RefinementNetwork
    from boundary_bench.refiners.networks.checkpoint_kind import CheckpointKind

PATCHES_AT_ONCE: Final = 256
"""Cut out and refined together, of as many masks as it takes: memory does not grow with their number."""

MIDDLE: Final = 0.5
"""From which probability on a pixel of a binary mask belongs to the object."""

Laid = tuple[PlacedMask, Patches]
"""A mask and where it is to be refined."""

Reassembled = tuple[NDArray[np.float32], NDArray[np.bool_], int, int]
"""Probability of the object, where patches lie, top and left of the window."""

RELEASED: Final = {"scheme": "dense", "patch_px": 64, "padding_px": 0, "nms_threshold": 0.25, "input_px": 256}
"""For the authors' checkpoints, which do not say what they were trained for."""
RELEASED_INPUT_PX: Final = {"hrnet18s": 128}


class BPR(NetworkRefiner["RefinementNetwork"]):
    """Boundary patch refinement (Section 3).

    Patches along the boundary of each mask are segmented again and put back; the mean of those that overlap decides
    at 0.5. Objects are refined one by one. The classes of a semantic map and the segments of a panoptic one then share
    out the pixels by how sure their patches are, where no patch of theirs lies by what they were (Section 3.3): no
    pixel is left without a label. Void stays void, and probabilities are dropped.

    A binary mask is refined as one object. Where it is soft, so is the result: off the patches it is as it was. One
    that is empty or fills the image stays as it is.

    Attributes:
        tasks: all kinds.
        checkpoint, device, precision: as of `NetworkRefiner`.
        parameters: where patches lie.
        input_px: side of what the network sees of a patch with its padding.
    """

    tasks: frozenset[Task] = ALL_KINDS
    method = "BPR"
    shipped = Path(__file__).with_name("weights")

    def __init__(
        self,
        checkpoint: str,
        *,
        scheme: Scheme | None = None,
        patch_px: int | None = None,
        padding_px: int | None = None,
        nms_threshold: float | None = None,
        input_px: int | None = None,
        max_patches: int | None = None,
        device: str | None = None,
        precision: Precision = "float32",
    ) -> None:
        """Load the network.

        Args:
            checkpoint: a file, our own (`.safetensors`) or one that the authors released; or the name of one that
                comes with the package.
            scheme, patch_px, padding_px, nms_threshold: how patches are laid, see
                `boundary_bench.refiners.bpr.patches.PatchParameters`. By default as in training.
            input_px: side of what the network sees. By default as in training.
            max_patches: in an image; where there are more, each mask keeps the first of its own, in proportion: with
                `dense` and `released` those of the highest boundary scores. Default: all.
            device: `cpu`, `cuda` or `cuda:N`. Default: a GPU where there is one.
            precision: of the network; other than float32 by autocast.

        Raises:
            ValueError: torch is absent; no such checkpoint, or one that is damaged, of another kind, or would run
                code; another value.
        """
        if max_patches is not None and max_patches < 1:
            raise ValueError(f"max_patches is {max_patches}; allowed: 1 or more")
        self._max_patches = max_patches
        super().__init__(checkpoint, device, precision)
        laid = {"scheme": scheme, "patch_px": patch_px, "padding_px": padding_px, "nms_threshold": nms_threshold}
        given = {key: value for key, value in {**laid, "input_px": input_px}.items() if value is not None}
        chosen = self._trained_for() | given
        self.parameters = PatchParameters(
            chosen["scheme"], chosen["patch_px"], chosen["padding_px"], chosen["nms_threshold"]
        )
        self.input_px: int = chosen["input_px"]
        if self.input_px < 1:
            raise ValueError(f"input_px is {self.input_px}; allowed: 1 or more")

    def refine(self, image: NDArray[np.uint8], prediction: AnyMap) -> AnyMap:
        """Labels in the dtype they came in.

        Args:
            image: RGB, uint8 (H, W, 3).
            prediction: of any kind.

        Raises:
            ValueError: an image of another shape or dtype, or of another size than the prediction.
        """
        if image.shape != (*prediction.size, 3) or image.dtype != np.uint8:
            found = f"{image.dtype} {image.shape}"
            raise ValueError(f"image is {found}; allowed: uint8 RGB of the prediction's size, {prediction.size}")
        if isinstance(prediction, InstanceSet):
            refined = self._refined(image, _masks(prediction))
            return with_masks(prediction, ((sure > 0.5, top, left) for sure, _, top, left in refined))
        if isinstance(prediction, PanopticMap):
            return with_labels(prediction, self._shared(image, as_labels(prediction)))
        if isinstance(prediction, BinaryMask):
            return self._binary(image, prediction)
        return SemanticMap(self._shared(image, prediction.labels))

    def count(self, prediction: AnyMap) -> int:
        """How many patches a prediction has, which is what refining it costs."""
        return sum(len(patches) for _, patches in self._laid(prediction.size, _masks(prediction)))

    @staticmethod
    def checkpoints() -> CheckpointKind[RefinementNetwork]:
        """Of refinement networks."""
        from boundary_bench.refiners.bpr.checkpoint import BPR_CHECKPOINTS

        return BPR_CHECKPOINTS

    def _binary(self, image: NDArray[np.uint8], prediction: BinaryMask) -> BinaryMask:
        mask, found = prediction.mask.copy(), binary.probability(prediction).copy()
        for sure, covered, top, left in self._refined(image, _masks(prediction)):
            window = slice(top, top + sure.shape[0]), slice(left, left + sure.shape[1])
            found[window][covered] = sure[covered]
            mask[window][covered] = sure[covered] >= MIDDLE
        return BinaryMask(mask, None if prediction.probabilities is None else found)

    def _shared(self, image: NDArray[np.uint8], labels: Labels) -> Labels:
        """Each label refined as a mask of its own, and then the pixels shared out."""
        return surest(labels, map(_claim, _present(labels), self._refined(image, lambda: _labelled(labels))))

    def _refined(self, image: NDArray[np.uint8], masks: Callable[[], Iterator[PlacedMask]]) -> Iterator[Reassembled]:
        """Of each mask, in their order."""
        waiting, patches_waiting = list[Laid](), 0
        for mask, patches in self._laid((image.shape[0], image.shape[1]), masks):
            waiting.append((mask, patches))
            # A mask without patches takes room as well.
            patches_waiting += max(len(patches), 1)
            if patches_waiting >= PATCHES_AT_ONCE:
                yield from self._run(image, waiting)
                waiting, patches_waiting = [], 0
        yield from self._run(image, waiting)

    def _laid(self, size: tuple[int, int], masks: Callable[[], Iterator[PlacedMask]]) -> Iterator[Laid]:
        """Each mask with its patches, within the budget."""
        every = ((mask, boundary_patches(mask, size, self.parameters)) for mask in masks())
        if self._max_patches is None:
            yield from every
            return
        total = max(1, sum(len(boundary_patches(mask, size, self.parameters)) for mask in masks()))
        seen = 0
        for mask, patches in every:
            # Rounded as a running sum: the budget is spent to the last patch, even if each mask has less than one.
            before, seen = seen, seen + len(patches)
            share = seen * self._max_patches // total - before * self._max_patches // total
            yield mask, replace(patches, corners=patches.corners[:share])

    def _run(self, image: NDArray[np.uint8], laid: Iterable[Laid]) -> Iterator[Reassembled]:
        """Patches of one size go through the network together, whatever masks they belong to."""
        for _, group in groupby(laid, lambda pair: pair[1].full_px):
            some = list(group)
            images = np.concatenate([image_crops(image, patches) for _, patches in some])
            masks = np.concatenate([mask_crops(mask, patches) for mask, patches in some])
            ends = np.cumsum([len(patches) for _, patches in some])
            parts = np.split(self._probabilities(images, masks), ends[:-1])
            for (mask, patches), part in zip(some, parts, strict=True):
                yield reassembled(mask, (image.shape[0], image.shape[1]), patches, part)

    def _probabilities(self, images: NDArray[np.uint8], masks: NDArray[np.uint8]) -> NDArray[np.float32]:
        from boundary_bench.refiners.bpr.inference import probabilities

        where: dict[str, Any] = {"device": self.device, "precision": self.precision}
        return probabilities(self._network, images, masks, input_px=self.input_px, **where)

    def _trained_for(self) -> dict[str, Any]:
        """Entries of `RELEASED`, as far as the card has others."""
        network, card = self._loaded()
        usual = {**RELEASED, "input_px": RELEASED_INPUT_PX.get(network.name, RELEASED["input_px"])}
        return {key: card.get(key, value) for key, value in usual.items()}


def _masks(prediction: AnyMap) -> Callable[[], Iterator[PlacedMask]]:
    if isinstance(prediction, InstanceSet):
        return lambda: _objects(prediction)
    if isinstance(prediction, BinaryMask):
        return lambda: _only_mask(prediction.mask)
    labels = as_labels(prediction) if isinstance(prediction, PanopticMap) else prediction.labels
    return lambda: _labelled(labels)


def _objects(objects: InstanceSet) -> Iterator[PlacedMask]:
    for index, (top, left, _, _) in enumerate(objects.masks.boxes.tolist()):
        yield objects.masks.window(index), top, left


def _only_mask(mask: NDArray[np.bool_]) -> Iterator[PlacedMask]:
    if not is_uniform(mask):
        rows, columns = window_of(mask, 0)
        yield np.ascontiguousarray(mask[rows, columns]), rows.start, columns.start


def _labelled(labels: Labels) -> Iterator[PlacedMask]:
    """The mask of every label, in ascending order."""
    for label, (rows, columns) in windows(labels, _present(labels), margin_px=0):
        yield labels[rows, columns] == label, rows.start, columns.start


def _present(labels: Labels) -> list[int]:
    """Every label but void, in ascending order."""
    found: list[int] = np.unique(labels).tolist()
    return [label for label in found if label != void_of(labels)]


def _claim(label: int, found: Reassembled) -> Claim:
    sure, _, top, left = found
    return label, (slice(top, top + sure.shape[0]), slice(left, left + sure.shape[1])), sure
