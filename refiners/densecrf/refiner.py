"""DenseCRF as a refiner of semantic maps, objects, panoptic maps and binary masks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from boundary_bench.metrics.structures.binary_mask import BinaryMask
from boundary_bench.metrics.structures.labels import Labels, void_of
from boundary_bench.metrics.structures.segment_labels import as_labels, with_labels
from boundary_bench.metrics.structures.segmentation import InstanceSet, PanopticMap, SemanticMap, Task
from boundary_bench.refiners.common import binary, probabilities
from boundary_bench.refiners.common.merging import Claim, surest, windows
from boundary_bench.refiners.common.per_label import ALL_KINDS, AnyMap, Window, is_uniform, refined, window_of
from boundary_bench.refiners.densecrf import unary
from boundary_bench.refiners.densecrf.mean_field import infer
from boundary_bench.refiners.densecrf.parameters import MAPS, MASKS, Compatibility, Parameters, parameters_of

Source = Literal["probabilities", "labels"]

OBJECT = np.arange(2)
"""Background and object."""


class DenseCRF:
    """Mean-field inference in a fully connected CRF with a smoothness and an appearance term.

    Pixels that are near one another, and pixels that are near and of similar colour, are pulled to the same class.
    Source: Krähenbühl and Koltun, Efficient Inference in Fully Connected CRFs with Gaussian Edge Potentials, NIPS
    2011; names and units of the parameters are those of its usual Python wrapper.

    Of a semantic map, the unary term comes from its probabilities, bilinearly enlarged, or from its labels with a
    stated certainty. The result has the new distribution and its argmax; void stays void. Where the source is labels,
    only classes that are in the map take part, and a void pixel is equally likely of each.

    Of objects, each mask is a problem of object against background on its box grown by `margin_px`, from its labels.
    Of a panoptic map, each segment is such a problem, and a pixel goes to the segment that is surest of it: of equal
    ones to the earlier.

    A binary mask is a problem of that kind as well. Where it is soft and the source is not labels, the unary term comes
    from its probabilities, cut off at 0.05 and 0.95, so that no pixel is as good as certain; the result is soft. A mask
    that is empty or fills the image stays as it is.
    """

    tasks: frozenset[Task] = ALL_KINDS

    def __init__(
        self,
        preset: str | None = None,
        *,
        gaussian_sxy: float | None = None,
        gaussian_compat: Compatibility | None = None,
        bilateral_sxy: float | None = None,
        bilateral_srgb: float | None = None,
        bilateral_compat: Compatibility | None = None,
        iterations: int | None = None,
        source: Source = "probabilities",
        certainty: float = 0.7,
        margin_px: int = 32,
        device: str | None = None,
    ) -> None:
        """Fix the model.

        Args:
            preset: a name of `boundary_bench.refiners.densecrf.parameters.PRESETS`, or a file that `bench tune` wrote.
                Default: `masks` for binary masks and objects, `pydensecrf-default` for semantic and panoptic maps.
            gaussian_sxy, gaussian_compat, bilateral_sxy, bilateral_srgb, bilateral_compat, iterations: take the place
                of the preset's; see `boundary_bench.refiners.densecrf.parameters.Parameters`.
            source: of the unary term of semantic maps and soft masks; objects, segments and hard masks have labels
                only.
            certainty: probability of a label where the source is labels; the others share the rest.
            margin_px: around objects, segments and masks.
            device: None for the compiled loops on the CPU; else torch's name of a device, such as "cuda".

        Raises:
            ValueError: no such preset, or another value.
        """
        given = {
            "gaussian_sxy": gaussian_sxy,
            "gaussian_compat": gaussian_compat,
            "bilateral_sxy": bilateral_sxy,
            "bilateral_srgb": bilateral_srgb,
            "bilateral_compat": bilateral_compat,
            "iterations": iterations,
        }
        changes: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
        self.parameters: Parameters = replace(parameters_of(preset or MAPS), **changes)
        self.mask_parameters: Parameters = replace(parameters_of(preset or MASKS), **changes)
        if source not in ("probabilities", "labels"):
            raise ValueError(f'source is {source!r}; allowed: "probabilities", "labels"')
        if not 0.5 < certainty < 1:
            raise ValueError(f"certainty is {certainty}; allowed: above 0.5 and below 1")
        if margin_px < 1:
            raise ValueError(f"margin_px is {margin_px}; allowed: 1 or more")
        self.source, self.certainty, self.margin_px, self.device = source, certainty, margin_px, device
        self.needs_probabilities = source == "probabilities"
        self._usual = preset is None and not changes
        self._preset = Path(preset) if preset is not None and Path(preset).is_file() else None

    def refine(self, image: NDArray[np.uint8], prediction: AnyMap) -> AnyMap:
        """Labels in the dtype they came in.

        Args:
            image: RGB, uint8 (H, W, 3).
            prediction: of any kind; semantic maps with probabilities where they are the source.

        Raises:
            ValueError: image and prediction differ in size; probabilities are the source and are absent, not finite,
                negative, or do not cover the labels; penalties for another number of classes.

        Warns:
            UserWarning: probabilities that do not sum to 1, with the number of such pixels; they are normalised.
        """
        if image.shape[:2] != prediction.size:
            raise ValueError(f"image is {image.shape[:2]}; allowed: the size of the prediction, {prediction.size}")
        if isinstance(prediction, InstanceSet):
            return refined(prediction, partial(self._mask, image), margin_px=self.margin_px)
        if isinstance(prediction, PanopticMap):
            labels = as_labels(prediction)
            return with_labels(prediction, surest(labels, self._claims(image, labels, len(prediction.segments))))
        if isinstance(prediction, BinaryMask):
            return self._binary(image, prediction)
        return self._from_labels(image, prediction) if self.source == "labels" else self._from_scores(image, prediction)

    def notes(self, task: Task) -> list[str]:
        """That the usual preset of masks can be bettered, where it is used."""
        if task != "binary" or not self._usual:
            return []
        return [
            f"no preset named: {MASKS}, which was chosen on cars and nuclei; `bench tune densecrf` on validation "
            "images of your own finds what suits them"
        ]

    def for_sample(self, sample_id: str) -> DenseCRF:  # noqa: ARG002
        """Itself: all samples share the parameters."""
        return self

    def files(self, sample_id: str) -> Sequence[Path]:  # noqa: ARG002
        """The preset, where it is a file: a result depends on its contents, not on its name."""
        return [self._preset] if self._preset else []

    def _from_scores(self, image: NDArray[np.uint8], prediction: SemanticMap) -> SemanticMap:
        scores = unary.normalised(probabilities.require(prediction, "DenseCRF"))
        marginals = self._infer(image, scores, self.parameters)
        return SemanticMap(probabilities.relabelled(prediction, marginals), marginals)

    def _from_labels(self, image: NDArray[np.uint8], prediction: SemanticMap) -> SemanticMap:
        labels = prediction.labels
        classes = self.parameters.classes
        shown = np.unique(labels[labels != void_of(labels)]) if classes is None else np.arange(classes)
        if len(shown) < 2:
            return SemanticMap(labels)
        marginals = self._infer(image, unary.of_labels(labels, shown, self.certainty), self.parameters)
        places = probabilities.most_likely(marginals, dtype=np.dtype(np.int32))
        return SemanticMap(np.where(labels == void_of(labels), labels, shown[places].astype(labels.dtype)))

    def _binary(self, image: NDArray[np.uint8], prediction: BinaryMask) -> BinaryMask:
        if is_uniform(prediction.mask):
            return binary.unrefined(prediction)
        found, window = binary.probability(prediction).copy(), window_of(prediction.mask, self.margin_px)
        if prediction.probabilities is None or self.source == "labels":
            labels = np.ascontiguousarray(prediction.mask[window]).view(np.uint8)
            found[window] = self._confidence(image, labels, window, self.mask_parameters)
        else:
            scores = unary.of_object(found[window])
            found[window] = self._infer(image[window], scores, self.mask_parameters)[1]
        return binary.answer(prediction, found)

    def _claims(self, image: NDArray[np.uint8], labels: Labels, segments: int) -> Iterator[Claim]:
        for number, window in windows(labels, range(segments), margin_px=self.margin_px):
            mask = (labels[window] == number).view(np.uint8)
            yield number, window, self._confidence(image, mask, window, self.parameters)

    def _mask(self, image: NDArray[np.uint8], mask: Labels, window: Window) -> Labels:
        return (self._confidence(image, mask, window, self.mask_parameters) > 0.5).view(np.uint8)

    def _confidence(
        self, image: NDArray[np.uint8], mask: Labels, window: Window, parameters: Parameters
    ) -> NDArray[np.float32]:
        """Of object against background."""
        scores = unary.of_labels(mask, OBJECT, self.certainty)
        return np.asarray(self._infer(image[window], scores, parameters)[1])

    def _infer(
        self, image: NDArray[np.uint8], scores: NDArray[np.float32], parameters: Parameters
    ) -> NDArray[np.float32]:
        crop = np.ascontiguousarray(image)
        if self.device is None:
            return infer(crop, scores, parameters)
        import torch

        from boundary_bench.refiners.densecrf import device

        pixels, given = torch.from_numpy(crop).to(self.device), torch.from_numpy(scores).to(self.device)
        marginals: NDArray[np.float32] = device.infer(pixels, given, parameters).cpu().numpy()
        return marginals
