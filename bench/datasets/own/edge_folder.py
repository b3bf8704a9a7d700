"""Anybody's own true edges: a folder of pictures of lines, and where there are any a folder of images.

edges/any/folder/0001.png      truth: 0 background, 255 or 1 edge; endings as of masks
photos/any/folder/0001.jpg     may be absent: scoring needs the truth alone
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from boundary_bench.bench.datasets.binary_files import MaskEntry
from boundary_bench.bench.datasets.own.samples import OwnSamples, samples_of
from boundary_bench.bench.datasets.sample_files import SampleFiles
from boundary_bench.bench.errors import InputError, Problem, examples
from boundary_bench.bench.formats.masks.mask_files import MASK_SUFFIXES, Seen, mask_size
from boundary_bench.bench.formats.masks.mask_set import MaskSet
from boundary_bench.bench.formats.masks.seen_masks import coding_problems, highest_below
from boundary_bench.bench.formats.masks.threshold import MIDDLE
from boundary_bench.bench.formats.masks.threshold import threshold as parsed
from boundary_bench.bench.io.hashing import combined
from boundary_bench.bench.plugins.protocols import Sample
from boundary_bench.metrics.structures.segmentation import EdgeMaps, Task

WIDEST_LINE_PX = 4
"""Edges are lines at most so wide; what is left of wider ones lies inside an area."""


class EdgeMapFolder(SampleFiles[MaskEntry]):
    """Edges that one annotator drew, in a folder: BIPED's `edge_maps`, for instance.

    Images that lie in at least five folders are clusters by folder.

    Args:
        truth: folder of edge maps; None where only images are needed.
        images: folder of the images; None where nothing needs them.
        threshold: from which level on a pixel is an edge, see `boundary_bench.bench.formats.masks.threshold`.
        split, truth_name, image_name, ids: as of `boundary_bench.bench.datasets.own.mask_folder.MaskFolder`.

    Raises:
        InputError: no such folder, nothing in it, or names that do not pair.
    """

    task: Task = "edges"
    things: frozenset[int] = frozenset()
    classes: Sequence[str] = ("edge",)
    colours: NDArray[np.uint8] = np.array([[255, 255, 255]], np.uint8)
    label_ids: Mapping[int, int] = {}

    def __init__(
        self,
        truth: str | Path | None = None,
        images: str | Path | None = None,
        *,
        threshold: str = MIDDLE,
        split: str | None = None,
        truth_name: str = "",
        image_name: str = "",
        ids: str | Path | None = None,
    ) -> None:
        own = samples_of(OwnSamples(truth, images, split, truth_name, image_name, ids), MASK_SUFFIXES)
        super().__init__((MaskEntry(*each) for each in own.entries), name="folder", split=own.split)
        self._notes = list(own.notes)
        cut = parsed(threshold, "truth_threshold")
        self._maps = MaskSet([path for _, path, _ in own.entries if path], cut)
        self.truth_settings = {} if cut.text == MIDDLE else {"threshold": cut.text}
        # By sample, not added up, so that a file that is checked twice counts once.
        self._seen: dict[str, Seen] = {}
        self._areas: set[str] = set()

    def truth(self, sample: Sample) -> EdgeMaps:
        """Edges of one annotator, bool (1, 1, H, W): grey levels are cut at the threshold.

        Raises:
            InputError: there is none, or the file cannot be read.
        """
        path = self._entries[sample.id].truth
        if path is None:
            where = f"{self.name}/{self.split}: {sample.id}"
            raise InputError(Problem(where, "no file of true edges", "one for each sample"))
        found = self._maps.read(path)
        self._seen[sample.id] = found.seen
        if _has_areas(found.mask.mask):
            self._areas.add(sample.id)
        return EdgeMaps(found.mask.mask[None])

    def digest(self, sample: Sample) -> str:
        """Digest of the contents of the sample's files, and of what the set says of them; errors as of the base."""
        return combined(super().digest(sample), self._maps.digest)

    def check(self, *, images: bool = False) -> list[Problem]:  # noqa: ARG002 - the protocol's argument
        """Maps of several codings, and truth of which no pixel reaches the threshold."""
        where, cut = f"true edges of {self.name}/{self.split}", self._maps.threshold
        found = [replace(each, hint="") for each in coding_problems(self._seen, where)]
        highest = highest_below(self._seen, cut)
        if highest is not None and not found:
            text, hint = f"no level above {highest:g} in any map; the threshold is {cut.text}", "--truth-threshold '>0'"
            found.append(Problem(where, text, "maps with an edge", f"is any level an edge? {hint}"))
        return found

    def notes(self) -> list[str]:
        """How files were paired; maps whose levels lie between background and edge; areas in the place of lines."""
        notes, of = super().notes(), f"of {len(self._seen)} true edge maps"
        if between := [name for name, found in self._seen.items() if found.is_soft]:
            notes.append(
                f"{len(between)} {of} hold levels between background and edge, such as {examples(between, 2)}; edges "
                f"are where they reach {self._maps.threshold.text}"
            )
        areas = sorted(self._areas)
        if 2 * len(areas) > len(self._seen):
            notes.append(
                f"{len(areas)} {of} hold areas rather than lines, such as {examples(areas, 2)}: are edges drawn dark "
                "on white? or are these regions, the edges of which --classes 2 draws?"
            )
        return notes

    def _truth_size(self, truth: Path) -> tuple[int, int]:
        return mask_size(truth)


def _has_areas(edges: NDArray[np.bool_]) -> bool:
    """Whether most edge pixels lie inside areas wider than lines are."""
    side = WIDEST_LINE_PX + 1
    inner = cv2.erode(edges.astype(np.uint8), np.ones((side, side), np.uint8))
    return 2 * int(np.count_nonzero(inner)) > int(np.count_nonzero(edges))
