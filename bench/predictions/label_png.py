"""Predictions saved as label PNGs, the usual form: one for each sample, flat or in folders."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from boundary_bench.bench.errors import InputError, Problem
from boundary_bench.bench.formats.file_index import FileIndex, folder_name
from boundary_bench.bench.formats.label_image import read_label_image
from boundary_bench.bench.formats.label_space import LabelSpace
from boundary_bench.bench.formats.probabilities import read_probabilities
from boundary_bench.bench.io.hashing import combined, file_digest
from boundary_bench.bench.plugins.abilities import of_dataset
from boundary_bench.bench.plugins.protocols import Dataset, Sample
from boundary_bench.metrics.structures.labels import Labels, ids_of
from boundary_bench.metrics.structures.segmentation import VOID, SemanticMap, Task

KEY = "prob"

# How files that hold one kind of ids or the other end where a folder has both.
_ENDINGS = {"train_ids": "_labelTrainIds", "label_ids": "_labelIds"}


class LabelPng:
    """Label maps in a folder; satisfies `boundary_bench.bench.plugins.protocols.PredictionSet`.

    Args:
        path: folder with `{id}.png` or `{id}_anything.png` for each sample, at any depth.
        dataset: what they are predictions for.
        name: what tables call them; by default the folder's name.
        label_space: `train_ids`, or `label_ids` where the files hold the raw ids of the dataset's own files.
        probabilities: folder with `{id}.npz` of the class probabilities behind the label maps (array `prob`,
            see `boundary_bench.bench.formats.probabilities`); None where none were saved.
        file_name: names of the files, such as `{id}_pred.png`; "" to find out.
        ignore: ids in the files that are void.

    Raises:
        InputError: no such folder, an empty one, or another label space.
    """

    task: Task = "semantic"

    def __init__(
        self,
        path: str | Path,
        *,
        dataset: Dataset,
        name: str | None = None,
        label_space: Literal["train_ids", "label_ids"] = "train_ids",
        probabilities: str | Path | None = None,
        file_name: str = "",
        ignore: Sequence[int] = (),
    ) -> None:
        if label_space not in _ENDINGS:
            raise InputError(Problem("label_space", repr(label_space), " or ".join(_ENDINGS)))
        self.name = name or folder_name(path, dataset.split)
        self.has_probabilities = probabilities is not None
        self._classes, self._label_space = len(dataset.classes), label_space
        raw = dataset.label_ids if label_space == "label_ids" else {}
        own = of_dataset(dataset).prediction_space
        self._space = own or LabelSpace(self._classes, raw, hint_raw=dataset.label_ids)
        self._space = self._space.with_void(ignore)
        ids = [sample.id for sample in dataset.samples()]
        self._labels = FileIndex(path, ".png", ids, prefer=_ENDINGS[label_space], pattern=file_name)
        self._probabilities = None if probabilities is None else FileIndex(probabilities, ".npz", ids)
        # By sample, not added up, so that a file that is checked twice counts once.
        self._seen: dict[str, tuple[frozenset[int], int]] = {}

    def has(self, sample: Sample) -> bool:
        """Whether the sample's label map is there, and its probabilities where a folder of them was given."""
        return sample.id in self._labels and (self._probabilities is None or sample.id in self._probabilities)

    def load(self, sample: Sample) -> SemanticMap:
        """The label map in training ids, with its probabilities where a folder of them was given.

        Raises:
            InputError: no file, one that cannot be read, or ids outside the label space.
        """
        mapped = self._space.to_train(self._read(sample)[0])
        if self._probabilities is None:
            return SemanticMap(mapped)
        height, width = mapped.shape
        path = self._probabilities.path(sample.id)
        return SemanticMap(mapped, read_probabilities(path, key=KEY, classes=self._classes, size=(height, width)))

    def digest(self, sample: Sample) -> str:
        """Digest of the contents of the sample's files.

        Raises:
            InputError: no file for the sample.
            OSError: a file cannot be read.
        """
        labels = file_digest(self._labels.path(sample.id))
        if self._probabilities is None:
            return labels
        return combined(labels, file_digest(self._probabilities.path(sample.id)))

    def check(self, sample: Sample, size: tuple[int, int]) -> list[Problem]:
        """Everything wrong with the sample's files: unreadable, another size, odd ids or probabilities."""
        problems = []
        try:
            raw, ids = self._read(sample)
            void = int(np.count_nonzero(self._space.to_train(raw) == VOID))
            self._seen[sample.id] = frozenset(ids.tolist()), void
            if raw.shape != size:
                problems.append(_size_problem(self._labels.path(sample.id), raw, size))
        except InputError as error:
            problems += error.problems
        try:
            if self._probabilities is not None:
                path = self._probabilities.path(sample.id)
                read_probabilities(path, key=KEY, classes=self._classes, size=size)
        except InputError as error:
            problems += error.problems
        return problems

    def unmatched(self) -> list[str]:
        """Names of files that belong to no sample."""
        return self._labels.names_unmatched()

    def notes(self) -> list[str]:
        """Notes on the files checked so far: void, unusual ids, files not used."""
        notes = self._labels.notes() + (self._probabilities.notes() if self._probabilities else [])
        seen = dict(self._seen)
        if void := {sample: count for sample, (_, count) in seen.items() if count}:
            notes.append(
                f"{sum(void.values())} px are void ({VOID}) in {len(void)} of {len(seen)} label maps; "
                "they count as wrong wherever the truth is scored"
            )
        ids = np.array(sorted(frozenset().union(*(ids for ids, _ in seen.values()))), dtype=np.int64)
        if seen and (suspicion := self._space.suspicion(ids)):
            notes.append(suspicion)
        return notes

    def describe(self) -> dict[str, Any]:
        """Format and settings."""
        return {
            "format": "label_png",
            "label_space": self._label_space,
            "probabilities": KEY if self.has_probabilities else None,
        }

    def _read(self, sample: Sample) -> tuple[Labels, NDArray[np.int64]]:
        """The file's label map and the ids in it, all of them allowed."""
        path = self._labels.path(sample.id)
        raw = read_label_image(path)
        ids = ids_of(raw)
        if problem := self._space.problem(str(path), ids):
            raise InputError(problem)
        return raw, ids


def _size_problem(path: Path, labels: Labels, size: tuple[int, int]) -> Problem:
    height, width = labels.shape
    if (width, height) == size:
        hint = "height and width are swapped"
    elif height * size[1] == width * size[0]:
        hint = "nothing is resized silently: enlarge logits or probabilities, not labels, before saving"
    else:
        hint = "is it a crop, or padded?"
    return Problem(str(path), f"{height}x{width} px", f"{size[0]}x{size[1]}, as the truth", hint)
