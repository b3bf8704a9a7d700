"""Base of dataset layouts of binary masks: a mask file for each sample and, where present, its image."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boundary_bench.bench.datasets.sample_files import SampleFiles
from boundary_bench.bench.errors import InputError, Problem, examples
from boundary_bench.bench.formats.masks.mask_files import mask_size
from boundary_bench.bench.formats.masks.mask_set import MaskSeen, MaskSet, mixed_problem
from boundary_bench.bench.formats.masks.threshold import MIDDLE
from boundary_bench.bench.formats.masks.threshold import threshold as parsed
from boundary_bench.bench.plugins.protocols import Sample
from boundary_bench.metrics.structures.binary_mask import BinaryMask
from boundary_bench.metrics.structures.segmentation import Task

CLASSES = ("background", "object")
COLOURS = np.array([[0, 0, 0], [255, 255, 255]], np.uint8)


@dataclass(frozen=True, slots=True)
class MaskEntry:
    """The files of one sample: its true mask and its image, where there are any."""

    sample: Sample
    truth: Path | None
    image: Path | None


class BinaryFiles(SampleFiles[MaskEntry]):
    """A split whose truth lies in mask files; satisfies `boundary_bench.bench.plugins.protocols.Dataset`.

    Args:
        entries: of the samples, in their order.
        name, split: of the dataset.
        threshold: from which level on pixels of the truth belong to the object, see
            `boundary_bench.bench.formats.masks.threshold`.
        ignore: levels in the truth's files that are not scored.
        metrics: the dataset's standard metrics; () for those of the task.
    """

    task: Task = "binary"
    things: frozenset[int] = frozenset()
    classes: Sequence[str] = CLASSES
    colours: NDArray[np.uint8] = COLOURS
    label_ids: Mapping[int, int] = {0: 0, 255: 1}

    def __init__(
        self,
        entries: Iterable[MaskEntry],
        *,
        name: str,
        split: str,
        threshold: str = MIDDLE,
        ignore: Collection[int] = (),
        metrics: Sequence[str | Mapping[str, Any]] = (),
    ) -> None:
        super().__init__(entries, name=name, split=split)
        self.metrics = metrics
        paths = [entry.truth for entry in self._entries.values() if entry.truth]
        cut = parsed(threshold, "truth_threshold")
        self._masks = MaskSet(paths, cut, ignore=ignore)
        self.truth_settings = {"threshold": cut.text, "ignore": sorted(ignore)} if ignore or cut.text != MIDDLE else {}
        # By sample, not added up, so that a file that is checked twice counts once.
        self._seen: dict[str, MaskSeen] = {}

    def truth(self, sample: Sample) -> BinaryMask:
        """The mask, hard: grey levels are cut at the threshold.

        Raises:
            InputError: there is none, or the file cannot be read.
        """
        path = self._entries[sample.id].truth
        if path is None:
            raise InputError(Problem(f"{self.name}/{self.split}: {sample.id}", "no mask file", "one for each sample"))
        found = self._masks.read(path)
        self._seen[sample.id] = found.seen
        return BinaryMask(found.mask.mask, void=found.mask.void)

    def check(self, *, images: bool = False) -> list[Problem]:  # noqa: ARG002 - the protocol's argument
        """Masks of which some mark the object by 1 and some by 255."""
        dim = [name for name, found in self._seen.items() if found.dim]
        problem = mixed_problem(f"truth of {self.name}/{self.split}", dim)
        return [problem] if problem else []

    def notes(self) -> list[str]:
        """How files were paired, and masks whose levels lie between background and object."""
        notes = super().notes()
        between = {name: found for name, found in self._seen.items() if found.between}
        if between:
            px = sum(found.between for found in between.values())
            share = 100 * px / sum(found.pixels for found in between.values())
            notes.append(
                f"{len(between)} of {len(self._seen)} true masks hold levels between background and object, in "
                f"{share:.2g} % of their pixels, such as {examples(between, 2)}; the object is where they reach "
                f"{self._masks.threshold.text}"
            )
        return notes

    def _truth_size(self, truth: Path) -> tuple[int, int]:
        return mask_size(truth)
