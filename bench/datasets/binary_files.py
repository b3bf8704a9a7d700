"""Base of dataset layouts of binary masks: a mask file for each sample and, where present, its image."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boundary_bench.bench.datasets.sample_files import SampleFiles
from boundary_bench.bench.errors import InputError, Problem
from boundary_bench.bench.formats.masks.mask_files import Seen, mask_size
from boundary_bench.bench.formats.masks.mask_set import MaskSet
from boundary_bench.bench.formats.masks.seen_masks import between_notes, coding_problems, highest_below
from boundary_bench.bench.formats.masks.threshold import MIDDLE
from boundary_bench.bench.formats.masks.threshold import threshold as parsed
from boundary_bench.bench.io.hashing import combined
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
        settings = {"threshold": cut.text, "ignore": sorted(ignore)} if ignore or cut.text != MIDDLE else {}
        self.truth_settings: Mapping[str, Any] = settings
        # By sample, not added up, so that a file that is checked twice counts once.
        self._seen: dict[str, Seen] = {}

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
        return found.mask

    def digest(self, sample: Sample) -> str:
        """Digest of the contents of the sample's files, and of what the set says of them; errors as of the base."""
        return combined(super().digest(sample), self._masks.digest)

    def check(self, *, images: bool = False) -> list[Problem]:  # noqa: ARG002 - the protocol's argument
        """Masks of several codings, and truth of which no pixel reaches the threshold."""
        where = f"truth of {self.name}/{self.split}"
        found, highest = coding_problems(self._seen, where), highest_below(self._seen, self._masks.threshold)
        if highest is not None and not found:
            text = f"no level above {highest:g} in any mask; the threshold is {self._masks.threshold.text}"
            hint = "any level the object? give --truth-threshold '>0'; ids of classes? give --classes HOW_MANY"
            found.append(Problem(where, text, "masks with an object", hint))
        return found

    def notes(self) -> list[str]:
        """How files were paired, and masks whose levels lie between background and object."""
        return [*super().notes(), *between_notes(self._seen, self._masks.threshold, "--truth-threshold")]

    def _truth_size(self, truth: Path) -> tuple[int, int]:
        return mask_size(truth)
