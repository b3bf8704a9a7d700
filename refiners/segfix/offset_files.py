"""SegFix from offset files: refine any model's segmentation with offsets that were computed earlier."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from boundary_bench.metrics.structures.labels import Labels
from boundary_bench.metrics.structures.segmentation import InstanceSet, PanopticMap, Task
from boundary_bench.refiners.common.per_label import ALL_KINDS, AnyMap, Window, refined
from boundary_bench.refiners.files.by_sample import IMAGE_SUFFIX, SampleFiles
from boundary_bench.refiners.segfix.grid_sample import grid_sample_shift
from boundary_bench.refiners.segfix.offset_io import KEYS, read_offsets
from boundary_bench.refiners.segfix.offsets import MAX_STEPS, Offsets, apply_offsets, apply_until_interior

Legacy = Literal["align_corners_false", "align_corners_true"]
RELEASED_SCALE = 2
"""For label maps; the authors' script for objects has 1."""


@dataclass(frozen=True)
class Shift:
    """How labels follow offsets.

    Attributes:
        scale: factor on all offsets (first scheme of Section 3.1).
        until_interior: follow the offsets, step by step, to the first pixel off the boundary (second scheme
            of Section 3.1), at most 16 steps.
        legacy: reproduce the released bilinear sampling of label numbers, with either reading of
            `align_corners`; for comparison only, since it invents labels.

    Raises:
        ValueError: a scale that is not a whole number above 0, another `legacy`, or `legacy` with
            `until_interior`.
    """

    scale: int
    until_interior: bool = False
    legacy: Legacy | None = None

    def __post_init__(self) -> None:
        if isinstance(self.scale, bool) or not isinstance(self.scale, int) or self.scale < 1:
            raise ValueError(f"scale is {self.scale!r}; allowed: whole numbers above 0")
        if self.legacy not in (None, *get_args(Legacy)):
            raise ValueError(f"legacy is {self.legacy!r}; allowed: {', '.join(get_args(Legacy))}")
        if self.legacy is not None and self.until_interior:
            raise ValueError("until_interior is True; allowed with legacy: False")
        if self.scale != 1 and self.until_interior:
            raise ValueError(f"scale is {self.scale}; allowed with until_interior, which takes its place: 1")

    def apply(self, labels: Labels, offsets: Offsets) -> Labels:
        """Refined labels; the boundary is where the offsets are not 0."""
        if self.legacy is not None:
            corners = self.legacy == "align_corners_true"
            return grid_sample_shift(labels, offsets, align_corners=corners, scale=self.scale)
        if not self.until_interior:
            return apply_offsets(labels, offsets, scale=self.scale)
        return apply_until_interior(labels, offsets, (offsets != 0).any(axis=-1))

    def refined(self, prediction: AnyMap, offsets: Offsets) -> AnyMap:
        """A prediction of any kind after `apply`; each mask of a set of objects moves by itself.

        Raises:
            TypeError: a panoptic map and `legacy`.
            ValueError: offsets of another size than the prediction.
        """
        if isinstance(prediction, PanopticMap) and self.legacy is not None:
            raise TypeError("prediction is a PanopticMap; allowed with legacy, which blends labels: other kinds")
        if offsets.shape[:2] != prediction.size:
            raise ValueError(f"offsets have size {offsets.shape[:2]}; allowed: {prediction.size}, as the prediction")

        def moved(labels: Labels, window: Window) -> Labels:
            return self.apply(labels, offsets[window])

        return refined(prediction, moved, margin_px=self._reach_px(offsets))

    def _reach_px(self, offsets: Offsets) -> int:
        """How far off a mask pixels may take a label from it."""
        if self.legacy is not None:
            # Its rounding errors depend on where in the image a pixel lies.
            return int(max(offsets.shape))
        longest = max(int(offsets.max()), -int(offsets.min()))
        return longest * (MAX_STEPS if self.until_interior else self.scale)


def shifts(scale: int | None = None, until_interior: bool = False, legacy: Legacy | None = None) -> tuple[Shift, Shift]:
    """How maps and how sets of objects are moved.

    Args:
        scale: factor on the offsets. Default: 1 for sets of objects and 2 otherwise, as the authors use (who have no
            panoptic maps); 1 for all with `until_interior`.
        until_interior, legacy: see `Shift`.

    Raises:
        ValueError: as `Shift`.
    """
    default = 1 if until_interior else RELEASED_SCALE
    return (
        Shift(default if scale is None else scale, until_interior, legacy),
        Shift(1 if scale is None else scale, until_interior, legacy),
    )


def tasks_of(legacy: Legacy | None) -> frozenset[Task]:
    """Tasks that can be shifted: blended label numbers are not segments."""
    return ALL_KINDS if legacy is None else ALL_KINDS - {"panoptic"}


@dataclass(frozen=True)
class OffsetRefiner:
    """Moves the labels of one image along the offsets of one file.

    The result has labels only: probabilities would belong to where the labels came from.

    Attributes:
        path: the file.
        shift: for maps and binary masks.
        object_shift: for sets of objects.
        tasks: what can be moved.
    """

    path: Path
    shift: Shift
    object_shift: Shift
    tasks: frozenset[Task]

    def refine(self, image: NDArray[np.uint8], prediction: AnyMap) -> AnyMap:  # noqa: ARG002
        """Refined labels.

        Raises:
            ValueError: the file is damaged, or of another size than the prediction.
        """
        shift = self.object_shift if isinstance(prediction, InstanceSet) else self.shift
        return shift.refined(prediction, read_offsets(self.path, prediction.size))


class SegFixOffsets:
    """SegFix with a folder of offset files, one for each image (Section 3.1).

    Along the offsets move labels, segment ids, or each mask of a set of objects by itself (Section 7.4), or a binary
    mask; void moves like any label.

    A sample's file is `<id>.npz`, `<id>.mat`, or either with `_leftImg8bit` behind the id, in the folder or in any
    folder below (cities).

    Args:
        offsets: the folder.
        scale: factor on the stored offsets, whose length is 1 px for 4 and 8 directions (2 px for 16, 4 px
            for 32). Default: 1 for sets of objects and 2 otherwise, as the authors use (who have no panoptic maps);
            1 for all with `until_interior`, which takes the place of scaling.
        until_interior: see `Shift`.
        legacy: see `Shift`.

    Raises:
        ValueError: no such folder, no offset files in it, or parameters outside what is allowed.
    """

    def __init__(
        self,
        offsets: str | os.PathLike[str],
        *,
        scale: int | None = None,
        until_interior: bool = False,
        legacy: Legacy | None = None,
    ) -> None:
        self.tasks = tasks_of(legacy)
        self.shift, self.object_shift = shifts(scale, until_interior, legacy)
        self.folder = Path(offsets)
        self._files = _offset_files(self.folder)

    def for_sample(self, sample_id: str) -> OffsetRefiner:
        """The refiner of one image.

        Raises:
            ValueError: no file for it, or more than one.
        """
        return OffsetRefiner(self._file(sample_id), self.shift, self.object_shift, self.tasks)

    def files(self, sample_id: str) -> Sequence[Path]:
        """The one file that `for_sample` reads; errors as there."""
        return (self._file(sample_id),)

    def check(self, sample_id: str, size: tuple[int, int]) -> None:
        """Read the file of a sample whose image has `size` (H, W).

        Raises:
            ValueError: as `for_sample`, or for anything that is wrong with the contents of the file.
        """
        read_offsets(self._file(sample_id), size)

    def _file(self, sample_id: str) -> Path:
        found = self._files.of(sample_id)
        if len(found) == 1:
            return found[0]
        names = ", ".join(f"{sample_id}{tail}{suffix}" for tail in ("", IMAGE_SUFFIX) for suffix in KEYS)
        what = f"{len(found)} offset files ({', '.join(map(str, found))})" if found else "no offset file"
        raise ValueError(f"{self.folder}: {what} for {sample_id}; allowed: one of {names}, here or in a folder below")


def _offset_files(folder: Path) -> SampleFiles:
    if not folder.is_dir():
        raise ValueError(f"offsets is {folder}, which is no folder; allowed: a folder of .npz or .mat files")
    found = SampleFiles(folder, KEYS)
    if not found:
        raise ValueError(f"{folder}: no .npz or .mat files, here or in a folder below; allowed: one for each image")
    return found
