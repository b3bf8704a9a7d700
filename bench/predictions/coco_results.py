"""Predicted objects in COCO's results form, one JSON file for all images; also detectron2's
`coco_instances_results.json`.

    [{"image_id": 42, "category_id": 18, "score": 0.236, "segmentation": {"size": [478, 640], "counts": "..."}}, ...]

Source: https://cocodataset.org/#format-results, object detection (segmentation).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

import numpy as np

from boundary_bench.bench.errors import InputError, Problem
from boundary_bench.bench.formats.coco.document import ImageId, image_id_of, kind_of
from boundary_bench.bench.formats.coco.faults import Faults, Tally
from boundary_bench.bench.formats.coco.plain_results import read_plain
from boundary_bench.bench.formats.coco.result_objects import ListedObjects, PlainObjects, ResultObjects
from boundary_bench.bench.formats.coco.results import (
    Categories,
    Meaning,
    categories_problem,
    category_ids,
    read_results,
)
from boundary_bench.bench.formats.image_ids import images_meant, raw_ids, require_task
from boundary_bench.bench.io.json_file import json_stem, parse_json, read_text
from boundary_bench.bench.plugins.protocols import Dataset, Sample
from boundary_bench.metrics.structures.segmentation import InstanceSet, Task

RESULTS = "a list of results {image_id, category_id, score, segmentation}"


class CocoResults:
    """Objects of all images in one JSON file; satisfies `boundary_bench.bench.plugins.protocols.PredictionSet`.

    An image without results has no objects; it is not missing. Results of categories that the dataset does not score
    or does not list are left out. What other tools write otherwise than COCO is read and noted: see `faults`.

    Args:
        path: the JSON file.
        dataset: what they are predictions for; its category ids are those of the file. Images may also be given by
            name, and where the dataset has no image ids, by their place in the split from 1 on.
        name: what tables call them; by default the name of the file.
        categories: `check` refuses ids that seem to be counted in another way than the dataset's (from 1 for from 0,
            places for ids); `subset` leaves out whatever the dataset does not list.

    Raises:
        InputError: no readable file, or results that cannot be used: all of them are listed.
    """

    task: Task = "instance"
    has_probabilities = False

    def __init__(
        self, path: str | Path, *, dataset: Dataset, name: str | None = None, categories: Categories = "check"
    ) -> None:
        if categories not in get_args(Categories):
            raise InputError(Problem("categories", repr(categories), "check or subset"))
        self._path, self._categories = Path(path), categories
        self.name = name or json_stem(path)
        require_task(str(path), dataset, self.task)
        self._dataset = dataset
        self._names = frozenset(sample.id for sample in dataset.samples())
        self._faults = Faults()
        self._notes: list[str] = []
        self._objects, problems = self._read()
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
        return self._objects.digest(sample.id)

    def check(self, sample: Sample, size: tuple[int, int]) -> list[Problem]:
        """Every mask of the sample that is broken or of another size."""
        return self._drawn(sample, size)[1]

    def notes(self) -> list[str]:
        """Notes: images without results, results that are left out, and what is read although written otherwise."""
        notes = list(self._notes)
        if empty := len(self._names) - len(self._objects.samples):
            notes.append(f"{empty} of {len(self._names)} images have no results; they count as images without objects")
        return notes + self._faults.notes()

    def describe(self) -> dict[str, Any]:
        """Format, and which categories are left out where that was said."""
        return {"format": "coco_results"} | ({} if self._categories == "check" else {"categories": self._categories})

    def _read(self) -> tuple[ResultObjects, list[Problem]]:
        data = read_text(self._path, RESULTS)
        plain = read_plain(data)
        if plain is not None:
            names = dict.fromkeys(plain.images, "")
            meaning = self._meaning(names)
            samples = {image: sample for image in names if (sample := meaning.sample_of(image))}
            if len(samples) == len(names):
                objects = PlainObjects(plain, meaning, samples, self._faults.of_file)
                return objects, self._categories_problems(meaning, np.unique(plain.categories).tolist())
        document = parse_json(self._path, data, RESULTS)
        if not isinstance(document, list):
            hint = "is it a file of annotations?" if isinstance(document, dict) and "annotations" in document else ""
            raise InputError(Problem(str(self._path), f"a JSON {kind_of(document)}", RESULTS, hint))
        meaning = self._meaning(_image_names(document))
        records, problems = read_results(document, meaning, self._faults.of_file)
        wrong = self._categories_problems(meaning, category_ids(document))
        return ListedObjects(self._path, records), wrong + problems

    def _meaning(self, names: Mapping[ImageId, str]) -> Meaning:
        images = images_meant(self._dataset, str(self._path), names)
        self._notes = [images.note] if images.note else []
        return Meaning(self._path, images.sample_of, raw_ids(self._dataset))

    def _categories_problems(self, meaning: Meaning, ids: Collection[int]) -> list[Problem]:
        problem = categories_problem(self._path, ids, meaning.label_ids, self._categories)
        return [problem] if problem else []

    def _drawn(self, sample: Sample, size: tuple[int, int]) -> tuple[InstanceSet | None, list[Problem]]:
        tally = Tally()
        found = self._objects.drawn(sample.id, size, tally)
        self._faults.put(sample.id, tally)
        return found

    def _broken_masks(self) -> list[Problem]:
        problems = []
        for sample in self._dataset.samples():
            try:
                problems += self.check(sample, self._dataset.size(sample))
            except InputError:
                continue  # The dataset's own check reports it.
        return problems


def _image_names(document: Sequence[Any]) -> Mapping[ImageId, str]:
    """Each image id of a file with the file name beside it; "" where results have none, or not always the same."""
    names: dict[ImageId, str] = {}
    for entry in document:
        image_id = image_id_of(entry.get("image_id")) if isinstance(entry, dict) else None
        if image_id is not None:
            name = entry.get("file_name")
            known = names.setdefault(image_id, name if isinstance(name, str) else "")
            if known and known != name:
                names[image_id] = ""
    return names
