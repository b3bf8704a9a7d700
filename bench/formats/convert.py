"""Conversion between formats of objects and segments: which are possible, and what is lost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from boundary_bench.bench.errors import InputError, Problem
from boundary_bench.bench.formats.cityscapes_ids import masks_of_ids
from boundary_bench.bench.formats.writers import (
    write_cityscapes_instances,
    write_coco,
    write_coco_panoptic,
    write_coco_results,
)
from boundary_bench.bench.plugins.protocols import Dataset, PredictionSet, Progress
from boundary_bench.metrics.structures.segmentation import InstanceSet, PanopticMap, Task

TRUTH_FORMS: Mapping[Task, tuple[str, ...]] = {"instance": ("coco",), "panoptic": ("coco_panoptic", "coco")}
"""Formats in which truth of a kind can be written."""
PREDICTION_FORMS: Mapping[Task, tuple[str, ...]] = {
    "instance": ("coco_results", "cityscapes_instances"),
    "panoptic": ("coco_panoptic", "coco_results", "cityscapes_instances"),
}
"""Formats in which predictions of a kind can be written."""


@dataclass(frozen=True, slots=True)
class Converted:
    """Result of a conversion: what was written, and what the new format cannot store."""

    images: int
    objects: int
    losses: tuple[str, ...]


def convert_truth(dataset: Dataset, to: str, out: str | Path, step: Progress | None = None) -> Converted:
    """Write the truth of a dataset as `coco` or `coco_panoptic` annotations.

    With `coco`, segments of things in panoptic truth become objects.

    Raises:
        InputError: the truth cannot be converted to this format or cannot be read, or the output folder is not empty.
    """
    _require_form(to, TRUTH_FORMS.get(dataset.task, ()), dataset.task)
    samples, out = list(dataset.samples()), Path(out)
    if to == "coco_panoptic":
        segments = ((sample, dataset.truth(sample)) for sample in samples)
        return Converted(
            len(samples),
            write_coco_panoptic(out, dataset, _with_progress(segments, len(samples), step), truth=True),
            (),
        )
    losses: set[str] = set()

    def objects() -> Iterator[Any]:
        for sample in samples:
            truth = _objects(dataset.truth(sample), dataset, losses)
            if truth.void is not None and truth.void.areas.any():
                losses.add("void: predictions on it will count as wrong")
            if truth.federated is not None:
                losses.add("which categories were looked for in an image")
            yield sample, truth

    classes = sorted(dataset.things) if dataset.task == "panoptic" else range(len(dataset.classes))
    written = write_coco(out, dataset, _with_progress(objects(), len(samples), step), classes)
    return Converted(len(samples), written, tuple(sorted(losses)))


def convert_predictions(
    dataset: Dataset, predictions: PredictionSet, to: str, out: str | Path, step: Progress | None = None
) -> Converted:
    """Write predictions as `coco_results`, `cityscapes_instances` or `coco_panoptic`; missing ones are skipped.

    In instance formats, segments of things become objects, with their scores.

    Raises:
        InputError: the predictions cannot be converted to this format or cannot be read, or the output folder is not
            empty.
    """
    _require_form(to, PREDICTION_FORMS.get(predictions.task, ()), predictions.task)
    samples = [sample for sample in dataset.samples() if predictions.has(sample)]
    loaded = _with_progress(((sample, predictions.load(sample)) for sample in samples), len(samples), step)
    if to == "coco_panoptic":
        return Converted(len(samples), write_coco_panoptic(Path(out), dataset, loaded, truth=False), ())
    losses: set[str] = set()
    objects = ((sample, _objects(found, dataset, losses)) for sample, found in loaded)
    write = write_coco_results if to == "coco_results" else write_cityscapes_instances
    return Converted(len(samples), write(Path(out), dataset, objects), tuple(sorted(losses)))


def things_of(found: PanopticMap, things: frozenset[int]) -> InstanceSet:
    """Segments of countable classes as objects, in their order, with their scores and ids."""
    chosen = np.flatnonzero(np.isin(found.categories, sorted(things)))
    masks = masks_of_ids(found.ids, found.segments[chosen].tolist())
    ids = found.segments[chosen].astype(np.int64)
    return InstanceSet(masks, found.categories[chosen], found.scores[chosen], found.crowd[chosen], ids=ids)


def _objects(found: InstanceSet | PanopticMap, dataset: Dataset, losses: set[str]) -> InstanceSet:
    if isinstance(found, InstanceSet):
        return found
    losses.add("stuff: only things are objects")
    return things_of(found, dataset.things)


def _require_form(to: str, forms: tuple[str, ...], task: Task) -> None:
    if to not in forms:
        allowed = ", ".join(forms) or "instance or panoptic data"
        raise InputError(Problem(f"to {to}", f"{task} data, which cannot be converted to it", allowed))


def _with_progress(items: Iterator[Any], total: int, step: Progress | None) -> Iterator[Any]:
    for done, item in enumerate(items, start=1):
        yield item
        if step is not None:
            step(done, total)
