"""Semantic predictions in detectron2's `sem_seg_predictions.json`: a run-length code for each class of an image.

    [{"file_name": "datasets/.../0001TP_008550.png", "category_id": 3, "segmentation": {"size", "counts"}}, ...]

Its other outputs are read as `coco_results` (coco_instances_results.json) and `coco_panoptic` (predictions.json).
Source: detectron2, `SemSegEvaluator`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np

from boundary_bench.bench.errors import InputError, Problem
from boundary_bench.bench.formats.coco.document import kind_of, whole
from boundary_bench.bench.formats.coco.faults import Faults, Tally
from boundary_bench.bench.formats.coco.masks import draw
from boundary_bench.bench.formats.coco.names import posix
from boundary_bench.bench.formats.coco.objects import listed
from boundary_bench.bench.formats.file_index import sample_of
from boundary_bench.bench.formats.image_ids import raw_ids, require_task
from boundary_bench.bench.io.hashing import combined
from boundary_bench.bench.io.json_file import json_stem, read_json
from boundary_bench.bench.plugins.protocols import Dataset, Sample
from boundary_bench.metrics.structures.labels import all_void, void_of
from boundary_bench.metrics.structures.segmentation import SemanticMap, Task

ENTRIES = "a list of {file_name, category_id, segmentation}"

_Parts = Mapping[str, Sequence[tuple[str, int, Any]]]
"""Sample id -> what to call each part in messages, its training id, below 0 where it is not scored, and its
segmentation."""


class Detectron2SemSeg:
    """Label maps of all images in one JSON file; satisfies `boundary_bench.bench.plugins.protocols.PredictionSet`.

    An entry belongs to the sample whose id the name of its file begins with, as for label PNGs. Pixels without a class
    are void; a sample without entries is missing.

    Args:
        path: the JSON file.
        dataset: what they are predictions for.
        name: what tables call them; by default the name of the file.
        label_space: `train_ids`, or `label_ids` where the file holds the dataset's raw ids.

    Raises:
        InputError: no readable file, another label space, or entries that cannot be used: all of them are listed.
    """

    task: Task = "semantic"
    has_probabilities = False

    def __init__(
        self,
        path: str | Path,
        *,
        dataset: Dataset,
        name: str | None = None,
        label_space: Literal["train_ids", "label_ids"] = "train_ids",
    ) -> None:
        if label_space not in ("train_ids", "label_ids"):
            raise InputError(Problem("label_space", repr(label_space), "train_ids or label_ids"))
        self._path, self._label_space, self._size = Path(path), label_space, dataset.size
        self.name = name or json_stem(path)
        require_task(str(path), dataset, self.task)
        self._faults = Faults()
        self._classes = len(dataset.classes)
        trained = {train: train for train in range(self._classes)}
        label_ids = raw_ids(dataset) if label_space == "label_ids" else trained
        names = frozenset(sample.id for sample in dataset.samples())
        self._parts, problems = _read(self._path, names, label_ids)
        if problems:
            raise InputError(problems)

    def has(self, sample: Sample) -> bool:
        """Whether there are entries for the sample."""
        return sample.id in self._parts

    def load(self, sample: Sample) -> SemanticMap:
        """The label map in training ids; void where no class was predicted.

        Raises:
            InputError: masks that cannot be, or that overlap.
        """
        found, problems = self._drawn(sample, self._size(sample))
        if found is None:
            raise InputError(problems)
        return found

    def digest(self, sample: Sample) -> str:
        """Digest of the sample's entries."""
        return combined(json.dumps([part[1:] for part in self._parts[sample.id]], sort_keys=True))

    def check(self, sample: Sample, size: tuple[int, int]) -> list[Problem]:
        """Every mask of the sample that is broken, of another size, or overlaps an earlier one."""
        return self._drawn(sample, size)[1]

    def notes(self) -> list[str]:
        """Notes on what is read although the file writes it otherwise than COCO."""
        return self._faults.notes()

    def describe(self) -> dict[str, Any]:
        """Format and settings."""
        return {"format": "detectron2_sem_seg", "label_space": self._label_space}

    def _drawn(self, sample: Sample, size: tuple[int, int]) -> tuple[SemanticMap | None, list[Problem]]:
        parts = self._parts[sample.id]
        tally = Tally()
        drawn = draw(size, [(where, segmentation) for where, _, segmentation in parts], tally)
        self._faults.put(sample.id, tally)
        if drawn.masks is None:
            return None, drawn.problems
        labels = all_void(size, self._classes)
        taken = np.zeros(size, np.bool_)
        problems = []
        for place, (where, train, _) in enumerate(parts):
            mask = drawn.masks.dense(place)
            if shared := int(np.count_nonzero(taken & mask)):
                problems.append(Problem(where, f"{shared} px of an earlier class", "one class for a pixel"))
            taken |= mask
            labels[mask] = train if train >= 0 else void_of(labels)
        return (None, problems) if problems else (SemanticMap(labels), [])


def _read(path: Path, names: frozenset[str], label_ids: Mapping[int, int]) -> tuple[_Parts, list[Problem]]:
    document = read_json(path, ENTRIES)
    if not isinstance(document, list):
        raise InputError(Problem(str(path), f"a JSON {kind_of(document)}", ENTRIES))
    found: dict[str, list[tuple[str, int, Any]]] = {}
    problems: list[Problem] = []
    for place, entry in enumerate(document, start=1):
        where = f"{path}: entry {place}"
        if not isinstance(entry, dict):
            problems.append(Problem(where, f"a JSON {kind_of(entry)}", "an object"))
            continue
        file_name, category = entry.get("file_name"), whole(entry.get("category_id"))
        sample = sample_of(posix(file_name).stem, names) if isinstance(file_name, str) else None
        if sample is None:
            problems.append(Problem(where, f"file_name {file_name!r}", "the file of an image of the dataset"))
        if category is None or category not in label_ids:
            problems.append(Problem(where, f"category_id {entry.get('category_id')!r}", listed(label_ids)))
        elif sample is not None:
            part = f"{path}: image {sample}: entry {place}", label_ids[category], entry.get("segmentation")
            found.setdefault(sample, []).append(part)
    return found, problems
