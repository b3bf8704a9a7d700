"""Base of semantic dataset layouts: a label PNG for each sample and, where present, its image."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from boundary_bench.bench.errors import InputError, Problem, did_you_mean
from boundary_bench.bench.formats.image import read_image
from boundary_bench.bench.formats.label_image import label_image_size, read_label_image
from boundary_bench.bench.formats.label_space import LabelSpace, ids_of
from boundary_bench.bench.io.hashing import combined, file_digest
from boundary_bench.bench.plugins.protocols import Image, Sample
from boundary_bench.bench.plugins.validation import check_samples
from boundary_bench.metrics.structures.segmentation import SemanticMap, Task


@dataclass(frozen=True, slots=True)
class Entry:
    """The files of one sample: its truth, the ids in that, and its image where there is one."""

    sample: Sample
    truth: Path
    space: LabelSpace
    image: Path | None


class SemanticFiles:
    """A split whose truth lies in label PNGs; satisfies `boundary_bench.bench.plugins.protocols.Dataset`.

    Images may be absent: to score saved predictions the truth is enough.
    """

    task: Task = "semantic"
    things: frozenset[int] = frozenset()

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
        self.name, self.split = name, split
        self.classes: Sequence[str] = tuple(classes)
        self.colours = colours
        self.label_ids: Mapping[int, int] = dict(label_ids)
        self._entries = {entry.sample.id: entry for entry in entries}

    def samples(self) -> Sequence[Sample]:
        """All samples of the split, by id."""
        return [entry.sample for entry in self._entries.values()]

    def size(self, sample: Sample) -> tuple[int, int]:
        """(H, W) of the truth, by its header.

        Raises:
            InputError: the file cannot be read.
        """
        return label_image_size(self._entries[sample.id].truth)

    def has_image(self, sample: Sample) -> bool:
        """Whether there is an image file for it."""
        return self._entries[sample.id].image is not None

    def image(self, sample: Sample) -> Image:
        """The image, uint8 RGB (H, W, 3).

        Raises:
            InputError: there is none, or the file cannot be read.
        """
        path = self._entries[sample.id].image
        if path is None:
            where = f"{self.name}/{self.split}: {sample.id}"
            raise InputError(
                Problem(where, "no image", "an image for each sample", "refiners need images, scoring does not")
            )
        return read_image(path, self.size(sample))

    def truth(self, sample: Sample) -> SemanticMap:
        """The truth in training ids, void 255.

        Raises:
            InputError: the file cannot be read, or holds ids that the layout does not know.
        """
        entry = self._entries[sample.id]
        raw = read_label_image(entry.truth)
        if problem := entry.space.problem(str(entry.truth), ids_of(raw)):
            raise InputError(problem)
        return SemanticMap(entry.space.to_train(raw))

    def digest(self, sample: Sample) -> str:
        """Digest of the contents of the truth's file and, where there is one, the image's.

        Raises:
            OSError: a file cannot be read.
        """
        entry = self._entries[sample.id]
        return combined(file_digest(entry.truth), file_digest(entry.image) if entry.image else "")

    def check(self, *, images: bool = False) -> list[Problem]:
        """Everything wrong with the truth of the split and, on demand, its images; decodes them."""
        return check_samples(self, self.samples(), images=images)


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
