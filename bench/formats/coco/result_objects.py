"""The objects of a file of results by sample: listed one by one, or left where they are in the file if it is plain."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from boundary_bench.bench.errors import Problem
from boundary_bench.bench.formats.coco.document import ImageId
from boundary_bench.bench.formats.coco.faults import BOXES, EXAMPLES, NOT_SCORED_RESULT, UNKNOWN_RESULT, Tally
from boundary_bench.bench.formats.coco.objects import ObjectRecord, Records, predictions_of
from boundary_bench.bench.formats.coco.plain_results import PlainResults
from boundary_bench.bench.formats.coco.results import Meaning, result_of
from boundary_bench.bench.io.hashing import combined
from boundary_bench.metrics.structures.segmentation import InstanceSet, StatedSizes

Drawn = tuple[InstanceSet | None, list[Problem]]
"""The objects of an image, or None and what is wrong with them."""


class ResultObjects(Protocol):
    """Objects of a file by sample."""

    @property
    def samples(self) -> Collection[str]:
        """Ids of the samples that have results, scored or not."""

    def drawn(self, sample: str, size: tuple[int, int], tally: Tally) -> Drawn:
        """The objects of a sample in the order of the file, ids their places in it, from 1 on."""

    def digest(self, sample: str) -> str:
        """Digest of the results of a sample."""


class ListedObjects:
    """Objects of which each has a record."""

    def __init__(self, path: Path, records: Records) -> None:
        self._path, self._records = path, records

    @property
    def samples(self) -> Collection[str]:
        """See `ResultObjects`."""
        return self._records.keys()

    def drawn(self, sample: str, size: tuple[int, int], tally: Tally) -> Drawn:
        """See `ResultObjects`."""
        return predictions_of(size, f"{self._path}: image {sample}", self._records.get(sample, ()), tally)

    def digest(self, sample: str) -> str:
        """See `ResultObjects`."""
        objects = [[r.category, r.score, r.segmentation, r.box] for r in self._records.get(sample, ())]
        return combined(json.dumps(objects, sort_keys=True))


class PlainObjects:
    """Objects of plain results, decoded when they are asked for.

    Args:
        results: the results of a file.
        meaning: what their numbers mean.
        samples: the sample of each of their image ids.
        tally: counts inessential faults.
    """

    def __init__(self, results: PlainResults, meaning: Meaning, samples: Mapping[ImageId, str], tally: Tally) -> None:
        self._results, self._meaning = results, meaning
        self._categories = _trained(results.categories, meaning.label_ids, tally)
        names = {name: number for number, name in enumerate(dict.fromkeys(samples.values()))}
        number_of = {image: names[sample] for image, sample in samples.items()}
        numbers = np.fromiter(map(number_of.__getitem__, results.images), np.int64, len(results.images))
        self._order = np.argsort(numbers, kind="stable")
        first = np.searchsorted(numbers[self._order], np.arange(len(names) + 1)).tolist()
        self._spans = {name: (first[number], first[number + 1]) for name, number in names.items()}
        boxed = np.flatnonzero(results.boxed & (self._categories >= 0))
        if len(boxed):
            tally.add_many(BOXES, len(boxed), [f"result {place + 1}" for place in boxed[:EXAMPLES]])

    @property
    def samples(self) -> Collection[str]:
        """See `ResultObjects`."""
        return self._spans.keys()

    def drawn(self, sample: str, size: tuple[int, int], tally: Tally) -> Drawn:
        """See `ResultObjects`."""
        places = self._places(sample)
        places = places[self._categories[places] >= 0]
        try:
            masks = self._results.masks(size, places)
        except ValueError:  # Read one by one, to name every result that is wrong.
            return predictions_of(size, f"{self._meaning.path}: image {sample}", self._records(places), tally)
        boxes = self._results.box_areas(places)
        stated = None if np.isnan(boxes).all() else StatedSizes(masks, np.full(len(places), np.nan), boxes)
        return InstanceSet(
            masks, self._categories[places], self._results.scores[places], ids=places + 1, stated=stated
        ), []

    def digest(self, sample: str) -> str:
        """See `ResultObjects`."""
        places = self._places(sample)
        return combined(str(self._categories[places].tolist()), self._results.text(places))

    def _places(self, sample: str) -> NDArray[np.int64]:
        first, last = self._spans.get(sample, (0, 0))
        return self._order[first:last]

    def _records(self, places: NDArray[np.int64]) -> Sequence[ObjectRecord]:
        entries = self._results.entries.at(places)
        read = [
            result_of(self._meaning, place + 1, entry, Tally())
            for place, entry in zip(places.tolist(), entries, strict=True)
        ]
        return [each[1] for each in read if isinstance(each, tuple) and each[1] is not None]


def _trained(categories: NDArray[np.int64], label_ids: Mapping[int, int], tally: Tally) -> NDArray[np.int64]:
    """Training ids of categories, int64 (E,), below 0 where they are left out."""
    ids, place, counts = np.unique(categories, return_inverse=True, return_counts=True)
    trained = np.array([label_ids.get(each, -1) for each in ids.tolist()], np.int64)
    for each, train, count in zip(ids.tolist(), trained.tolist(), counts.tolist(), strict=True):
        if train < 0:
            fault = NOT_SCORED_RESULT if each in label_ids else UNKNOWN_RESULT
            tally.add_many(fault, count, [f"category {each}"])
    return trained[place]
