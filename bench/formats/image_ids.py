"""Which image of a dataset a prediction file means, and which class."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import PurePosixPath

from boundary_bench.bench.errors import InputError, Problem
from boundary_bench.bench.formats.coco.document import ImageId
from boundary_bench.bench.formats.file_index import sample_of
from boundary_bench.bench.plugins.abilities import of_dataset
from boundary_bench.bench.plugins.protocols import Dataset
from boundary_bench.metrics.structures.segmentation import Task

NOT_SCORED = -1
"""In place of a class."""


def image_ids(dataset: Dataset) -> Mapping[ImageId, str]:
    """Image id -> sample id: the dataset's own where it has them (`image_ids`), else places in the split from 1 on."""
    own = of_dataset(dataset).image_ids
    if own is not None:
        return own
    return {place: sample.id for place, sample in enumerate(dataset.samples(), start=1)}


def finder(dataset: Dataset) -> Callable[[ImageId], str | None]:
    """A function from an image id, or a name that belongs to a sample, to the sample id; None where none is meant."""
    known = image_ids(dataset)
    names = frozenset(sample.id for sample in dataset.samples())

    def find(image_id: ImageId) -> str | None:
        if image_id in known:
            return known[image_id]
        return sample_of(PurePosixPath(image_id).stem, names) if isinstance(image_id, str) else None

    return find


def raw_ids(dataset: Dataset) -> Mapping[int, int]:
    """Ids of categories in files -> training ids; `NOT_SCORED` for those that the dataset knows and does not score."""
    classes = len(dataset.classes)
    if not dataset.label_ids:
        return {train: train for train in range(classes)}
    return {raw: train if 0 <= train < classes else NOT_SCORED for raw, train in dataset.label_ids.items()}


def require_task(what: str, dataset: Dataset, task: Task) -> None:
    """Raise InputError unless the dataset's truth is of the kind that the predictions are."""
    if dataset.task != task:
        found = f"{dataset.task} truth of {dataset.name}/{dataset.split}"
        raise InputError(Problem(what, found, f"a dataset of {task} truth"))
