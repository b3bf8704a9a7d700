"""Whether the truth of a dataset has boundaries to learn from, as it is read image by image."""

from __future__ import annotations

from boundary_bench.bench.errors import InputError, Problem
from boundary_bench.bench.plugins.protocols import Dataset
from boundary_bench.metrics.structures.binary_mask import BinaryMask
from boundary_bench.metrics.structures.labels import ids_of, void_of
from boundary_bench.metrics.structures.segmentation import Segmentation, SemanticMap
from boundary_bench.refiners.common.truth import labels_of_truth

ALLOWED = "an image at least in which two of them have a boundary"
ALLOWED_MASKS = "an image at least that holds object and background"
HINT_MASKS = "is the background or the object among what --ignore leaves out?"
HINT = "is an object marked by an id that means void here, such as 255?"


class SeenTruth:
    """What a dataset's truth holds, as far as it was read: classes, masks, or objects and segments.

    Args:
        dataset: whose truth it is.
    """

    def __init__(self, dataset: Dataset) -> None:
        self._dataset, self._images, self._classes = dataset, 0, set[int]()
        self._has_boundary = self._has_void = False

    def add(self, truth: Segmentation) -> None:
        """Take the truth of one more image."""
        self._images += 1
        if self._has_boundary:
            return
        labels = labels_of_truth(truth)
        found = set(ids_of(labels).tolist())
        self._has_void |= void_of(labels) in found
        found -= {void_of(labels)}
        self._has_boundary = len(found) > 1
        if isinstance(truth, SemanticMap | BinaryMask):
            self._classes |= found

    def require_boundary(self) -> None:
        """Raise InputError where no image has two labels besides void: nothing could be learned at a boundary."""
        if not self._has_boundary:
            where = f"truth of {self._dataset.name}/{self._dataset.split}"
            allowed = ALLOWED_MASKS if self._dataset.task == "binary" else ALLOWED
            raise InputError(Problem(where, f"{self._found()} in {self._images} images", allowed, self._hint()))

    def _found(self) -> str:
        if self._dataset.task in ("instance", "panoptic"):
            return "no two objects or segments that meet, nor one and a background,"
        names = [self._dataset.classes[each] for each in sorted(self._classes)]
        if self._dataset.task == "binary":
            void = ["void"] if self._has_void or not names else []
            return f"nothing but {' and '.join(names + void)}" if len(names) < 2 else "never both in one mask,"
        if len(names) > 1:
            return f"never more than one class and void ({', '.join(names[:8])}{', ...' if len(names) > 8 else ''})"
        return f"nothing but {f'the class {names[0]} and ' if names else ''}void"

    def _hint(self) -> str:
        if self._dataset.task == "binary":
            return HINT_MASKS if self._has_void else ""
        return HINT if self._dataset.task == "semantic" and len(self._classes) < 2 else ""
