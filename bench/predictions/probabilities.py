"""Predictions saved as class probabilities, from which the labels follow."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from boundary_bench.bench.errors import InputError, Problem
from boundary_bench.bench.formats.class_scores import Scores
from boundary_bench.bench.formats.file_index import FileIndex, folder_name
from boundary_bench.bench.formats.probabilities import Layout, ScoreForm, read_probabilities
from boundary_bench.bench.formats.raster.array_file import ARRAY_SUFFIXES
from boundary_bench.bench.io.hashing import file_digest
from boundary_bench.bench.plugins.protocols import Dataset, Sample
from boundary_bench.metrics.structures.labels import label_dtype
from boundary_bench.metrics.structures.segmentation import SemanticMap, Task
from boundary_bench.refiners.common.probabilities import most_likely, upsample


class Probabilities:
    """Class probabilities in a folder; satisfies `boundary_bench.bench.plugins.protocols.PredictionSet`.

    The labels are the most likely classes once the probabilities are enlarged bilinearly (half-pixel
    centres) to the size of the truth. A label map that the model's own code saved may differ from that at a
    few pixels: most enlarge logits. Where both were saved, use `LabelMaps` with its `probabilities`.

    Args:
        path: folder with `{id}.npz` or `.npy`, or `{id}_anything.npz`, for each sample, at any depth; see
            `boundary_bench.bench.formats.probabilities`.
        dataset: what they are predictions for.
        name: what tables call them; by default the folder's name.
        key: name of the array in `.npz` files; None: `prob` where there is one, else the only one that fits.
        layout: `chw` where classes come first, (K, h, w); `hwk` where they come last.
        scores: `probabilities`, `logits` whose softmax is taken, or `sigmoid` scores of each class for itself, which
            are divided by their sum.
        file_name: names of the files, such as `{id}_pred.npz`; "" to find out.

    Raises:
        InputError: no such folder, an empty one, another layout or other scores.
    """

    task: Task = "semantic"
    has_probabilities = True

    def __init__(
        self,
        path: str | Path,
        *,
        dataset: Dataset,
        name: str | None = None,
        key: str | None = None,
        layout: Layout = "chw",
        scores: Scores = "probabilities",
        file_name: str = "",
    ) -> None:
        self.name = name or folder_name(path, dataset.split)
        self._dataset, self._classes = dataset, len(dataset.classes)
        self._form = ScoreForm(key, layout, scores)
        self._files = FileIndex(path, ARRAY_SUFFIXES, [sample.id for sample in dataset.samples()], pattern=file_name)

    def has(self, sample: Sample) -> bool:
        """Whether there is a file for the sample."""
        return sample.id in self._files

    def load(self, sample: Sample) -> SemanticMap:
        """Probabilities, float32 (K, h, w), and the labels they stand for at the truth's size.

        Raises:
            InputError: no file, or one that cannot be read or used.
        """
        path, size = self._files.path(sample.id), self._dataset.size(sample)
        probabilities = read_probabilities(path, classes=self._classes, size=size, form=self._form)
        labels = most_likely(upsample(probabilities, size), dtype=label_dtype(self._classes))
        return SemanticMap(labels, probabilities)

    def digest(self, sample: Sample) -> str:
        """Digest of the contents of the sample's file.

        Raises:
            InputError: no file for the sample.
            OSError: it cannot be read.
        """
        return file_digest(self._files.path(sample.id))

    def check(self, sample: Sample, size: tuple[int, int]) -> list[Problem]:
        """Everything wrong with the sample's file: key, dtype, shape, range, sums."""
        try:
            path = self._files.path(sample.id)
            read_probabilities(path, classes=self._classes, size=size, form=self._form)
        except InputError as error:
            return list(error.problems)
        return []

    def unmatched(self) -> list[str]:
        """Names of files that belong to no sample."""
        return self._files.names_unmatched()

    def notes(self) -> list[str]:
        """Notes: files that belong to no sample."""
        return self._files.notes()

    def describe(self) -> dict[str, Any]:
        """Format and settings."""
        form = self._form
        return {"format": "probabilities", "key": form.key, "layout": form.layout, "scores": form.scores}
