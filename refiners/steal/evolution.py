"""Segmentations whose boundaries move to edges: each class, segment or object a mask, and who gets a pixel of two.

Source: STEAL (Acuna, Kar and Fidler, CVPR 2019), Sections 3.4 to 3.6. How masks that meet share out the pixels is our
own: the paper evolves each class by itself, and its released code paints classes over each other by their numbers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from boundary_bench.metrics.structures.binary_mask import BinaryMask
from boundary_bench.metrics.structures.labels import Labels, void_of
from boundary_bench.metrics.structures.segment_labels import as_labels, with_labels
from boundary_bench.metrics.structures.segmentation import InstanceSet, PanopticMap, SemanticMap
from boundary_bench.refiners.common.per_label import WHOLE, AnyMap, Window, grown_box, is_uniform, with_masks
from boundary_bench.refiners.steal.contour import Contour, Mask, Speed
from boundary_bench.refiners.steal.evidence import Probability, mask_edges, merged, normalised, stopping_function
from boundary_bench.refiners.steal.schedule import NEVER, Schedule

REACH_PX: Final = 4
"""How far a step looks or acts at most: balloon, gradient, and smoothing with two operators."""
OBJECT: Final = 0
"""The only class of a binary mask."""


@dataclass(frozen=True)
class Evolution:
    """How labels move to edges.

    Every label is a mask that evolves by itself. At the end, a pixel goes to the label that reached it first, among
    those whose mask holds it then; of equally early ones to the smallest. A pixel that none holds keeps its label. So a
    label does not lose what it still holds, and one that leaks late does not take what others reached before.

    Labels of a prediction exchange pixels, and void stays void: without a balloon this is the active alignment of
    Section 3.4, for all labels at once. Coarse labels, drawn well inside of what they name, grow into void, and pixels
    that none reaches stay void: the coarse-to-fine refinement of Section 3.6. What is labelled stays so.

    Objects are each a label and its background, which moves by the same edges; of coarse objects nothing is known of
    the background, and they grow alone. A binary mask is one object, of no class: its edges are those of any class, the
    most probable at each pixel. One that is empty or fills the image stays as it is.

    Attributes:
        contour: how masks move.
        schedule: how long, on which grid.
        coarse: whether labels are coarse.
        closeness: λ of Equation 11, how much masks are held to where their boundaries were. The stopping function is
            then higher, by λ far off and 0.7 λ near them, and so must be the threshold of a balloon.

    Raises:
        ValueError: a closeness that is not 0 or more.
    """

    contour: Contour = field(default_factory=Contour)
    schedule: Schedule = field(default_factory=Schedule)
    coarse: bool = False
    closeness: float = 0.0

    def __post_init__(self) -> None:
        if not 0 <= self.closeness < np.inf:
            raise ValueError(f"closeness is {self.closeness}; allowed: finite, 0 or more")

    def refined(self, prediction: AnyMap, edges: Probability, classes: Sequence[int] | None = None) -> AnyMap:
        """A prediction moved to edges.

        Args:
            prediction: any kind. Probabilities are dropped. Labels stay as they are in an image that would have a
                single row or column on the grid of the schedule.
            edges: probability of the boundaries of each class, float32 (K, H, W), 0..1.
            classes: the class of each map. Default: 0 to K - 1.

        Returns:
            The same kind; labels in the dtype they came in. Segments that lost all their pixels are left out.

        Raises:
            ValueError: edges of another size, or none of a class that is present.
        """
        if isinstance(prediction, BinaryMask):
            edges, classes = edges.max(axis=0, keepdims=True), (OBJECT,)
        forces = _Forces.of(edges, range(len(edges)) if classes is None else classes, self.schedule)
        if edges.shape[1:] != prediction.size:
            raise ValueError(f"edges have size {edges.shape[1:]}; allowed: {prediction.size}, as the prediction")
        if isinstance(prediction, InstanceSet):
            objects = range(len(prediction))
            return with_masks(prediction, (self._object(prediction, index, forces) for index in objects))
        if isinstance(prediction, PanopticMap):
            categories = dict(enumerate(prediction.categories.tolist()))
            return with_labels(prediction, self._moved(as_labels(prediction), categories, forces))
        if isinstance(prediction, BinaryMask):
            whole = prediction.mask if is_uniform(prediction.mask) else self._side(prediction.mask, OBJECT, forces)
            return BinaryMask(whole)
        found: list[int] = np.unique(prediction.labels).tolist()
        return SemanticMap(self._moved(prediction.labels, {k: k for k in found if k != prediction.void}, forces))

    def _object(self, objects: InstanceSet, index: int, forces: _Forces) -> tuple[Mask, int, int]:
        step = self.schedule.reduction
        margin = step * (REACH_PX * self.schedule.steps[-1] + 1)
        top, left, bottom, right = grown_box(objects, index, margin)
        top, left = top - top % step, left - left % step
        bottom, right = min(-(-bottom // step) * step, objects.size[0]), min(-(-right // step) * step, objects.size[1])
        mask = objects.masks.window(index, (top, left, bottom, right))
        if objects.masks.areas[index] == 0:
            return mask, top, left
        window = slice(top // step, -(-bottom // step)), slice(left // step, -(-right // step))
        return self._side(mask, int(objects.categories[index]), forces.within(window)), top, left

    def _side(self, mask: Mask, category: int, forces: _Forces) -> Mask:
        """An object, bool (h, w), that exchanges pixels with its background along the edges of a class."""
        labels = mask.astype(np.uint8)
        if self.coarse:
            labels[~mask] = void_of(labels)
        return np.asarray(self._moved(labels, {0: category, 1: category}, forces) == 1)

    def _moved(self, labels: Labels, categories: Mapping[int, int], forces: _Forces) -> Labels:
        """Labels (h, w), each of a class, after their evolution."""
        if min(labels.shape) <= max(1, self.schedule.reduction):
            return labels
        free = (labels == void_of(labels)) == self.coarse
        moved, earliest = labels.copy(), np.full(labels.shape, NEVER, np.int32)
        for label, category in categories.items():
            mask = labels == label
            speed = self._speed(forces.evidence(category), mask)
            arrivals = self.schedule.arrivals(self.contour, mask, speed, forces.edges(category))
            earlier = free & (arrivals < earliest)
            moved[earlier], earliest[earlier] = label, arrivals[earlier]
        return moved

    def _speed(self, evidence: Probability, mask: Mask) -> Speed:
        if not self.closeness:
            return stopping_function(evidence)
        return stopping_function(evidence, mask_edges(self.schedule.reduced(mask)), closeness=self.closeness)


@dataclass(frozen=True)
class _Forces:
    """Edges, and what they tell the boundaries of each class, on the grid of a schedule; each computed once.

    Attributes:
        maps: float32 (K, h, w).
        places: class -> place among the maps.
        window: of the grid.
    """

    maps: Probability
    places: Mapping[int, int]
    window: Window = WHOLE
    _known: dict[int, Probability] = field(default_factory=dict)

    @classmethod
    def of(cls, edges: Probability, classes: Sequence[int], schedule: Schedule) -> _Forces:
        return cls(schedule.reduced(edges), {each: place for place, each in enumerate(classes)})

    def within(self, window: Window) -> _Forces:
        """The same in a window of the grid."""
        return replace(self, window=window)

    def edges(self, category: int) -> Probability:
        """Of one class."""
        if category not in self.places:
            raise ValueError(f"class {category} has no edges; allowed: {', '.join(map(str, self.places))}")
        edges: Probability = self.maps[self.places[category]][self.window]
        return edges

    def evidence(self, category: int) -> Probability:
        """Of its boundaries, as the whole image has it."""
        if category not in self._known:
            self.edges(category)
            self._known[category] = normalised(merged(self.maps, self.places[category]))
        return self._known[category][self.window]
