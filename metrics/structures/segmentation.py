"""Segmentations: one frozen, validated class for each kind."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from boundary_bench.metrics.structures.array_checks import read_only, require_array, require_probabilities
from boundary_bench.metrics.structures.binary_mask import BinaryMask
from boundary_bench.metrics.structures.labels import Labels, void_of
from boundary_bench.metrics.structures.masks import Masks

Task = Literal["semantic", "instance", "panoptic", "binary", "edges"]

_DERIVED: Any = None
"""Default of a column that `__post_init__` fills in."""


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class SemanticMap:
    """A label map and, where the model saved them, the class probabilities behind it.

    Attributes:
        labels: (H, W), training ids 0..K-1 and `void`: uint8 with at most 255 classes, int32 with any number of them.
            Stored as a read-only view.
        probabilities: float32 (K, h, w), at any resolution with the field of view of `labels` (h = H and w = W or
            coarser), in 0..1; None where only labels were saved. Stored as a read-only view.
        instances: of a truth, int32 (H, W), ids that tell the objects of a class apart, 0 where there is none; None
            where they are not told apart. Stored as a read-only view.

    Raises:
        TypeError: another dtype.
        ValueError: another number of dimensions, an empty map, instances of another size, or probabilities that are
            not finite in 0..1.
    """

    labels: Labels
    probabilities: NDArray[np.float32] | None = None
    instances: NDArray[np.int32] | None = None

    def __post_init__(self) -> None:
        require_array(self.labels, "labels", (np.uint8, np.int32), 2)
        object.__setattr__(self, "labels", read_only(self.labels))
        if self.probabilities is not None:
            require_array(self.probabilities, "probabilities", (np.float32,), 3)
            require_probabilities(self.probabilities)
            object.__setattr__(self, "probabilities", read_only(self.probabilities))
        if self.instances is not None:
            require_array(self.instances, "instances", (np.int32,), 2)
            if self.instances.shape != self.size:
                raise ValueError(f"instances are {self.instances.shape}; allowed: the size of the labels, {self.size}")
            object.__setattr__(self, "instances", read_only(self.instances))

    @property
    def size(self) -> tuple[int, int]:
        """(H, W) in pixels."""
        height, width = self.labels.shape
        return height, width

    @property
    def void(self) -> int:
        """Label of pixels that belong to no class: 255 in uint8 maps, -1 in int32 ones."""
        return void_of(self.labels)

    def without(self, classes: Collection[int]) -> SemanticMap:
        """The map with the pixels of these classes made void; probabilities stay as they are."""
        labels = self.labels.copy()
        labels[np.isin(labels, list(classes))] = self.void
        return SemanticMap(labels, self.probabilities, self.instances)


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class InstanceSet:
    """Objects of one image: masks, which may overlap, with a category each.

    Attributes:
        masks: N of them.
        categories: int64 (N,), 0..K-1.
        scores: float64 (N,), finite, for predictions; None in a truth.
        crowd: bool (N,), truth that stands for many objects and is matched by the crowd rule; all False by default.
        areas: float64 (N,), pixels, what size ranges go by: a truth's annotated areas, by default those of the masks;
            of predictions always those of the masks, whatever is given.
        ids: int64 (N,), ids of the annotations, or where the prediction stood; by default 1..N.
        void: one mask of the truth's pixels that belong to nothing and excuse what is predicted there; None where the
            layout has none.
        federated: what an image of a federated truth (LVIS) says about categories; None elsewhere.
        stated: sizes that the file states beside the masks; None where it states none, or the masks are no longer those
            of the file.

    Raises:
        ValueError: arrays of another length or dtype kind, a negative category, or a score that is not finite.
    """

    masks: Masks
    categories: NDArray[np.int64]
    scores: NDArray[np.float64] | None = None
    crowd: NDArray[np.bool_] = _DERIVED
    areas: NDArray[np.float64] = _DERIVED
    ids: NDArray[np.int64] = _DERIVED
    void: Masks | None = None
    federated: Federated | None = None
    stated: StatedSizes | None = None

    def __post_init__(self) -> None:
        count = len(self.masks)
        if self.scores is not None:
            # A refiner may have changed the masks of a set and kept its areas.
            object.__setattr__(self, "areas", None)
        if self.stated is not None and self.stated.masks is not self.masks:
            object.__setattr__(self, "stated", None)
        defaults = {"crowd": np.zeros(count, np.bool_), "areas": self.masks.areas, "ids": np.arange(1, count + 1)}
        types = {"categories": np.int64, "scores": np.float64, "crowd": np.bool_, "areas": np.float64, "ids": np.int64}
        for name, dtype in types.items():
            given = getattr(self, name)
            if given is None and name == "scores":
                continue
            column: NDArray[Any] = np.asarray(defaults[name] if given is None else given, dtype=dtype)
            if column.shape != (count,):
                raise ValueError(f"{name} have shape {column.shape}; allowed: ({count},), one for each mask")
            object.__setattr__(self, name, read_only(column))
        if count and self.categories.min() < 0:
            raise ValueError(f"categories reach down to {self.categories.min()}; allowed: 0 and above")
        if self.scores is not None and not np.isfinite(self.scores).all():
            raise ValueError("scores hold values that are not finite; allowed: finite numbers")

    @property
    def size(self) -> tuple[int, int]:
        """(H, W) in pixels."""
        return self.masks.size

    def __len__(self) -> int:
        return len(self.masks)


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class StatedSizes:
    """Sizes of objects as their file states them, which need not be those of the masks.

    Attributes:
        masks: those that the sizes are of.
        areas: float64 (N,), px, COCO's `area`; NaN where there is none.
        boxes: float64 (N,), px, width times height of COCO's `bbox`; NaN where there is none.
    """

    masks: Masks
    areas: NDArray[np.float64]
    boxes: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Federated:
    """Categories annotated in an image, where not every category was (federated annotation).

    Attributes:
        negative: categories known to be absent.
        not_exhaustive: categories of which not every object is annotated.
    """

    negative: frozenset[int]
    not_exhaustive: frozenset[int]


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class PanopticMap:
    """One segment for every pixel.

    Attributes:
        ids: int32 (H, W), segment ids; 0 is void.
        segments: int32 (S,), the ids that occur, each once, none 0, in the order of the file.
        categories: int64 (S,), 0..K-1.
        crowd: bool (S,), truth that stands for many objects.
        scores: float64 (S,), confidences of predicted segments; 1 by default.
        hidden: bool (S,), truth that others cover wholly: these ids, and only these, do not occur in the map. All False
            by default; predictions have none.

    Raises:
        TypeError, ValueError: other dtypes or shapes, id 0 or an id twice among the segments, or ids in the map and
            among the segments that are not hidden that are not the same.
    """

    ids: NDArray[np.int32]
    segments: NDArray[np.int32]
    categories: NDArray[np.int64]
    crowd: NDArray[np.bool_] = _DERIVED
    scores: NDArray[np.float64] = _DERIVED
    hidden: NDArray[np.bool_] = _DERIVED

    def __post_init__(self) -> None:
        require_array(self.ids, "ids", (np.int32,), 2)
        object.__setattr__(self, "ids", read_only(self.ids))
        count = len(self.segments)
        none = np.zeros(count, np.bool_)
        defaults = {"crowd": none, "scores": np.ones(count), "hidden": none}
        types = {"segments": np.int32, "categories": np.int64, "crowd": np.bool_, "scores": np.float64}
        types |= {"hidden": np.bool_}
        for name, dtype in types.items():
            given = getattr(self, name)
            column: NDArray[Any] = np.asarray(defaults[name] if given is None else given, dtype=dtype)
            if column.shape != (count,):
                raise ValueError(f"{name} have shape {column.shape}; allowed: ({count},), one for each segment")
            object.__setattr__(self, name, read_only(column))
        self._check_ids()

    @property
    def size(self) -> tuple[int, int]:
        """(H, W) in pixels."""
        height, width = self.ids.shape
        return height, width

    def _check_ids(self) -> None:
        listed = np.sort(self.segments)
        if len(listed) and (listed[0] <= 0 or (np.diff(listed) == 0).any()):
            raise ValueError("segments hold id 0, a negative id or an id twice; allowed: positive ids, each once")
        flat = self.ids.reshape(-1)
        # Where runs of one id begin: far fewer values to sort than pixels.
        present = np.unique(flat[np.append(True, flat[1:] != flat[:-1])])
        present = present[present != 0]
        seen = self.segments[~self.hidden]
        missing, extra = np.setdiff1d(present, seen), np.setdiff1d(seen, present)
        if len(missing) or len(extra):
            found = f"ids {missing[:5].tolist()} without a segment, segments {extra[:5].tolist()} without a pixel"
            raise ValueError(f"the map holds {found}; allowed: the same ids in both")


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class EdgeMaps:
    """Boundaries of all classes of one image: how probable each pixel is, or in a truth where annotators saw them.

    Attributes:
        maps: a prediction's probabilities, float32 (K, H, W) in 0..1 or uint8 (K, H, W) in 255ths; or a truth's bool
            (A, K, H, W) of A annotators, for which a single one's (K, H, W) may be given. Stored as a read-only view.

    Raises:
        TypeError: another dtype.
        ValueError: another number of dimensions, an empty map, or probabilities that are not finite in 0..1.
    """

    maps: NDArray[np.float32] | NDArray[np.uint8] | NDArray[np.bool_]

    def __post_init__(self) -> None:
        maps = self.maps
        if getattr(maps, "dtype", None) == np.bool_ and maps.ndim == 3:
            maps = maps[None]
        dimensions = 4 if getattr(maps, "dtype", None) == np.bool_ else 3
        require_array(maps, "maps", (np.float32, np.uint8, np.bool_), dimensions)
        if maps.dtype == np.float32:
            require_probabilities(maps)
        object.__setattr__(self, "maps", read_only(maps))

    @property
    def classes(self) -> int:
        """K."""
        return int(self.maps.shape[-3])

    @property
    def size(self) -> tuple[int, int]:
        """(H, W) in pixels."""
        height, width = self.maps.shape[-2:]
        return height, width


Segmentation = SemanticMap | InstanceSet | PanopticMap | BinaryMask
