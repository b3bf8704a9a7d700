"""The edges of saved label maps: how good the boundaries of a segmentation are, measured as those of a detector."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import numpy as np

from boundary_bench.bench.datasets.edges import EdgeTruth
from boundary_bench.bench.errors import InputError, Problem
from boundary_bench.bench.plugins.protocols import Dataset, Sample
from boundary_bench.bench.predictions.label_maps import LabelMaps
from boundary_bench.metrics.structures.segmentation import EdgeMaps, Task


class LabelEdges:
    """Certain edges wherever label maps change; satisfies `boundary_bench.bench.plugins.protocols.PredictionSet`.

    They are drawn by the rules by which the truth is. Source: STEAL (CVPR 2019), Figure 5.

    Args:
        path, name, label_space: as of `boundary_bench.bench.predictions.label_maps.LabelMaps`.
        dataset: of edges that are drawn from label maps.

    Raises:
        InputError: as `LabelMaps`, or another truth.
    """

    task: Task = "edges"
    has_probabilities = False

    def __init__(
        self,
        path: str | Path,
        *,
        dataset: Dataset,
        name: str | None = None,
        label_space: Literal["train_ids", "label_ids"] = "train_ids",
    ) -> None:
        if not isinstance(dataset, EdgeTruth) or dataset.drawn_from.task != "semantic":
            where = f"dataset {dataset.name}, predictions in format label_edges"
            raise InputError(Problem(where, "edges of another origin", "edges that are drawn from label maps"))
        self._truth = dataset
        self._labels = LabelMaps(path, dataset=dataset.drawn_from, name=name, label_space=label_space)
        self.name = self._labels.name

    def has(self, sample: Sample) -> bool:
        """Whether there is a label map of the sample."""
        return self._labels.has(sample)

    def load(self, sample: Sample) -> EdgeMaps:
        """Edges, uint8 (K, H, W): 255 on them.

        Raises:
            InputError: as `LabelMaps.load`.
        """
        return EdgeMaps(self._truth.edges(self._labels.load(sample)).maps[0] * np.uint8(255))

    def digest(self, sample: Sample) -> str:
        """Digest of the label map; errors as of `LabelMaps.digest`."""
        return self._labels.digest(sample)

    def check(self, sample: Sample, size: tuple[int, int]) -> list[Problem]:
        """Everything wrong with the label map."""
        return self._labels.check(sample, size)

    def describe(self) -> dict[str, Any]:
        """Format and settings."""
        return {**self._labels.describe(), "format": "label_edges"}
