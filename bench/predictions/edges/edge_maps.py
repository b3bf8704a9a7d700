"""Edge probabilities saved as a folder of PNGs for each class, or as one `.npz` for each image."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boundary_bench.bench.errors import InputError, Problem, examples
from boundary_bench.bench.formats.file_index import FileIndex, folder_name
from boundary_bench.bench.formats.image_ids import require_task
from boundary_bench.bench.formats.probabilities import same_view
from boundary_bench.bench.io.hashing import combined, file_digest
from boundary_bench.bench.plugins.protocols import Dataset, Sample
from boundary_bench.bench.predictions.edges.edge_files import (
    Probabilities,
    as_floats,
    inverted,
    read_edge_array,
    read_edge_png,
    resized,
)
from boundary_bench.metrics.structures.segmentation import EdgeMaps, Task
from boundary_bench.refiners.steal.nms import thinned

CLASS_FOLDER = re.compile(r"class_(\d+)")


class SavedEdgeMaps:
    """Edge probabilities in files; satisfies `boundary_bench.bench.plugins.protocols.PredictionSet`.

    path/class_001/{id}.png   8-bit grey, 255 times the probability; classes from 1 on, any zero padding
    path/{id}.npz             array `edges`, (K, H, W): float16, float32 or float64 in 0..1, or uint8 in 255ths

    Files may have more in their names behind the id and an underscore. For datasets of one class the PNGs may also lie
    in the folder itself.

    Args:
        path: the folder.
        dataset: what they are predictions for.
        name: what tables call them; by default the folder's name.
        resize: whether maps of another size are resampled bilinearly to that of the truth; refused otherwise.
        invert: whether edges are drawn dark on white: 1 less the value is the probability.
        nms: whether edges are thinned by non-maximum suppression across them, at the size of the truth; see
            `boundary_bench.refiners.steal.nms`.

    Raises:
        InputError: no such folder, folders that are not those of the classes, or one without files.
    """

    task: Task = "edges"
    has_probabilities = True

    def __init__(
        self, path: str | Path, *, dataset: Dataset, name: str | None = None, resize: bool = False,
        invert: bool = False, nms: bool = False,
    ) -> None:  # fmt: skip
        require_task(str(path), dataset, self.task)
        self.name = name or folder_name(path, dataset.split)
        self._dataset, self._resize, self._classes = dataset, resize, len(dataset.classes)
        self._invert, self._nms = invert, nms
        ids = [sample.id for sample in dataset.samples()]
        self._is_png, folders = _folders(Path(path), self._classes)
        self._files = _indexed(folders, ".png" if self._is_png else ".npz", ids)
        # By sample, so that a file that is checked twice counts once.
        self._highest: dict[str, NDArray[np.float64]] = {}
        self._bright: set[str] = set()

    def has(self, sample: Sample) -> bool:
        """Whether there is a file for the sample, for one class at least."""
        return any(sample.id in files for files in self._files)

    def load(self, sample: Sample) -> EdgeMaps:
        """Probabilities at the size of the truth: uint8 (K, H, W) in 255ths where so stored, else float32.

        Thinned ones are float32.

        Raises:
            InputError: files that are missing, cannot be read, or are of another size.
        """
        maps, size = self._read(sample), self._dataset.size(sample)
        if problem := self._size_problem(sample, maps, size):
            raise InputError(problem)
        sized = maps if maps.shape[1:] == size else resized(maps, size)
        return EdgeMaps(thinned(as_floats(sized)) if self._nms else sized)

    def digest(self, sample: Sample) -> str:
        """Digest of the contents of the sample's files.

        Raises:
            InputError: a class without a file for the sample.
            OSError: a file cannot be read.
        """
        return combined(*(file_digest(path) for path in self._paths(sample)))

    def check(self, sample: Sample, size: tuple[int, int]) -> list[Problem]:
        """Everything wrong with the sample's files: absent for a class, unreadable, values, size."""
        try:
            maps = self._read(sample)
        except InputError as error:
            return list(error.problems)
        whole = 255 if maps.dtype == np.uint8 else 1
        self._highest[sample.id] = maps.max(axis=(1, 2)).astype(np.float64) / whole
        if np.count_nonzero(maps > whole / 2) > maps.size / 2:
            self._bright.add(sample.id)
        problem = self._size_problem(sample, maps, size)
        return [problem] if problem else []

    def notes(self) -> list[str]:
        """Notes on the files checked so far: empty classes, faint maps, files not used."""
        notes = self._files[0].notes()
        if not self._highest:
            return notes
        highest = np.max(list(self._highest.values()), axis=0)
        empty = [name for name, value in zip(self._dataset.classes, highest, strict=True) if value == 0]
        if empty:
            notes.append(f"no edge anywhere of {len(empty)} of {self._classes} classes: {', '.join(empty)}")
        if 0 < highest.max() <= 1 / 255:
            notes.append("no probability above 1/255; 255, not 1, stands for certain")
        if 2 * len(self._bright) > len(self._highest):
            notes.append(self._bright_note())
        if self._nms:
            notes.append("edges are thinned by non-maximum suppression (nms), and their maps smoothed for it")
        return notes

    def describe(self) -> dict[str, Any]:
        """Format and settings."""
        changed = {name: True for name, value in (("invert", self._invert), ("nms", self._nms)) if value}
        return {"format": "edge_maps", "files": "png" if self._is_png else "npz", "resize": self._resize, **changed}

    def _bright_note(self) -> str:
        hint = "with invert they are turned" if self._invert else "invert: true (--invert) turns them"
        return (
            f"most pixels are edges in {len(self._bright)} of {len(self._highest)} edge maps, such as "
            f"{examples(sorted(self._bright), 2)}: are edges drawn dark on white? {hint}"
        )

    def _paths(self, sample: Sample) -> list[Path]:
        return [files.path(sample.id) for files in self._files]

    def _read(self, sample: Sample) -> Probabilities:
        maps = self._stored(sample)
        return inverted(maps) if self._invert else maps

    def _stored(self, sample: Sample) -> Probabilities:
        if not self._is_png:
            return read_edge_array(self._files[0].path(sample.id), classes=self._classes)
        maps: list[NDArray[np.uint8]] = []
        problems: list[Problem] = []
        for files in self._files:
            try:
                maps.append(read_edge_png(files.path(sample.id)))
            except InputError as error:
                problems += error.problems
        if problems:
            raise InputError(problems)
        if len(sizes := {one.shape for one in maps}) > 1:
            found = f"maps of {' and '.join(f'{height}x{width}' for height, width in sorted(sizes))} px"
            raise InputError(Problem(f"{self.name}: {sample.id}", found, "one size for all classes"))
        return np.stack(maps)

    def _size_problem(self, sample: Sample, maps: Probabilities, size: tuple[int, int]) -> Problem | None:
        height, width = maps.shape[1:]
        if self._nms and min(size) < 2:
            return Problem(f"{self.name}: {sample.id}", f"{size[0]}x{size[1]} px, and nms", "at least 2x2 px")
        if (height, width) == size:
            return None
        alike = same_view((height, width), size) or same_view(size, (height, width))
        if self._resize and alike:
            return None
        hint = "resize resamples them bilinearly" if alike else "is it a crop, padded, or turned?"
        allowed = f"{size[0]}x{size[1]}, as the truth"
        return Problem(f"{self.name}: {sample.id}", f"{height}x{width} px", allowed, hint)


def _folders(path: Path, classes: int) -> tuple[bool, list[Path]]:
    """Whether files are PNGs, and where they lie: one folder for each class, or one for all."""
    if not path.is_dir():
        found = "a file" if path.exists() else "no such folder"
        raise InputError(Problem(str(path), found, "a folder of class_001/, class_002/, ... or of .npz files"))
    by_class: dict[int, list[Path]] = defaultdict(list)
    for child in sorted(path.iterdir()):
        if (match := CLASS_FOLDER.fullmatch(child.name)) and child.is_dir():
            by_class[int(match[1])].append(child)
    if not by_class:
        flat = classes == 1 and any(path.glob("*.png"))
        return flat, [path]
    wrong = [number for number in by_class if not 1 <= number <= classes]
    absent = [number for number in range(1, classes + 1) if number not in by_class]
    twice = [number for number, found in by_class.items() if len(found) > 1]
    findings = (("folders of classes", wrong), ("no folder of classes", absent), ("two folders of classes", twice))
    allowed, hint = f"class_001 to class_{classes:03}, each once", "classes are numbered from 1" if 0 in wrong else ""
    problems = [
        Problem(str(path), f"{what} {', '.join(map(str, numbers))}", allowed, hint)
        for what, numbers in findings
        if numbers
    ]
    if problems:
        raise InputError(problems)
    return True, [by_class[number][0] for number in range(1, classes + 1)]


def _indexed(folders: Sequence[Path], suffix: str, ids: Sequence[str]) -> list[FileIndex]:
    indices: list[FileIndex] = []
    problems: list[Problem] = []
    for folder in folders:
        try:
            indices.append(FileIndex(folder, suffix, ids))
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    return indices
