"""JSON files in COCO's form: read, and their categories and images checked; annotations are read by who knows them.

Source of the form: https://cocodataset.org/#format-data (instances and panoptic), https://www.lvisdataset.org/dataset
(`frequency`, `neg_category_ids`, `not_exhaustive_category_ids`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from boundary_bench.bench.errors import InputError, Problem
from boundary_bench.bench.formats.coco.derived import completed
from boundary_bench.bench.formats.coco.faults import SAME_CATEGORY, SAME_IMAGE, TEXT_ID, Faults
from boundary_bench.bench.formats.coco.names import group_of, sample_ids
from boundary_bench.bench.formats.raster.pixel_limit import too_large
from boundary_bench.bench.io.json_file import read_json
from boundary_bench.bench.plugins.protocols import Sample

ImageId = int | str
"""COCO numbers images; Cityscapes' converted form names them."""

MOST_CODED: Final = 2**34 - 1
"""Pixels of an image whose masks are run-length codes: compressed codes have seven characters for a length."""


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


def number_of(value: Any) -> int | None:
    """A whole number, also one written as text; None where the value is neither."""
    if isinstance(value, str) and value.isascii() and value.removeprefix("-").isdecimal() and len(value) < 19:
        return int(value)
    return whole(value)


def image_id_of(value: Any) -> ImageId | None:
    """An id of an image; None where the value is none."""
    return value if isinstance(value, str) and value else whole(value)


def other_form(image_id: ImageId) -> ImageId | None:
    """A number for the text that writes it, and the reverse; None where text writes none."""
    return number_of(image_id) if isinstance(image_id, str) else str(image_id)


class CocoFile:
    """Categories and images of one JSON file.

    Args:
        path: the file.
        coded: whether its annotations are objects with polygons or run-length codes, so that no image need fit into
            memory, and lists that are not there can be made from them.

    Attributes:
        path: the file.
        document: all of it, until `release`.
        categories: by ascending id, which decides the training ids 0..K-1.
        images: sample id -> image, in ascending order of the image ids: the order in which the field's evaluators
            go through images, which decides between equal scores.
        image_ids: id of an image -> sample id.
        problems: what is wrong with categories and images.
        faults: what is read although it is written otherwise than usual.

    The sample id is the stem of the image's file; the image id where that is a name, or where two stems are the same.

    Raises:
        InputError: no readable JSON, or one without the lists that it needs.
    """

    def __init__(self, path: str | Path, *, coded: bool = False) -> None:
        self.path, self._coded = Path(path), coded
        self.problems: list[Problem] = []
        self.faults = Faults()
        self.document, self._notes = _lists(self.path, ("images", "annotations", "categories"), coded)
        self.categories = sorted(self._categories(), key=lambda category: category.id)
        entries = self._images()
        names = sample_ids([(entry.id, entry.file_name) for entry in entries])
        self.images: Mapping[str, ImageEntry] = dict(zip(names, entries, strict=True))
        self.image_ids: Mapping[ImageId, str] = {e.id: name for name, e in self.images.items()}

    @cached_property
    def samples(self) -> Sequence[Sample]:
        """Images in their order, the folder of their file as group."""
        return [Sample(name, group=group_of(entry.file_name)) for name, entry in self.images.items()]

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

    def sample_of(self, image_id: ImageId) -> str | None:
        """The sample of an image id, also of a number written as text, or the reverse; None where there is none."""
        other = other_form(image_id)
        return self.image_ids.get(image_id) or (None if other is None else self.image_ids.get(other))

    def where(self, image_id: ImageId, what: str = "") -> str:
        """For messages: the file, the image and the object in it."""
        sample = self.sample_of(image_id)
        name = "" if sample is None else self.images[sample].file_name
        return ": ".join(filter(None, (f"{self.path}: image {image_id}{f' ({name})' if name else ''}", what)))

    def notes(self) -> list[str]:
        """Remarks about the file, one for each kind of inessential fault."""
        return [*self._notes, *self.faults.notes()]

    def require(self, problems: Sequence[Problem] = ()) -> None:
        """Raise InputError with what is wrong with the file and what else was found; let the document go."""
        if self.problems or problems:
            raise InputError([*self.problems, *problems])
        self.document = {}

    def _categories(self) -> list[Category]:
        found: dict[int, Category] = {}
        for place, record in enumerate(self.document["categories"]):
            number = number_of(_get(record, "id"))
            category = None if number is None else _category(number, record)
            if category is not None and category == found.get(category.id):
                self.faults.of_file.add(SAME_CATEGORY, f"category {number}")
            elif category is None or category.id in found:
                text = f"id {_get(record, 'id')!r}" + (" a second time" if category else "")
                where = f"{self.path}: category {place + 1}"
                self.problems.append(Problem(where, text, "a whole number, each once"))
            else:
                found[category.id] = category
                if isinstance(record["id"], str):
                    self.faults.of_file.add(TEXT_ID, f"category {number}")
        if not found and not self.problems:
            self.problems.append(Problem(str(self.path), "no categories", "at least one"))
        return list(found.values())

    def _images(self) -> list[ImageEntry]:
        found: dict[ImageId, ImageEntry] = {}
        for place, record in enumerate(self.document["images"]):
            number = image_id_of(_get(record, "id"))
            problem = None if number is None else _image_problem(f"{self.path}: image {number}", record, self._coded)
            if problem is not None:
                self.problems.append(problem)
            elif number is not None and (entry := _entry(number, record)) == found.setdefault(number, entry):
                if found[number] is not entry:
                    self.faults.of_file.add(SAME_IMAGE, f"image {number}")
            else:
                text = f"id {_get(record, 'id')!r}" + ("" if number is None else " a second time")
                where = f"{self.path}: image {place + 1} of the list"
                self.problems.append(Problem(where, text, "a whole number or a name, each once"))
        if not found and not self.problems:
            self.problems.append(Problem(str(self.path), "no images", "at least one"))
        if len({type(number) for number in found}) > 1:
            self.problems.append(Problem(str(self.path), "image ids of two kinds", "all numbers or all names"))
            return sorted(found.values(), key=lambda entry: str(entry.id))
        return [found[number] for number in sorted(found)]


def _lists(path: Path, keys: Sequence[str], coded: bool) -> tuple[dict[str, Any], list[str]]:
    allowed = f"an object with the lists {', '.join(keys)}"
    document, notes = read_json(path, allowed), []
    if coded:
        document, notes = completed(path, document)
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
    return document, notes


def kind_of(value: Any) -> str:
    """JSON name of a value's type."""
    names = {dict: "object", list: "list", str: "text", bool: "true or false", type(None): "null"}
    return names.get(type(value), "number")


def _image_problem(where: str, record: Mapping[str, Any], coded: bool) -> Problem | None:
    size = whole(record.get("height")), whole(record.get("width"))
    if size[0] is None or size[1] is None or min(size[0], size[1]) < 1:
        found = f"height {record.get('height')!r} and width {record.get('width')!r}"
        return Problem(where, found, "positive whole numbers")
    if coded and size[0] * size[1] > MOST_CODED:
        return Problem(where, f"{size[0]}x{size[1]} px", f"at most {MOST_CODED} px, as run-length codes can hold")
    if not coded and (problem := too_large(where, (size[0], size[1]))):
        return problem
    lists = [record.get(key, []) for key in ("neg_category_ids", "not_exhaustive_category_ids")]
    if not all(isinstance(each, list) and all(whole(one) is not None for one in each) for each in lists):
        return Problem(where, "category ids that are no list of numbers", "lists of category ids")
    return None


def _category(number: int, record: Mapping[str, Any]) -> Category:
    colour = _colour(record.get("color"), number)
    thing, frequency = bool(record.get("isthing", 1)), str(record.get("frequency", ""))
    return Category(number, str(record.get("name", number)), colour, thing, frequency)


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
