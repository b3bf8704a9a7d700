"""Inessential faults of files: counted while they are read and drawn, and told in one note a kind."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from boundary_bench.bench.errors import examples

EXAMPLES: Final = 2


@dataclass(frozen=True, slots=True)
class Fault:
    """A kind of fault. found: what there are so many of; done: how it is read."""

    found: str
    done: str


NO_AREA: Final = Fault("annotations have an area of 0 or below, or none", "the pixels of their masks are taken")
OTHER_AREA: Final = Fault("annotations have an area that is not that of their mask", "its pixels are taken")
AREA_OF_BOX: Final = Fault(
    "annotations have the area of their box, as nearly all of the file",
    "sizes go by the pixels of all masks; `areas: file` of the metrics goes by what the file states",
)
OWN_IDS: Final = Fault(
    "annotations have an id that is repeated, absent or no number",
    "all are numbered by their place in the file; pycocotools takes annotations of one id for the same",
)
ID_0: Final = Fault("annotations have the id 0", "pycocotools counts what matches it as wrong, this does not")
CROWD_NULL: Final = Fault("annotations have null for iscrowd", "it is read as 0")
TEXT_ID: Final = Fault(
    "entries name an image or a category by a number written as text, or the reverse", "both are the same"
)
SAME_IMAGE: Final = Fault("images are listed again, word for word", "each is one image")
SAME_CATEGORY: Final = Fault("categories are listed again, word for word", "each is one category")
OUTSIDE: Final = Fault("polygons reach outside of their image", "they are cut off at its border, as by pycocotools")
SHORT_PART: Final = Fault("parts of polygons have one or two points", "they are left out")
NO_PART: Final = Fault(
    "objects have no part of three points or more", "their masks are empty, so that nothing can match them"
)
PAIRS: Final = Fault(
    "polygons are lists of [x, y] pairs, or no list of polygons", "they are read as [[x1, y1, x2, y2, ...]]"
)
TEXT_OF_BYTES: Final = Fault("run-length codes are bytes printed as text, b'...'", "what is inside is read")
BOXES: Final = Fault(
    "results have a bbox beside the segmentation",
    "their sizes go by their masks; pycocotools' loadRes would take the boxes', as --metric-param areas=box does",
)
NOT_SCORED_RESULT: Final = Fault("results are of categories that are not scored", "they are left out")
UNKNOWN_RESULT: Final = Fault(
    "results are of categories that the dataset does not list", "they are left out, as by pycocotools"
)


@dataclass
class Tally:
    """How often each kind of fault was met, with the first examples."""

    counts: dict[Fault, int] = field(default_factory=dict)
    names: dict[Fault, list[str]] = field(default_factory=dict)

    def add(self, fault: Fault, name: str) -> None:
        """Count one more, called `name` in the note."""
        self.add_many(fault, 1, (name,))

    def add_many(self, fault: Fault, count: int, names: Iterable[str]) -> None:
        """Count so many more; the first names that are not known yet are examples."""
        self.counts[fault] = self.counts.get(fault, 0) + count
        known = self.names.setdefault(fault, [])
        if len(known) < EXAMPLES:
            known += [name for name in names if name not in known][: EXAMPLES - len(known)]

    def notes(self) -> list[str]:
        """One note a kind, in the order in which they were met."""
        return [
            f"{count} {fault.found}, e.g. {examples(self.names[fault])}; {fault.done}"
            for fault, count in self.counts.items()
        ]


class Faults:
    """Those of a file's entries, and those of the masks of each image, however often these are drawn.

    Attributes:
        of_file: faults of entries.
    """

    def __init__(self) -> None:
        self.of_file = Tally()
        # Tuples, since there may be one for each of many thousand images.
        self._of_image: dict[str, tuple[tuple[Fault, int, tuple[str, ...]], ...]] = {}

    def put(self, image: str, tally: Tally) -> None:
        """Remember the faults of an image, in place of those found before."""
        if tally.counts:
            found = ((fault, count, tuple(tally.names[fault])) for fault, count in tally.counts.items())
            self._of_image[image] = tuple(found)

    def notes(self) -> list[str]:
        """One note a kind."""
        total = Tally(dict(self.of_file.counts), {fault: list(names) for fault, names in self.of_file.names.items()})
        for image in sorted(self._of_image):
            for fault, count, names in self._of_image[image]:
                total.add_many(fault, count, names)
        return total.notes()
