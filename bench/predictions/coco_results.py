"""Predicted objects in COCO's results form, one JSON file for all images; also detectron2's
`coco_instances_results.json`.

    [{"image_id": 42, "category_id": 18, "score": 0.236, "segmentation": {"size": [478, 640], "counts": "..."}}, ...]

Source: https://cocodataset.org/#format-results, object detection (segmentation).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from boundary_bench.bench.errors import InputError, Problem
from boundary_bench.bench.formats.coco.document import image_id_of, kind_of
from boundary_bench.bench.formats.coco.objects import ObjectRecord, entry_problems, predictions_of, score_problem
from boundary_bench.bench.formats.image_ids import finder, raw_ids, require_task
from boundary_bench.bench.io.hashing import combined
from boundary_bench.bench.io.json_file import read_json
from boundary_bench.bench.plugins.protocols import Dataset, Sample
from boundary_bench.metrics.structures.segmentation import InstanceSet, Task

RESULTS = "a list of results {image_id, category_id, score, segmentation}"


class CocoResults:
    """Objects of all images in one JSON file; satisfies `boundary_bench.bench.plugins.protocols.PredictionSet`.

    An image without results has no objects; it is not missing. Results of categories that the dataset does not score
    are left out.

    Args:
        path: the JSON file.
        dataset: what they are predictions for; its category ids are those of the file. Images may also be given by
            name, and where the dataset has no image ids, by their place in the split from 1 on.
        name: what tables call them; by default the name of the file.

    Raises:
        InputError: no readable file, or results that cannot be used: all of them are listed.
    """

    task: Task = "instance"
    has_probabilities = False

    def __init__(self, path: str | Path, *, dataset: Dataset, name: str | None = None) -> None:
        self._path = Path(path)
        self.name = name or self._path.stem
        require_task(str(path), dataset, self.task)
        self._dataset = dataset
        self._names = frozenset(sample.id for sample in dataset.samples())
        self._records, problems = _read(self._path, dataset)
        if problems:
            # Whoever must correct the file wants to know of broken masks too.
            raise InputError(problems + self._broken_masks())

    def has(self, sample: Sample) -> bool:
        """True for every image of the dataset: one without results has no objects."""
        return sample.id in self._names

    def load(self, sample: Sample) -> InstanceSet:
        """The objects in the order of the file; their ids are places in it, from 1 on.

        Raises:
            InputError: masks that cannot be; all of the image are listed.
        """
        found, problems = self._drawn(sample, self._dataset.size(sample))
        if found is None:
            raise InputError(problems)
        return found

    def digest(self, sample: Sample) -> str:
        """Digest of the sample's results."""
        return combined(json.dumps([[r.category, r.score, r.segmentation] for r in self._of(sample)], sort_keys=True))

    def check(self, sample: Sample, size: tuple[int, int]) -> list[Problem]:
        """Every mask of the sample that is broken or of another size."""
        return self._drawn(sample, size)[1]

    def notes(self) -> list[str]:
        """Notes: images without results, results that are not scored."""
        notes = []
        if empty := len(self._names) - len(self._records):
            notes.append(f"{empty} of {len(self._names)} images have no results; they count as images without objects")
        if left_out := sum(record.category < 0 for records in self._records.values() for record in records):
            notes.append(f"{left_out} results are of categories that are not scored; they are left out")
        return notes

    def describe(self) -> dict[str, Any]:
        """Format."""
        return {"format": "coco_results"}

    def _of(self, sample: Sample) -> Sequence[ObjectRecord]:
        return self._records.get(sample.id, ())

    def _drawn(self, sample: Sample, size: tuple[int, int]) -> tuple[InstanceSet | None, list[Problem]]:
        return predictions_of(size, f"{self._path}: image {sample.id}", self._of(sample))

    def _broken_masks(self) -> list[Problem]:
        problems = []
        for sample in self._dataset.samples():
            try:
                problems += self.check(sample, self._dataset.size(sample))
            except InputError:
                continue  # The dataset's own check reports it.
        return problems


def _read(path: Path, dataset: Dataset) -> tuple[Mapping[str, Sequence[ObjectRecord]], list[Problem]]:
    """Results by sample id, and everything wrong with them; masks are not looked at."""
    document = read_json(path, RESULTS)
    if not isinstance(document, list):
        hint = "is it a file of annotations?" if isinstance(document, dict) and "annotations" in document else ""
        raise InputError(Problem(str(path), f"a JSON {kind_of(document)}", RESULTS, hint))
    find, label_ids = finder(dataset), raw_ids(dataset)
    found: dict[str, list[ObjectRecord]] = {}
    problems: list[Problem] = []
    for place, entry in enumerate(document, start=1):
        image_id = image_id_of(entry.get("image_id")) if isinstance(entry, dict) else None
        sample = None if image_id is None else find(image_id)
        where = f"{path}: image {image_id if sample is None else sample}: result {place}"
        wrong = entry_problems(where, entry, find, label_ids)
        if isinstance(entry, dict) and (problem := score_problem(where, entry.get("score"))):
            wrong.append(problem)
        problems += wrong
        if not wrong:
            assert sample is not None
            category = label_ids[int(entry["category_id"])]
            record = ObjectRecord(f"result {place}", place, category, entry.get("segmentation"), score=entry["score"])
            found.setdefault(sample, []).append(record)
    return found, problems
