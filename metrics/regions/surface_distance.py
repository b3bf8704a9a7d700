"""Distances between true and predicted surfaces, as medical segmentation reports them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import inf
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from boundary_bench.metrics.functional.cache import remembered
from boundary_bench.metrics.functional.class_statistics import class_totals
from boundary_bench.metrics.functional.masks.regions import FOUND_IOU, MOST_DETECTIONS, object_regions, regions
from boundary_bench.metrics.functional.masks.surface_scores import score_names, surface_scores
from boundary_bench.metrics.functional.masks.surfaces import Spacing, Surface, SurfaceKind, surface_of
from boundary_bench.metrics.functional.statistics import Measurement, Summary, divide, mean_of_defined
from boundary_bench.metrics.structures.binary_mask import BinaryMask
from boundary_bench.metrics.structures.segmentation import InstanceSet, SemanticMap, Task

Missed = Literal["undefined", "diagonal"]
SHARE = "surface_share"
MASKS, CLASSES, OBJECTS = range(3)
"""What the regions of a measurement are: `kind`."""
NOTHING = Surface(np.zeros(0, np.int32), np.zeros(0, np.int32), np.zeros(1, np.int64), None)


class SurfaceDistance:
    """Hausdorff and average distances of surfaces, and surface Dice, in pixels or in mm.

    Each region has numbers of its own: the object of a binary mask, each class of a label map, each true object with
    the prediction that found it. Their means are over regions in which they are defined: where both masks are empty
    nothing is, but `missed` decides of distances where one is, and surface Dice is 0 there. `surface_share` says in how
    many regions both masks have a surface, of those in which one has: over how many, then, distances are a mean.

    Args:
        classes: number of classes K; 2 of binary masks.
        tolerances_px: of surface Dice (NSD), inclusive, in px, or in mm where there is a spacing.
        spacing_mm: of pixels, one number or those of rows and of columns; None: distances are in px.
        surface: `pixel` or `subvoxel`, see `boundary_bench.metrics.functional.masks.surfaces`.
        missed: what distances are where only one of both masks is empty, or an object is missed: `undefined`, which
            so that they are means over the others, or the image's `diagonal`, as some challenges have it.
        iou_threshold: of objects, the mask IoU from which on a prediction has found one, above 0, at most 1.
        max_detections: of objects, predictions of one category and image that are looked at, by score.

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
        iou_threshold: float = FOUND_IOU,
        max_detections: int = MOST_DETECTIONS,
    ) -> None:
        self.classes = classes
        self.tolerances = _tolerances(tolerances_px)
        if surface not in ("pixel", "subvoxel"):
            raise ValueError(f"surface is {surface!r}; allowed: 'pixel', 'subvoxel'")
        if missed not in ("undefined", "diagonal"):
            raise ValueError(f"missed is {missed!r}; allowed: 'undefined', 'diagonal'")
        if not 0 < iou_threshold <= 1:
            raise ValueError(f"iou_threshold is {iou_threshold}; allowed: 0 < threshold <= 1")
        if max_detections < 1:
            raise ValueError(f"max_detections is {max_detections}; allowed: whole numbers >= 1")
        self.spacing, self.unit = _spacing(spacing_mm), "px" if spacing_mm is None else "mm"
        self.surface: SurfaceKind = surface
        self.missed = missed
        self.iou_threshold, self.max_detections = float(iou_threshold), max_detections
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
            SHARE: "share of regions in which both have a surface, of those in which truth or prediction has one",
            "regions": "the object of a binary mask; each class of a label map; true objects that are no crowd, with "
            f"the prediction that COCO's greedy matching finds for them at mask IoU {self.iou_threshold:g} among the "
            f"first {self.max_detections} of their category",
            "averaging": "mean over images in which it is defined; of label maps by class, then over classes; of "
            "objects over those of all images, each once, whatever its class",
            "void": "pixels void in the truth are background in truth and prediction",
            "missed": self.missed,
            "undefined": "where truth and prediction are empty; distances also where one of both is or an object is "
            "missed, unless missed is diagonal; NSD is 0 there",
            "source": "Huttenlocher et al., PAMI 1993; Heimann et al., TMI 2009; Nikolov et al., 2018 (surface Dice)",
        }

    def value_range(self, name: str) -> tuple[float, float]:
        """Shares for surface Dice and `surface_share`; distances have no upper end."""
        return (0.0, inf) if name.endswith(f"_{self.unit}") else (0.0, 1.0)

    def measure(
        self, *, prediction: BinaryMask | SemanticMap | InstanceSet, truth: BinaryMask | SemanticMap | InstanceSet
    ) -> Measurement:
        """The numbers of each of R regions.

        Returns:
            `category`: int64 (R,), its class; `scores`: float64 (R, 5 + tolerances), by `names`, NaN where undefined;
            `found`: float64 (R,), 1 where both have a surface, 0 where one has, NaN where none has; `kind`: int64 (),
            0 of binary masks, 1 of label maps, 2 of objects.

        Raises:
            ValueError: prediction and truth of different sizes, or objects without scores.
        """
        categories, scores, found = [], [], []
        for category, predicted, true in self._surfaces(prediction, truth):
            categories.append(category)
            scores.append(self._scores(predicted, true, truth.size))
            found.append((np.nan, 0.0, 1.0)[bool(len(predicted)) + bool(len(true))])
        kind = MASKS if isinstance(truth, BinaryMask) else OBJECTS if isinstance(truth, InstanceSet) else CLASSES
        return {
            "category": np.array(categories, np.int64),
            "scores": np.array(scores, np.float64).reshape(len(scores), len(self.names)),
            "found": np.array(found, np.float64),
            "kind": np.array(kind, np.int64),
        }

    def summarise(self, measurements: Sequence[Measurement], weights: NDArray[np.float64] | None = None) -> Summary:
        """Means over images, over images and then classes, or over objects; of classes and objects by class too."""
        if not measurements:
            raise ValueError("nothing to summarise: there are no measurements")
        kind = int(measurements[0]["kind"])
        category, rows, found = (
            np.concatenate([each[key] for each in measurements]) for key in ("category", "scores", "found")
        )
        of_image = np.repeat(np.arange(len(measurements)), [len(each["category"]) for each in measurements])
        values, per_class, scored, undefined = {}, {}, {}, {}
        for name, column in (*zip(self.names, rows.T, strict=True), (SHARE, found)):
            defined = ~np.isnan(column)
            total, count = (
                class_totals(part, category, (of_image, len(measurements)), self.classes, weights)
                for part in (np.where(defined, column, 0.0), defined)
            )
            means = divide(total, count)
            values[name] = mean_of_defined(means) if kind == CLASSES else divide(total.sum(-1), count.sum(-1))
            per_class[name] = means
            every = len(column) if kind == MASKS else self.classes
            scored[name] = int(defined.sum()) if kind == MASKS else len(np.unique(category[defined]))
            undefined[name] = every - scored[name]
        return Summary(values, {} if kind == MASKS else per_class, scored=scored, undefined=undefined)

    def _surfaces(self, prediction: Any, truth: Any) -> Iterator[tuple[int, Surface, Surface]]:
        """Category, predicted and true surface of each region."""
        if isinstance(truth, InstanceSet):
            settings: dict[str, Any] = {"iou_threshold": self.iou_threshold, "max_detections": self.max_detections}
            for region in object_regions(prediction, truth, classes=self.classes, **settings):
                predicted, true = (self._surface(mask) for mask in (region.prediction, region.truth))
                yield region.category, predicted, true
            return
        kept = _true_surfaces(truth, classes=self.classes, surface=self.surface, spacing=self.spacing)
        for region in regions(prediction, truth, classes=self.classes):
            yield region.category, self._surface(region.prediction), kept.get(region.category, NOTHING)

    def _surface(self, mask: NDArray[np.bool_]) -> Surface:
        return surface_of(mask, self.surface, self.spacing)

    def _scores(self, predicted: Surface, true: Surface, size: tuple[int, int]) -> NDArray[np.float64]:
        scores = surface_scores(predicted, true, self.tolerances, self.spacing)
        if self.missed == "diagonal" and bool(len(predicted)) != bool(len(true)):
            diagonal = np.hypot(size[0] * self.spacing[0], size[1] * self.spacing[1])
            scores[: len(scores) - len(self.tolerances)] = diagonal
        return scores


@remembered
def _true_surfaces(
    truth: BinaryMask | SemanticMap, *, classes: int, surface: SurfaceKind, spacing: Spacing
) -> dict[int, Surface]:
    """Of each class that the truth has; of a binary mask that of its object."""
    found = regions(truth, truth, classes=classes)
    return {region.category: surface_of(region.truth, surface, spacing) for region in found}


def _tolerances(given: Sequence[float]) -> tuple[float, ...]:
    found = tuple(float(tolerance) for tolerance in given)
    if not found or not all(0 <= tolerance < inf for tolerance in found):
        raise ValueError(f"tolerances_px is {given}; allowed: one or more, each 0 or more")
    if len({f"{tolerance:g}" for tolerance in found}) < len(found):
        raise ValueError(f"tolerances_px is {given}; allowed: each once, told apart by six digits")
    return found


def _spacing(spacing_mm: float | Sequence[float] | None) -> Spacing:
    if spacing_mm is None:
        return 1.0, 1.0
    given = [spacing_mm, spacing_mm] if isinstance(spacing_mm, int | float) else list(spacing_mm)
    if len(given) != 2 or not all(0 < float(each) < inf for each in given):
        raise ValueError(f"spacing_mm is {spacing_mm}; allowed: one number above 0, or those of rows and of columns")
    return float(given[0]), float(given[1])
