"""Edges of saved label maps, as predictions: STEAL's Figure 5 compares them with those of edge detectors."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import numpy as np

from bench.contracts import Dataset, Sample
from bench.errors import Problem
from bench.predictions.label_png import LabelPng
from metrics.geometry import semantic_edges
from metrics.segmentation import EdgeMaps, Task

RADIUS_PX = 1


class LabelEdges:
    """Where label maps change, certain edges; satisfies `bench.contracts.PredictionSet`.

    The rules are those of the truth (`metrics.geometry.semantic_edges`, both sides), in the place of the paper's Sobel
    filter. Lines are two pixels wide, and the metric thins them.

    Args:
        path, dataset, name, label_space: as of `bench.predictions.label_png.LabelPng`.

    Raises:
        InputError: as there.
    """

    task: Task = "edges"
    has_probabilities = True

    def __init__(
        self,
        path: str | Path,
        *,
        dataset: Dataset,
        name: str | None = None,
        label_space: Literal["train_ids", "label_ids"] = "train_ids",
    ) -> None:
        self._labels = LabelPng(path, dataset=dataset, name=name, label_space=label_space)
        self.name, self._classes = self._labels.name, len(dataset.classes)

    def has(self, sample: Sample) -> bool:
        """Whether the sample's label map is there."""
        return self._labels.has(sample)

    def load(self, sample: Sample) -> EdgeMaps:
        """uint8 (K, H, W): 0, or 255 on edges.

        Raises:
            InputError: as `LabelPng.load`.
        """
        labels = self._labels.load(sample).labels
        edges = semantic_edges(labels, classes=self._classes, radius_px=RADIUS_PX)
        return EdgeMaps(edges.astype(np.uint8) * np.uint8(255))

    def digest(self, sample: Sample) -> str:
        """That of the label map."""
        return self._labels.digest(sample)

    def check(self, sample: Sample, size: tuple[int, int]) -> list[Problem]:
        """Everything wrong with the sample's label map."""
        return self._labels.check(sample, size)

    def notes(self) -> list[str]:
        """Those on the label maps."""
        return self._labels.notes()

    def describe(self) -> dict[str, Any]:
        """Format and settings."""
        return {**self._labels.describe(), "format": "edges of label_png", "radius_px": RADIUS_PX}
