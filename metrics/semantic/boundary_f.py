"""Boundary F-score: how much of the predicted boundary lies near the true one, and the reverse."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boundary_bench.metrics.functional.boundary_matching import (
    Variant,
    _checked_tolerances,
    f_score,
    match_boundaries,
    tolerance_in_px,
)
from boundary_bench.metrics.functional.statistics import (
    Measurement,
    Summary,
    count_defined,
    divide,
    mean_of_defined,
    stacked,
    weighted_total,
)
from boundary_bench.metrics.structures.segmentation import SemanticMap, Task


class BoundaryF:
    """Boundary F-score, precision and recall by class at tolerances in pixels or as ratios of the diagonal.

    F is taken per image and class, averaged over images, then over classes. A class that no image has is undefined, and
    an image without a scored pixel is left out.

    Args:
        classes: number of classes K.
        tolerances_px: radii in whole pixels.
        tolerances_ratio: radii as ratios of the diagonal, rounded up to whole pixels image by image.
        variant: `gscnn` (the published numbers): void becomes background before boundaries are taken, and a class
            absent from both maps of an image scores 1 there, if another image has it. `strict`: edges along void are
            not counted, and a class absent from both maps is undefined in that image.

    Raises:
        ValueError: no tolerance, one that is negative, or an unknown variant.
    """

    tasks: frozenset[Task] = frozenset({"semantic"})

    def __init__(
        self,
        classes: int,
        tolerances_px: Sequence[int] = (1, 2, 3),
        tolerances_ratio: Sequence[float] = (),
        variant: Variant = "gscnn",
    ) -> None:
        if variant not in ("gscnn", "strict"):
            raise ValueError(f"variant is {variant!r}; allowed: 'gscnn' or 'strict'")
        self.classes = classes
        self.tolerances_px = _checked_tolerances(sorted(set(tolerances_px))).tolist() if tolerances_px else []
        self.tolerances_ratio = sorted(set(tolerances_ratio))
        if not self.names():
            raise ValueError("no tolerance is given; allowed: at least one in px or as a ratio of the diagonal")
        if any(not 0 <= ratio < 1 for ratio in self.tolerances_ratio):
            raise ValueError(f"tolerances_ratio are {self.tolerances_ratio}; allowed: 0 <= ratio < 1")
        self.variant: Variant = variant

    def names(self) -> list[str]:
        """Names of the values, one for each tolerance."""
        px = [f"boundary_f@{tolerance}px" for tolerance in self.tolerances_px]
        return px + [f"boundary_f@{ratio:g}diagonal" for ratio in self.tolerances_ratio]

    def definition(self) -> dict[str, Any]:
        """Definition of the numbers."""
        gscnn = self.variant == "gscnn"
        return {
            "metric": "boundary F-score",
            "variant": self.variant,
            "tolerances_px": list(self.tolerances_px),
            "tolerances_ratio": list(self.tolerances_ratio),
            "matching": "disk of the tolerance, Euclidean, inclusive; not one to one",
            "averaging": "per image and class, then the mean over images, then over classes",
            "void": "becomes background before boundaries are taken" if gscnn else "edges along void are not counted",
            "absent": "a class in neither map of an image "
            + ("scores 1 there, if another image has it" if gscnn else "is left out there"),
            "undefined": "classes absent from the truth and the prediction of all images",
            "nothing_scored": "images whose truth is all void are left out",
            "source": "Perazzi et al., CVPR 2016; Takikawa et al., ICCV 2019 (GSCNN); SegFix, ECCV 2020, Section 4.1",
        }

    def measure(self, *, prediction: SemanticMap, truth: SemanticMap) -> Measurement:
        """Counts of `BoundaryMatches`, T in the order of `names`."""
        wanted = self.tolerances_px + [tolerance_in_px(r, truth.size) for r in self.tolerances_ratio]
        rising = sorted(set(wanted))
        found = match_boundaries(
            prediction=prediction.labels,
            truth=truth.labels,
            classes=self.classes,
            tolerances_px=rising,
            variant=self.variant,
        )
        order = [rising.index(tolerance) for tolerance in wanted]
        return {
            "predicted": found.predicted,
            "true": found.true,
            "predicted_matched": found.predicted_matched[order],
            "true_matched": found.true_matched[order],
            "present": found.present,
        }

    def summarise(self, measurements: Sequence[Measurement], weights: NDArray[np.float64] | None = None) -> Summary:
        """F by class and its mean, with precision and recall, for every tolerance."""
        scores = self._class_means(measurements, weights)
        summary = Summary(values={}, per_class={})
        for t, name in enumerate(self.names()):
            for score, kind in zip(scores, ("boundary_f", "boundary_precision", "boundary_recall"), strict=True):
                key = name.replace("boundary_f", kind)
                by_class = score[..., t, :]
                defined = count_defined(~np.isnan(by_class))
                summary.values[key] = mean_of_defined(by_class)
                summary.per_class[key] = by_class
                summary.scored[key] = defined
                summary.undefined[key] = self.classes - defined
        return summary

    def image_scores(self, counts: Measurement) -> Measurement:
        """F, precision and recall of one image (T, K), or of counts of several with a first axis of images (N, T, K).

        Returns:
            `f`, `precision`, `recall`: float64, 0 where undefined; `defined`: bool; `present`: bool (K,) or (N, K),
            classes that the image has.
        """
        predicted, true = (np.asarray(counts[side])[..., None, :] for side in ("predicted", "true"))
        f, precision, recall = f_score(predicted, true, counts["predicted_matched"], counts["true_matched"])
        present = np.asarray(counts["present"])
        # An image with a scored pixel has a class.
        in_image: NDArray[Any] = (
            present if self.variant == "strict" else np.asarray(present.any(axis=-1, keepdims=True))
        )
        defined = np.broadcast_to(in_image[..., None, :], f.shape)
        scores = {"f": f, "precision": precision, "recall": recall}
        return {**{kind: score * defined for kind, score in scores.items()}, "defined": defined, "present": present}

    def _class_means(
        self, measurements: Sequence[Measurement], weights: NDArray[np.float64] | None
    ) -> list[NDArray[np.float64]]:
        """F, precision and recall (T, K) or (R, T, K): means over images in which the class is defined."""
        keys = ("predicted", "true", "predicted_matched", "true_matched", "present")
        images = self.image_scores({key: stacked(measurements, key) for key in keys})
        counted = weighted_total(images["defined"], weights)
        counted = counted * (weighted_total(images["present"], weights) > 0)[..., None, :]
        return [divide(weighted_total(images[kind], weights), counted) for kind in ("f", "precision", "recall")]
