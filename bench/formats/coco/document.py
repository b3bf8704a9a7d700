"""JSON files in COCO's form: read, and their categories and images checked; annotations are read by who knows them.

Source of the form: https://cocodataset.org/#format-data (instances and panoptic), https://www.lvisdataset.org/dataset
(`frequency`, `neg_category_ids`, `not_exhaustive_category_ids`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boundary_bench.bench.errors import InputError, Problem
from boundary_bench.bench.formats.raster.pixel_limit import too_large
from boundary_bench.bench.io.json_file import read_json
from boundary_bench.bench.io.paths import stays_below
from boundary_bench.bench.plugins.protocols import Sample

ImageId = int | str
"""COCO numbers images; Cityscapes' converted form names them."""


@dataclass(frozen=True, slots=True)
class Category:
    """A category as a file lists it."""

    id: int
    name: str
    colour: tuple[int, int, int]
    thing: bool
    frequency: str


@dataclass(frozen=True, slots=True)
class ImageEntry:
    """An image as a file lists it. negative, not_exhaustive: raw category ids of LVIS."""

    id: ImageId
    file_name: str
    size: tuple[int, int]
    negative: tuple[int, ...] = ()
    not_exhaustive: tuple[int, ...] = ()


def whole(value: Any) -> int | None:
    """A JSON number as a whole one; None where it is none. Table tools write ids as 3.0."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(value) if abs(value) < 2**63 and value == int(value) else None


def image_id_of(value: Any) -> ImageId | None:
    """An id of an image; None where the value is none."""
    return value if isinstance(value, str) and value else whole(value)


class CocoFile:
    """Categories and images of one JSON file.

    Attributes:
        path: the file.
        document: all of it, until `release`.
        categories: by ascending id, which decides the training ids 0..K-1.
        images: sample id -> image, in ascending order of the image ids: the order in which the field's evaluators
            go through images, which decides between equal scores.
        image_ids: id of an image -> sample id.
        problems: what is wrong with categories and images.

    The sample id is the stem of the image's file; the image id where that is a name, or where two stems are the same.

    Raises:
        InputError: no readable JSON, or one without the lists that it needs.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.problems: list[Problem] = []
        self.document = _lists(self.path, ("images", "annotations", "categories"))
        self.categories = sorted(self._categories(), key=lambda category: category.id)
        entries = self._images()
        names = _sample_ids(entries)
        self.images: Mapping[str, ImageEntry] = dict(zip(names, entries, strict=True))
        self.image_ids: Mapping[ImageId, str] = {e.id: name for name, e in self.images.items()}

    @cached_property
    def samples(self) -> Sequence[Sample]:
        """Images in their order, the folder of their file as group."""
        return [Sample(name, group=_group(entry.file_name)) for name, entry in self.images.items()]

    @cached_property
    def label_ids(self) -> Mapping[int, int]:
        """Category id -> training id."""
        return {category.id: train for train, category in enumerate(self.categories)}

    @property
    def classes(self) -> Sequence[str]:
        """Names of the categories."""
        return tuple(category.name for category in self.categories)

    @property
    def colours(self) -> NDArray[np.uint8]:
        """uint8 (K, 3) RGB."""
        return np.array([category.colour for category in self.categories], np.uint8)

    def where(self, image_id: ImageId, what: str = "") -> str:
        """For messages: the file, the image and the object in it."""
        name = self.images[self.image_ids[image_id]].file_name if image_id in self.image_ids else ""
        return ": ".join(filter(None, (f"{self.path}: image {image_id}{f' ({name})' if name else ''}", what)))

    def require(self, problems: Sequence[Problem] = ()) -> None:
        """Raise InputError with what is wrong with the file and what else was found; let the document go."""
        if self.problems or problems:
            raise InputError([*self.problems, *problems])
        self.document = {}

    def _categories(self) -> list[Category]:
        found: dict[int, Category] = {}
        for place, record in enumerate(self.document["categories"]):
            where, number = f"{self.path}: category {place + 1}", whole(_get(record, "id"))
            if number is None or number in found:
                text = f"id {_get(record, 'id')!r}" + (" a second time" if number in found else "")
                self.problems.append(Problem(where, text, "a whole number, each once"))
                continue
            colour = _colour(_get(record, "color"), number)
            thing, frequency = bool(record.get("isthing", 1)), str(record.get("frequency", ""))
            found[number] = Category(number, str(record.get("name", number)), colour, thing, frequency)
        if not found and not self.problems:
            self.problems.append(Problem(str(self.path), "no categories", "at least one"))
        return list(found.values())

    def _images(self) -> list[ImageEntry]:
        found: dict[ImageId, ImageEntry] = {}
        for place, record in enumerate(self.document["images"]):
            number = image_id_of(_get(record, "id"))
            if number is None or number in found:
                text = f"id {_get(record, 'id')!r}" + (" a second time" if number in found else "")
                where = f"{self.path}: image {place + 1} of the list"
                self.problems.append(Problem(where, text, "a whole number or a name, each once"))
            elif problem := _image_problem(f"{self.path}: image {number}", record):
                self.problems.append(problem)
            else:
                found[number] = _entry(number, record)
        if not found and not self.problems:
            self.problems.append(Problem(str(self.path), "no images", "at least one"))
        if len({type(number) for number in found}) > 1:
            self.problems.append(Problem(str(self.path), "image ids of two kinds", "all numbers or all names"))
            return sorted(found.values(), key=lambda entry: str(entry.id))
        return [found[number] for number in sorted(found)]


def _lists(path: Path, keys: Sequence[str]) -> dict[str, Any]:
    allowed = f"an object with the lists {', '.join(keys)}"
    document = read_json(path, allowed)
    if not isinstance(document, dict):
        hint = "is it a file of results?" if isinstance(document, list) else ""
        raise InputError(Problem(str(path), f"a JSON {kind_of(document)}", allowed, hint))
    problems = [
        Problem(str(path), f"no list {key!r}" if key not in document else f"{key!r} that is no list", allowed)
        for key in keys
        if not isinstance(document.get(key), list)
    ]
    if problems:
        raise InputError(problems)
    return document


def kind_of(value: Any) -> str:
    """JSON name of a value's type."""
    names = {dict: "object", list: "list", str: "text", bool: "true or false", type(None): "null"}
    return names.get(type(value), "number")


def _image_problem(where: str, record: Mapping[str, Any]) -> Problem | None:
    size = whole(record.get("height")), whole(record.get("width"))
    if size[0] is None or size[1] is None or min(size[0], size[1]) < 1:
        found = f"height {record.get('height')!r} and width {record.get('width')!r}"
        return Problem(where, found, "positive whole numbers")
    if problem := too_large(where, (size[0], size[1])):
        return problem
    lists = [record.get(key, []) for key in ("neg_category_ids", "not_exhaustive_category_ids")]
    if not all(isinstance(each, list) and all(whole(one) is not None for one in each) for each in lists):
        return Problem(where, "category ids that are no list of numbers", "lists of category ids")
    return None


def _entry(number: ImageId, record: Mapping[str, Any]) -> ImageEntry:
    # LVIS gives addresses instead of file names: the last folder and the file are those on disk.
    address = "/".join(PurePosixPath(str(record.get("coco_url", ""))).parts[-2:])
    return ImageEntry(
        number,
        str(record.get("file_name") or address),
        (int(record["height"]), int(record["width"])),
        tuple(map(int, record.get("neg_category_ids", ()))),
        tuple(map(int, record.get("not_exhaustive_category_ids", ()))),
    )


def _sample_ids(entries: Sequence[ImageEntry]) -> list[str]:
    if entries and all(isinstance(e.id, str) and not set(e.id) & set("/\\") for e in entries):
        return [str(e.id) for e in entries]
    stems = [PurePosixPath(e.file_name.replace("\\", "/")).stem for e in entries]
    repeated = max(Counter(stems).values(), default=0) > 1
    # A stem that is another image's number would not do either, so it is all of one kind or all of the other.
    return [str(e.id).replace("/", "_") for e in entries] if repeated or "" in stems else stems


def _group(file_name: str) -> str:
    parts = PurePosixPath(file_name).parts[:-1]
    return "/".join(parts) if stays_below(file_name) else ""


def _get(record: Any, key: str) -> Any:
    return record.get(key) if isinstance(record, dict) else None


def _colour(given: Any, number: int) -> tuple[int, int, int]:
    if isinstance(given, list) and len(given) == 3 and all(whole(v) is not None and 0 <= v <= 255 for v in given):
        return int(given[0]), int(given[1]), int(given[2])
    return palette_colour(number)


def palette_colour(number: int) -> tuple[int, int, int]:
    """A colour for a number from 1 on, those of near numbers far apart: its bits dealt out to red, green and blue."""
    channels, bits = [0, 0, 0], abs(number)
    for shift in range(7, -1, -1):
        for channel in range(3):
            channels[channel] |= ((bits >> channel) & 1) << shift
        bits >>= 3
    return channels[0], channels[1], channels[2]
