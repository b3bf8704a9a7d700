"""Whether the truth of a dataset can be scored: ids of its classes, sizes of images, and anything to score at all."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from boundary_bench.bench.errors import Problem
from boundary_bench.bench.plugins.abilities import of_dataset
from boundary_bench.bench.plugins.protocols import Dataset, Sample
from boundary_bench.metrics.structures.binary_mask import BinaryMask
from boundary_bench.metrics.structures.labels import ids_of
from boundary_bench.metrics.structures.segmentation import SemanticMap

SHOWN_IDS = 8


class TruthCheck:
    """Checks samples one by one, in any thread, and remembers what their truth holds.

    Args:
        dataset: whose truth.
        sizes: by sample id; is given the size of each truth that was decoded.
        needed: whether every sample must have one.
    """

    def __init__(self, dataset: Dataset, sizes: dict[str, tuple[int, int]], *, needed: bool) -> None:
        self._sizes, self._needed = sizes, needed
        self._dataset, self._classes = dataset, len(dataset.classes)
        self._title = f"{dataset.name}/{dataset.split}"
        self._own = of_dataset(dataset)
        # By sample, so that one that is checked twice counts once.
        self._scored: dict[str, bool] = {}

    def problems(self, images: bool, sample: Sample) -> list[Problem]:
        """Everything wrong with the truth of a sample and, if `images`, its image; decodes them.

        Raises:
            InputError: a file cannot be read.
        """
        where = f"{self._title}: {sample.id}"
        if not self._own.has_truth(sample):
            if self._needed:
                hint = "without a truth predictions can be refined, not scored"
                return [Problem(where, "no label file", "one for each sample", hint)]
            size = self._dataset.image(sample).shape[:2] if images else self._dataset.size(sample)
            return [] if size else [Problem(where, "an empty image", "an image")]
        truth = self._dataset.truth(sample)
        self._sizes[sample.id] = truth.size
        problems = self._of_ids(where, sample, truth)
        shape = self._dataset.image(sample).shape if images else (*truth.size, 3)
        if shape != (*truth.size, 3):
            problems.append(Problem(where, f"an image of shape {shape}", f"{(*truth.size, 3)}, as its labels"))
        return problems

    def of_all(self) -> list[Problem]:
        """What is wrong with the truth of all samples that were checked, taken together."""
        if not self._scored or any(self._scored.values()):
            return []
        count = len(self._scored)
        hint = "the public label files of a test split often hold nothing else"
        return [Problem(self._title, f"a truth that is void in all {count} samples", "pixels that can be scored", hint)]

    def _of_ids(self, where: str, sample: Sample, truth: Any) -> list[Problem]:
        if isinstance(truth, BinaryMask):
            self._scored[sample.id] = truth.void is None or not truth.void.all()
        if not isinstance(truth, SemanticMap):
            return []
        ids = ids_of(truth.labels)
        scored = (ids >= 0) & (ids < self._classes) & (ids != truth.void)
        self._scored[sample.id] = bool(scored.any())
        unknown = ids[~scored & (ids != truth.void)]
        if not len(unknown):
            return []
        allowed = f"ids of classes, 0..{self._classes - 1}, and void {truth.void} in {truth.labels.dtype} maps"
        return [Problem(where, f"a truth with the ids {_listed(unknown)}", allowed)]


def _listed(ids: NDArray[np.int64]) -> str:
    return ", ".join(map(str, ids[:SHOWN_IDS].tolist())) + (", ..." if len(ids) > SHOWN_IDS else "")
