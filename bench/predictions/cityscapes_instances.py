"""Predicted objects in the form of Cityscapes' benchmark: a text file for each image, and a PNG for each object.

    {id}.txt, {id}_anything.txt       one line for each object: `relative/mask.png label_id score`
    relative/mask.png                 pixels that are not 0 are the object's

Source: cityscapesScripts, `evalInstanceLevelSemanticLabeling`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from boundary_bench.bench.errors import InputError, Problem, examples
from boundary_bench.bench.formats.coco.objects import listed, score_problem
from boundary_bench.bench.formats.file_index import FileIndex, folder_name
from boundary_bench.bench.formats.image_ids import raw_ids, require_task
from boundary_bench.bench.formats.labels.label_image import read_label_image
from boundary_bench.bench.io.hashing import combined, file_digest
from boundary_bench.bench.plugins.protocols import Dataset, Sample
from boundary_bench.metrics.structures.masks import Masks
from boundary_bench.metrics.structures.segmentation import InstanceSet, Task

LINE = "relative/mask.png label_id score"
RESIZE = "resize masks to the image before saving, by nearest neighbour"


@dataclass(frozen=True, slots=True)
class _Line:
    """One object: what to call it, its mask's file, its label and class, below 0 where it is not scored, and score."""

    where: str
    mask: Path
    label: int
    category: int
    score: float


class CityscapesInstances:
    """Objects in a folder of text files and masks; satisfies `boundary_bench.bench.plugins.protocols.PredictionSet`.

    An empty text file is an image without objects; an image without a text file is missing. Objects of labels that the
    dataset does not score are left out, as in the official evaluation.

    Args:
        path: folder of the text files; masks lie in it or below.
        dataset: what they are predictions for; labels are its raw ids.
        name: what tables call them; by default the folder's name.

    Raises:
        InputError: no such folder, or no text file in it.
    """

    task: Task = "instance"
    has_probabilities = False

    def __init__(self, path: str | Path, *, dataset: Dataset, name: str | None = None) -> None:
        self.name = name or folder_name(path, dataset.split)
        require_task(str(path), dataset, self.task)
        self._files = FileIndex(path, ".txt", [sample.id for sample in dataset.samples()])
        self._label_ids = raw_ids(dataset)
        self._size = dataset.size
        self._labels: dict[str, Counter[int]] = {}  # of the lines, by sample

    def has(self, sample: Sample) -> bool:
        """Whether there is a text file for the sample."""
        return sample.id in self._files

    def load(self, sample: Sample) -> InstanceSet:
        """The objects in the order of the text file.

        Raises:
            InputError: a line or a mask that cannot be used; all of the sample are listed.
        """
        found, problems = self._read(sample, self._size(sample))
        if found is None:
            raise InputError(problems)
        return found

    def digest(self, sample: Sample) -> str:
        """Digest of the sample's text file and masks.

        Raises:
            InputError: a line that cannot be used.
            OSError: a file cannot be read.
        """
        lines, problems = self._lines(sample)
        if problems:
            raise InputError(problems)
        return combined(file_digest(self._files.path(sample.id)), *(file_digest(line.mask) for line in lines))

    def check(self, sample: Sample, size: tuple[int, int]) -> list[Problem]:
        """Everything wrong with the sample's lines and masks."""
        return self._read(sample, size)[1]

    def notes(self) -> list[str]:
        """Notes on files that are not used, and on lines of labels that are not scored."""
        total = sum(self._labels.values(), Counter[int]())
        return [*self._files.notes(), *_label_notes(total, self._label_ids)]

    def describe(self) -> dict[str, Any]:
        """Format."""
        return {"format": "cityscapes_instances"}

    def _read(self, sample: Sample, size: tuple[int, int]) -> tuple[InstanceSet | None, list[Problem]]:
        lines, problems = self._lines(sample)
        self._labels[sample.id] = Counter(line.label for line in lines)
        lines = [line for line in lines if line.category >= 0]
        windows: list[tuple[NDArray[np.bool_], int, int]] = []
        for line in lines:
            try:
                windows.append(_window(line, size))
            except InputError as error:
                problems += error.problems
        if problems:
            return None, problems
        categories = np.array([line.category for line in lines], np.int64)
        scores = np.array([line.score for line in lines], np.float64)
        return InstanceSet(Masks.from_windows(size, windows), categories, scores), []

    def _lines(self, sample: Sample) -> tuple[Sequence[_Line], list[Problem]]:
        try:
            path = self._files.path(sample.id)
            text = path.read_text(encoding="utf-8")
        except InputError as error:
            return [], list(error.problems)
        except (OSError, UnicodeDecodeError) as error:
            found = (getattr(error, "strerror", None) or str(error)).lower()
            return [], [Problem(str(path), found, f"lines `{LINE}`")]
        found_lines: dict[Path, _Line] = {}
        problems: list[Problem] = []
        for number, line in enumerate(text.splitlines(), start=1):
            if not line.strip():
                continue
            parsed = self._line(path, number, line)
            if isinstance(parsed, Problem):
                problems.append(parsed)
            elif parsed.mask in found_lines:
                # The official evaluation keeps the last of them without a word.
                problems.append(Problem(parsed.where, f"{parsed.mask.name} a second time", "each mask once"))
            else:
                found_lines[parsed.mask] = parsed
        return list(found_lines.values()), problems

    def _line(self, path: Path, number: int, text: str) -> _Line | Problem:
        where, words = f"{path}: line {number}", text.split()
        try:
            name, label, score = words[0], *map(float, words[1:])
        except (IndexError, ValueError):
            return Problem(where, repr(text), f"`{LINE}`")
        if problem := score_problem(where, score):
            return problem
        if label not in self._label_ids:
            return Problem(where, f"label id {words[1]}", listed(self._label_ids))
        try:
            mask = (path.parent / name).resolve()
            problem = self._mask_problem(where, name, mask)
        except (OSError, ValueError):  # too long, or with characters that names of files cannot have
            return Problem(where, repr(name), "the name of a mask")
        return problem or _Line(where, mask, int(label), self._label_ids[int(label)], score)

    def _mask_problem(self, where: str, name: str, mask: Path) -> Problem | None:
        if Path(name).is_absolute() or not mask.is_relative_to(self._files.folder.resolve()):
            return Problem(where, name, f"a path that stays within {self._files.folder}")
        if not mask.is_file():
            return Problem(where, f"{name}, which is not there", "a mask that exists")
        return None


def _label_notes(labels: Mapping[int, int], label_ids: Mapping[int, int]) -> list[str]:
    """A sentence on the lines of labels that are not scored, given how many lines each label has."""
    left_out = {label: count for label, count in sorted(labels.items()) if label_ids[label] < 0}
    if not left_out:
        return []
    lines = f"{sum(left_out.values())} of {sum(labels.values())} lines"
    named = examples((f"{label} ({count})" for label, count in left_out.items()), most=12)
    scored = sorted(label for label, train in label_ids.items() if train >= 0)
    note = f"{lines} are of labels that are not scored, and left out: {named}; scored: {', '.join(map(str, scored))}"
    if len(left_out) == len(labels) and max(left_out) < scored[0]:
        return [f"{note} (are they training ids, or places in the list of classes? label ids are needed)"]
    return [note]


def _window(line: _Line, size: tuple[int, int]) -> tuple[NDArray[np.bool_], int, int]:
    """A mask within its box, and the box's top and left."""
    values = read_label_image(line.mask)
    if values.shape != size:
        hint = "height and width are swapped" if values.shape == size[::-1] else RESIZE
        found = f"{line.mask.name} of {values.shape[0]}x{values.shape[1]} px"
        raise InputError(Problem(line.where, found, f"{size[0]}x{size[1]}, as the truth", hint))
    mask = values != 0
    left, top, width, height = cv2.boundingRect(mask.view(np.uint8))
    return mask[top : top + height, left : left + width], top, left
