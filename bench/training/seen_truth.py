"""Whether the truth of a dataset has boundaries to learn from, as it is read image by image."""

from __future__ import annotations

from boundary_bench.bench.errors import InputError, Problem
from boundary_bench.bench.plugins.protocols import Dataset
from boundary_bench.metrics.structures.labels import ids_of, void_of
from boundary_bench.metrics.structures.segmentation import Segmentation, SemanticMap
from boundary_bench.refiners.common.truth import labels_of_truth

ALLOWED = "an image at least in which two of them have a boundary"
HINT = "is an object marked by an id that means void here, such as 255?"


class SeenTruth:
    """What a dataset's truth holds, as far as it was read: classes, or objects and segments.

    Args:
        dataset: whose truth it is.
    """

    def __init__(self, dataset: Dataset) -> None:
        self._dataset, self._images, self._classes = dataset, 0, set[int]()
        self._has_boundary = False

    def add(self, truth: Segmentation) -> None:
        """Take the truth of one more image."""
        self._images += 1
        if self._has_boundary:
            return
        labels = labels_of_truth(truth)
        found = set(ids_of(labels).tolist()) - {void_of(labels)}
        self._has_boundary = len(found) > 1
        if isinstance(truth, SemanticMap):
            self._classes |= found

    def require_boundary(self) -> None:
        """Raise InputError where no image has two labels besides void: nothing could be learned at a boundary."""
        if not self._has_boundary:
            where = f"truth of {self._dataset.name}/{self._dataset.split}"
            raise InputError(Problem(where, f"{self._found()} in {self._images} images", ALLOWED, self._hint()))

    def _found(self) -> str:
        if self._dataset.task != "semantic":
            return "no two objects or segments that meet, nor one and a background,"
        names = [self._dataset.classes[each] for each in sorted(self._classes)]
        if len(names) > 1:
            return f"never more than one class and void ({', '.join(names[:8])}{', ...' if len(names) > 8 else ''})"
        return f"nothing but {f'the class {names[0]} and ' if names else ''}void"

    def _hint(self) -> str:
        return HINT if self._dataset.task == "semantic" and len(self._classes) < 2 else ""
