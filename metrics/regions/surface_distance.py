"""Distances between true and predicted surfaces, as medical segmentation reports them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import inf
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from boundary_bench.metrics.functional.class_statistics import class_totals
from boundary_bench.metrics.functional.masks.regions import OBJECT, Region, regions
from boundary_bench.metrics.functional.masks.surface_scores import score_names, surface_scores
from boundary_bench.metrics.functional.masks.surfaces import Spacing, SurfaceKind, surface_of
from boundary_bench.metrics.functional.pairing import true_positives
from boundary_bench.metrics.functional.statistics import Measurement, Summary, divide, mean_of_defined
from boundary_bench.metrics.structures.binary_mask import BinaryMask
from boundary_bench.metrics.structures.segmentation import InstanceSet, SemanticMap, Task

Missed = Literal["undefined", "diagonal"]
FOUND_IOU = 0.5
"""Mask IoU from which on a prediction has found an object."""
MOST_DETECTIONS = 100


class SurfaceDistance:
    """Hausdorff and average distances of surfaces, and surface Dice, in pixels or in mm.

    Each binary mask, each class of a label map, and each true object with the prediction that found it has numbers of
    its own; their means are over images in which they are defined, or over objects.

    Args:
        classes: number of classes K; 2 of binary masks.
        tolerances_px: of surface Dice (NSD), in px, or in mm where there is a spacing.
        spacing_mm: of pixels, one number or those of rows and of columns; None: distances are in px.
        surface: `pixel` or `subvoxel`, see `boundary_bench.metrics.functional.masks.surfaces`.
        missed: what distances are where only one of both masks is empty, or an object is missed: `undefined`, which
            the counts say, or the image's `diagonal`, as some challenges have it.

    Raises:
        ValueError: a value that is not allowed.
    """

    tasks: frozenset[Task] = frozenset({"binary", "semantic", "instance"})

    def __init__(
        self,
        classes: int,
        tolerances_px: Sequence[float] = (1, 2),
        spacing_mm: float | Sequence[float] | None = None,
        surface: SurfaceKind = "pixel",
        missed: Missed = "undefined",
    ) -> None:
        self.classes = classes
        self.tolerances = tuple(float(tolerance) for tolerance in tolerances_px)
        if not self.tolerances or not all(0 <= tolerance < inf for tolerance in self.tolerances):
            raise ValueError(f"tolerances_px is {tolerances_px}; allowed: one or more, each 0 or more")
        if surface not in ("pixel", "subvoxel"):
            raise ValueError(f"surface is {surface!r}; allowed: 'pixel', 'subvoxel'")
        if missed not in ("undefined", "diagonal"):
            raise ValueError(f"missed is {missed!r}; allowed: 'undefined', 'diagonal'")
        self.spacing, self.unit = _spacing(spacing_mm), "px" if spacing_mm is None else "mm"
        self.surface: SurfaceKind = surface
        self.missed = missed
        self.names = score_names(self.tolerances, self.unit)

    def definition(self) -> dict[str, Any]:
        """Definition of the numbers."""
        return {
            "metric": "distances between surfaces, and surface Dice",
            "surface": self.surface,
            "spacing": list(self.spacing),
            "unit": self.unit,
            "tolerances": list(self.tolerances),
            "HD": "largest distance of either surface to the other",
            "HD95": "the larger of the 95th percentiles of both directions; HD95_pooled: that of both together",
            "ASD": "mean distance of the predicted surface to the true one; ASSD: of both surfaces together",
            "NSD": "share of both surfaces within the tolerance of the other",
            "averaging": "mean over images in which it is defined, of label maps and objects by class, then over "
            f"classes; objects are those that a prediction of their class found at mask IoU {FOUND_IOU}",
            "void": "pixels void in the truth are background in truth and prediction",
            "undefined": "where truth and prediction are empty; distances also where one of both is, or an object is "
            f"missed: {self.missed}; NSD is 0 there",
            "source": "Huttenlocher et al., PAMI 1993; Heimann et al., TMI 2009; Nikolov et al., 2018 (surface Dice)",
        }

    def value_range(self, name: str) -> tuple[float, float]:
        """Shares for surface Dice; distances have no upper end."""
        return (0.0, 1.0) if name.startswith("NSD") else (0.0, inf)

    def measure(
        self, *, prediction: BinaryMask | SemanticMap | InstanceSet, truth: BinaryMask | SemanticMap | InstanceSet
    ) -> Measurement:
        """Of R regions their class, int64 (R,), and their numbers, float64 (R, 5 + tolerances), NaN where undefined.

        Raises:
            ValueError: prediction and truth of different sizes, or objects without scores.
        """
        found = list(self._regions(prediction, truth))
        scores = [self._scores(region, truth.size) for region in found]
        return {
            "category": np.array([region.category for region in found], np.int64),
            "scores": np.array(scores, np.float64).reshape(len(found), len(self.names)),
            "alone": np.array(isinstance(truth, BinaryMask)),
        }

    def summarise(self, measurements: Sequence[Measurement], weights: NDArray[np.float64] | None = None) -> Summary:
        """Means by class and of classes; of binary masks the mean over images."""
        if not measurements:
            raise ValueError("nothing to summarise: there are no measurements")
        rows = np.concatenate([each["scores"] for each in measurements])
        category = np.concatenate([each["category"] for each in measurements])
        image = np.repeat(np.arange(len(measurements)), [len(each["category"]) for each in measurements])
        of_image, alone = (image, len(measurements)), all(bool(each["alone"]) for each in measurements)
        values, per_class, scored, undefined = {}, {}, {}, {}
        for name, column in zip(self.names, rows.T, strict=True):
            defined = ~np.isnan(column)
            total, count = (
                class_totals(part, category, of_image, self.classes, weights)
                for part in (np.where(defined, column, 0.0), defined)
            )
            means = divide(total, count)
            values[name] = means[..., OBJECT] if alone else mean_of_defined(means)
            per_class[name] = means
            classes = int((class_totals(defined, category, of_image, self.classes) > 0).sum())
            scored[name] = int(defined.sum()) if alone else classes
            undefined[name] = (len(column) if alone else self.classes) - scored[name]
        return Summary(values, {} if alone else per_class, scored=scored, undefined=undefined)

    def _regions(self, prediction: Any, truth: Any) -> Iterator[Region]:
        if isinstance(truth, InstanceSet):
            return self._objects(prediction, truth)
        return regions(prediction, truth, classes=self.classes)

    def _objects(self, prediction: InstanceSet, truth: InstanceSet) -> Iterator[Region]:
        """Each true object that is no crowd in its box and that of what found it; missed ones with nothing."""
        (found,) = true_positives(
            prediction=prediction,
            truth=truth,
            classes=self.classes,
            thresholds=[FOUND_IOU],
            max_detections=MOST_DETECTIONS,
        )
        for index in np.flatnonzero(~truth.crowd).tolist():
            box, place = truth.masks.boxes[index], int(found[index])
            if place >= 0:
                other = prediction.masks.boxes[place]
                box = np.concatenate([np.minimum(box[:2], other[:2]), np.maximum(box[2:], other[2:])])
            top, left, bottom, right = box.tolist()
            whole = (top, left, max(bottom, top + 1), max(right, left + 1))
            true = truth.masks.window(index, whole)
            predicted = np.zeros_like(true) if place < 0 else prediction.masks.window(place, whole)
            yield Region(int(truth.categories[index]), true, predicted)

    def _scores(self, region: Region, size: tuple[int, int]) -> NDArray[np.float64]:
        predicted, true = (surface_of(mask, self.surface, self.spacing) for mask in (region.prediction, region.truth))
        scores = surface_scores(predicted, true, self.tolerances, self.spacing)
        if self.missed == "diagonal" and bool(len(predicted)) != bool(len(true)):
            scores[: len(scores) - len(self.tolerances)] = np.hypot(
                size[0] * self.spacing[0], size[1] * self.spacing[1]
            )
        return scores


def _spacing(spacing_mm: float | Sequence[float] | None) -> Spacing:
    if spacing_mm is None:
        return 1.0, 1.0
    given = [spacing_mm, spacing_mm] if isinstance(spacing_mm, int | float) else list(spacing_mm)
    if len(given) != 2 or not all(0 < float(each) < inf for each in given):
        raise ValueError(f"spacing_mm is {spacing_mm}; allowed: one number above 0, or those of rows and of columns")
    return float(given[0]), float(given[1])
