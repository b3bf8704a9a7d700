"""One form of objects or segments as another: what can become what, and what is lost on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
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
from boundary_bench.bench.plugins.protocols import Dataset, PredictionSet
from boundary_bench.metrics.structures.segmentation import InstanceSet, PanopticMap, Task

TRUTH_FORMS: Mapping[Task, tuple[str, ...]] = {"instance": ("coco",), "panoptic": ("coco_panoptic", "coco")}
"""Forms that truth of a kind can be written in."""
PREDICTION_FORMS: Mapping[Task, tuple[str, ...]] = {
    "instance": ("coco_results", "cityscapes_instances"),
    "panoptic": ("coco_panoptic", "coco_results", "cityscapes_instances"),
}
"""Forms that predictions of a kind can be written in."""

Step = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Converted:
    """Result of a conversion: what was written, and what the new format cannot hold."""

    images: int
    objects: int
    losses: tuple[str, ...]


def convert_truth(dataset: Dataset, to: str, out: str | Path, step: Step | None = None) -> Converted:
    """Write the truth of a dataset: `coco` or `coco_panoptic` annotations.

    Segments become objects where `coco` is asked of panoptic truth: of things only.

    Raises:
        InputError: the truth has no such form or cannot be read, or there is something where it is to be written.
    """
    _require_form(to, TRUTH_FORMS.get(dataset.task, ()), dataset.task)
    require_new(to, out)
    samples, out = list(dataset.samples()), Path(out)
    if to == "coco_panoptic":
        segments = ((sample, dataset.truth(sample)) for sample in samples)
        return Converted(
            len(samples), write_coco_panoptic(out, dataset, _told(segments, len(samples), step), truth=True), ()
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
    written = write_coco(out, dataset, _told(objects(), len(samples), step), classes)
    return Converted(len(samples), written, tuple(sorted(losses)))


def convert_predictions(
    dataset: Dataset, predictions: PredictionSet, to: str, out: str | Path, step: Step | None = None
) -> Converted:
    """Write predictions as `coco_results`, `cityscapes_instances` or `coco_panoptic`; those that are missing, not.

    Segments become objects where the form is one of instances: those of things only, with their scores.

    Raises:
        InputError: the predictions have no such form or cannot be read, or there is something where they are to be
            written.
    """
    _require_form(to, PREDICTION_FORMS.get(predictions.task, ()), predictions.task)
    require_new(to, out)
    samples = [sample for sample in dataset.samples() if predictions.has(sample)]
    loaded = _told(((sample, predictions.load(sample)) for sample in samples), len(samples), step)
    if to == "coco_panoptic":
        return Converted(len(samples), write_coco_panoptic(Path(out), dataset, loaded, truth=False), ())
    losses: set[str] = set()
    objects = ((sample, _objects(found, dataset, losses)) for sample, found in loaded)
    write = write_coco_results if to == "coco_results" else write_cityscapes_instances
    return Converted(len(samples), write(Path(out), dataset, objects), tuple(sorted(losses)))


def require_new(to: str, out: str | Path) -> None:
    """Raise InputError where something would be written over: a file, or a folder with something in it."""
    path = Path(out)
    folder = {"cityscapes_instances": path, "coco_panoptic": path.with_suffix("")}.get(to)
    if to == "coco_panoptic" and path == folder:
        hint = "the PNG files go to the folder beside it that has its name"
        raise InputError(Problem(str(path), "a name without an ending", "the name of a .json file", hint))
    if folder is not None and folder.is_dir() and any(folder.iterdir()):
        raise InputError(Problem(str(folder), "a folder that is not empty", "a new or an empty folder"))
    if path.is_file() or (path.exists() and path != folder):
        found = "a file that is there already" if path.is_file() else "a folder"
        allowed = "a new or an empty folder" if path == folder else "a new file: nothing is written over"
        raise InputError(Problem(str(path), found, allowed))


def things_of(found: PanopticMap, things: frozenset[int]) -> InstanceSet:
    """The segments of countable classes as objects, in their order, with their scores and ids; those with pixels."""
    chosen = np.flatnonzero(np.isin(found.categories, sorted(things)) & ~found.hidden)
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
        raise InputError(Problem(f"to {to}", f"{task} data, which have no such form", allowed))


def _told(items: Iterator[Any], total: int, step: Step | None) -> Iterator[Any]:
    for done, item in enumerate(items, start=1):
        yield item
        if step is not None:
            step(done, total)
