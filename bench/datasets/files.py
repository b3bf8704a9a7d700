"""Base of semantic dataset layouts: a label PNG for each sample and, where present, its image."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from boundary_bench.bench.datasets.sample_files import SampleFiles
from boundary_bench.bench.errors import InputError, Problem, did_you_mean
from boundary_bench.bench.formats.labels.label_files import labels_size, read_labels
from boundary_bench.bench.formats.labels.label_space import LabelSpace
from boundary_bench.bench.plugins.protocols import Sample
from boundary_bench.metrics.structures.labels import ids_of
from boundary_bench.metrics.structures.segmentation import SemanticMap, Task


@dataclass(frozen=True, slots=True)
class Entry:
    """The files of one sample: its truth, the ids in that, and its image, where there are any."""

    sample: Sample
    truth: Path | None
    space: LabelSpace
    image: Path | None


class SemanticFiles(SampleFiles[Entry]):
    """A split whose truth lies in label files; satisfies `boundary_bench.bench.plugins.protocols.Dataset`."""

    task: Task = "semantic"
    things: frozenset[int] = frozenset()
    ignored: frozenset[int] = frozenset()

    def __init__(
        self,
        entries: Iterable[Entry],
        *,
        name: str,
        split: str,
        classes: Sequence[str],
        colours: NDArray[np.uint8],
        label_ids: Mapping[int, int],
    ) -> None:
        super().__init__(entries, name=name, split=split)
        self.classes: Sequence[str] = tuple(classes)
        self.colours = colours
        self.label_ids: Mapping[int, int] = dict(label_ids)
        self._seen: dict[str, frozenset[int]] = {}

    def truth(self, sample: Sample) -> SemanticMap:
        """The truth in training ids and void.

        Raises:
            InputError: there is none, the file cannot be read, or it holds ids that the layout does not know.
        """
        entry = self._entries[sample.id]
        if entry.truth is None:
            raise InputError(Problem(f"{self.name}/{self.split}: {sample.id}", "no label file", "one for each sample"))
        raw = read_labels(entry.truth)
        ids = ids_of(raw)
        if problem := entry.space.problem(str(entry.truth), ids):
            own = (
                f"other classes? your own are scored by: bench evaluate --truth {entry.truth.parent} --classes HOW_MANY"
            )
            raise InputError(replace(problem, hint=problem.hint or own))
        self._seen[sample.id] = frozenset(ids.tolist())
        return SemanticMap(entry.space.to_train(raw))

    def check(self, *, images: bool = False) -> list[Problem]:  # noqa: ARG002 - the protocol's argument
        """Binary masks in the place of label maps: 255, which is void elsewhere, would be their object."""
        seen = frozenset[int]().union(*self._seen.values())
        usual = all(entry.space.has_usual_void for entry in self._entries.values())
        first = next((entry.truth for entry in self._entries.values() if entry.truth), None)
        if not usual or first is None or len(self.classes) <= 2 or 255 not in seen or seen - {0, 255}:
            return []
        hint = f"binary masks are scored by: bench evaluate --truth {first.parent} --predictions FOLDER"
        found = "ids 0 and 255 only, as of binary masks" if 0 in seen else "id 255 only"
        return [
            Problem(str(first.parent), found, f"label maps of the {len(self.classes)} classes of {self.name}", hint)
        ]

    def _truth_size(self, truth: Path) -> tuple[int, int]:
        return labels_size(truth)


def split_folder(root: Path, split: str, parent: Path, *, ending: str = "", layout: str) -> Path:
    """The folder of a split's label files, `parent / (split + ending)`.

    Raises:
        InputError: there is no such folder; the message lists the splits that are there.
    """
    folder = parent / f"{split}{ending}"
    if folder.is_dir():
        return folder
    if not root.is_dir():
        raise InputError(Problem(str(root), "no such folder", f"the root of a dataset: {layout}"))
    there = [child.name for child in parent.iterdir() if child.is_dir()] if parent.is_dir() else []
    splits = sorted(name.removesuffix(ending) for name in there if name.endswith(ending))
    hint = did_you_mean(split, splits) or (f"splits there: {', '.join(splits)}" if splits else "")
    raise InputError(Problem(str(folder), "no such folder", layout, hint))
