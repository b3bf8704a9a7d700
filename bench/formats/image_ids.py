"""Which image of a dataset a prediction file means, and which class."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Final

from boundary_bench.bench.errors import InputError, Problem
from boundary_bench.bench.formats.coco.document import ImageId, other_form
from boundary_bench.bench.formats.coco.names import posix
from boundary_bench.bench.formats.file_index import sample_of
from boundary_bench.bench.plugins.abilities import of_dataset
from boundary_bench.bench.plugins.protocols import Dataset
from boundary_bench.metrics.structures.segmentation import Task

_LAST_NUMBER: Final = re.compile("[0-9]{1,18}$")

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
    names = _Names(dataset)
    return lambda image_id: names.by_id(image_id) or (names.by_name(image_id) if isinstance(image_id, str) else None)


@dataclass(frozen=True)
class Images:
    """The images that a file of predictions means by its ids. note: how they were found, where that needs saying."""

    sample_of: Callable[[ImageId], str | None]
    note: str = ""


def images_meant(dataset: Dataset, where: str, ids: Mapping[ImageId, str]) -> Images:
    """Decide by all ids of a file whether they are the dataset's, or numbers or names from the names of its images.

    Tools take the number of a file's name for the id of the image: both are numbers, and most of them may be ids of
    other images. A file name beside the id decides.

    Args:
        dataset: what is predicted.
        where: the file, for messages.
        ids: each image id of the file with the name of the image's file beside it; "" where it has none.

    Raises:
        InputError: ids and names beside them contradict each other, or may mean either.
    """
    names = _Names(dataset)
    by_id = {each: found for each in ids if (found := names.by_id(each))}
    by_name = {each: found for each in ids if (found := names.by_name(each))}
    beside = {each: found for each, name in ids.items() if name and (found := names.of_file(name))}
    if beside and any(by_id.get(each) != sample for each, sample in beside.items()):
        return _by_file_names(where, ids, by_id, by_name, beside)
    differing = [each for each in by_id.keys() & by_name.keys() if by_id[each] != by_name[each]]
    if len(by_id) == len(ids):
        if differing and len(by_name) == len(ids) and not beside:
            return _either(where, by_id, by_name, sorted(differing, key=str))
        return Images(by_id.get, names.note_of_forms(ids))
    if len(by_name) == len(ids) and any(isinstance(each, int) for each in ids):
        return Images(by_name.get, _by_number(ids, by_id, by_name))
    texts = {each: sample for each, sample in by_name.items() if isinstance(each, str)}
    return Images((texts | by_id).get)


def _by_number(ids: Collection[ImageId], by_id: Mapping[ImageId, str], by_name: Mapping[ImageId, str]) -> str:
    example = next(iter(by_name))
    return (
        f"the {len(ids)} image ids are numbers in the names of image files, e.g. {example} of {by_name[example]}; "
        f"they are taken so, since {len(ids) - len(by_id)} of them are no ids of the annotations"
    )


def _by_file_names(
    where: str,
    ids: Mapping[ImageId, str],
    by_id: Mapping[ImageId, str],
    by_name: Mapping[ImageId, str],
    beside: Mapping[ImageId, str],
) -> Images:
    """Images by the names beside the ids, where the ids can be explained by these or are none of the dataset."""
    against = [
        each for each, sample in beside.items() if by_id.get(each, sample) != sample and by_name.get(each) != sample
    ]
    if against:
        each = against[0]
        found = f"image id {each} beside the file name {ids[each]}"
        allowed = f"the same image: id {each} is that of {by_id[each]} in the annotations"
        raise InputError(
            Problem(
                where,
                found,
                allowed,
                f"so for {len(against)} of {len(ids)} images; mend the ids, or leave out file_name",
            )
        )
    known = by_name | beside
    example = next(each for each, sample in beside.items() if by_id.get(each) != sample)
    note = (
        f"image ids are not those of the annotations; images are taken by the file names beside them, "
        f"e.g. {ids[example]} for id {example}; pycocotools goes by the id"
    )
    return Images(known.get, note)


def _either(
    where: str, by_id: Mapping[ImageId, str], by_name: Mapping[ImageId, str], differing: list[ImageId]
) -> Images:
    """Ids that could be read in both ways: numbers as everybody reads them, with a note; nobody else reads text."""
    each = differing[0]
    if isinstance(each, str):
        found = f"image id {each!r}, which may be the id of {by_id[each]} or the name of {by_name[each]}"
        raise InputError(Problem(where, found, "one of both", "write ids as numbers, or names with their ending"))
    note = (
        f"image ids are taken as those of the annotations, e.g. {each} for {by_id[each]}; as numbers of file names "
        f"they would mean other images, as {by_name[each]}"
    )
    return Images(by_id.get, note)


class _Names:
    """The ids of a dataset's images and the names of their files."""

    def __init__(self, dataset: Dataset) -> None:
        self._ids = image_ids(dataset)
        self._samples = frozenset(sample.id for sample in dataset.samples())
        self._files: dict[str, set[str]] = defaultdict(set)
        self._numbers: dict[int, set[str]] = defaultdict(set)
        own = of_dataset(dataset)
        for sample in dataset.samples():
            path = posix(own.image_name(sample))
            for key in (str(path), path.name, path.stem):
                self._files[key].add(sample.id)
            if number := _LAST_NUMBER.search(path.stem):
                self._numbers[int(number[0])].add(sample.id)

    def by_id(self, image_id: ImageId) -> str | None:
        """By the id, also as text that writes its number, or the reverse."""
        other = other_form(image_id)
        return self._ids.get(image_id) or (None if other is None else self._ids.get(other))

    def note_of_forms(self, ids: Collection[ImageId]) -> str:
        """Note on ids that are text where the dataset's are numbers, or the reverse; "" where there are none."""
        other = [each for each in ids if each not in self._ids]
        if not other:
            return ""
        return f"{len(other)} image ids are text for numbers, or the reverse, e.g. {other[0]!r}; both are the same"

    def by_name(self, image_id: ImageId) -> str | None:
        """By the name of a file or its beginning, or by the number that it ends in."""
        if isinstance(image_id, int):
            return _only(self._numbers.get(image_id, ()))
        stem = posix(image_id).stem
        return self.of_file(image_id) or sample_of(stem, self._samples)

    def of_file(self, name: str) -> str | None:
        """By the name of the image's file, with or without its folder and its ending, where only one has it."""
        path = posix(name)
        keys = (str(path), path.name, path.stem)
        return next((found for key in keys if (found := _only(self._files.get(key, ())))), None)


def _only(samples: Collection[str]) -> str | None:
    return next(iter(samples)) if len(samples) == 1 else None


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
