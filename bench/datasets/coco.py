"""COCO instance annotations: objects of any categories in one JSON file, images in a folder.

    instances_val2017.json       images, annotations (run-length codes or polygons), categories
    val2017/000000000139.jpg     images; may be absent: scoring needs the annotations alone

Source of the form: https://cocodataset.org/#format-data. Any dataset in that form can be read.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from boundary_bench.bench.errors import InputError, Problem
from boundary_bench.bench.formats.coco.annotations import read_annotations
from boundary_bench.bench.formats.coco.document import CocoFile, ImageEntry, ImageId
from boundary_bench.bench.formats.coco.faults import Tally
from boundary_bench.bench.formats.coco.names import posix
from boundary_bench.bench.formats.coco.objects import ObjectRecord, truth_of
from boundary_bench.bench.formats.coco.sizes import areas_are_of_boxes
from boundary_bench.bench.formats.raster.image import IMAGE_SUFFIXES, read_image
from boundary_bench.bench.io.hashing import combined, file_digest
from boundary_bench.bench.io.json_file import json_stem
from boundary_bench.bench.io.paths import stays_below
from boundary_bench.bench.plugins.protocols import Image, Sample
from boundary_bench.metrics.structures.segmentation import Federated, InstanceSet, Task


class CocoImages:
    """Base of datasets in COCO format: samples, classes, images. Subclasses add the truth."""

    name: str
    task: Task

    def __init__(self, file: CocoFile, images: str | Path | None, split: str | None) -> None:
        self.split = split or json_stem(file.path)
        self.classes: Sequence[str] = file.classes
        self.colours: NDArray[np.uint8] = file.colours
        self.label_ids: Mapping[int, int] = file.label_ids
        self.image_ids: Mapping[ImageId, str] = file.image_ids
        self._file, self._images = file, None if images is None else Path(images)
        if self._images is not None and not self._images.is_dir():
            raise InputError(Problem(str(images), "no such folder", "the folder of the images"))

    def samples(self) -> Sequence[Sample]:
        """All images, in ascending order of their ids."""
        return self._file.samples

    def size(self, sample: Sample) -> tuple[int, int]:
        """(H, W), as the file states it."""
        return self._entry(sample).size

    def has_image(self, sample: Sample) -> bool:
        """Whether there is an image file for it."""
        return self._image_path(sample) is not None

    def image(self, sample: Sample) -> Image:
        """The image, uint8 RGB (H, W, 3).

        Raises:
            InputError: there is none, or the file cannot be read.
        """
        path = self._image_path(sample)
        if path is None:
            where = f"{self.name}/{self.split}: {sample.id} ({self._entry(sample).file_name})"
            allowed = f"the file that the annotations name, in {self._images or 'a folder given as images'}"
            raise InputError(Problem(where, "no image", allowed, "refiners need images, scoring does not"))
        return read_image(path, self.size(sample))

    def image_name(self, sample: Sample) -> str:
        """The image's file below the folder of images, for formats that name it."""
        return str(posix(self._entry(sample).file_name))

    def _entry(self, sample: Sample) -> ImageEntry:
        return self._file.images[sample.id]

    def _image_path(self, sample: Sample) -> Path | None:
        if self._images is None:
            return None
        # Files may name the folder of the split or not, whichever folder was given.
        name = self._entry(sample).file_name
        path = posix(name)
        places = (*((name, str(path)) if stays_below(name) else ()), path.name)
        found = (self._images / place for place in places if place)
        return next((each for each in found if each.is_file()), self._by_stem.get(path.stem))

    @cached_property
    def _by_stem(self) -> Mapping[str, Path]:
        """Images whose extension is another than the annotations say; a stem that stands for several means none."""
        assert self._images is not None
        paths = [path for path in self._images.iterdir() if path.suffix.lower() in IMAGE_SUFFIXES]
        stems = Counter(path.stem for path in paths)
        return {path.stem: path for path in paths if stems[path.stem] == 1}

    def _image_digest(self, sample: Sample) -> str:
        path = self._image_path(sample)
        return "" if path is None else file_digest(path)

    def _meaning(self) -> str:
        """Text that determines training ids, for digests."""
        return json.dumps([list(self.classes), sorted(self.label_ids.items())])


class Coco(CocoImages):
    """Instance annotations in COCO's form; satisfies `boundary_bench.bench.plugins.protocols.Dataset`.

    Training ids are the categories in ascending order of their ids. Masks are made when a sample is asked for, and not
    kept.

    Args:
        annotations: the JSON file.
        images: folder of the images; None where only the truth is needed.
        split: what to call the split; by default the name of the file.

    Raises:
        InputError: no readable file, or entries that cannot be used: all of them are listed.
    """

    name = "coco"
    task: Task = "instance"

    def __init__(self, annotations: str | Path, images: str | Path | None = None, split: str | None = None) -> None:
        file = CocoFile(annotations, coded=True)
        self._records, problems = read_annotations(file)
        self._of_boxes = areas_are_of_boxes(record for records in self._records.values() for record in records)
        super().__init__(file, images, split)
        if file.problems or problems:
            # Whoever must correct the file wants to know of broken masks too.
            problems += [found for sample in self.samples() for found in self._drawn(sample)[1]]
        file.require(problems)
        self.things = frozenset(range(len(self.classes)))

    def truth(self, sample: Sample) -> InstanceSet:
        """The objects in the order of the file, with annotated ids; masks of polygons are pycocotools'.

        Areas are those annotated where these can be the masks', else the masks' pixels.

        Raises:
            InputError: masks that cannot be; all of the image are listed.
        """
        objects, problems = self._drawn(sample)
        if objects is None:
            raise InputError(problems)
        return objects

    def digest(self, sample: Sample) -> str:
        """Digest of the sample's entries in the file, the categories and, where there is one, the image's file."""
        entry = self._entry(sample)
        objects = [[r.id, r.category, r.crowd, r.area, r.box, r.segmentation] for r in self._objects(sample)]
        image = [entry.size, entry.negative, entry.not_exhaustive, self._of_boxes]
        text = json.dumps([*image, objects], sort_keys=True)
        return combined(self._meaning(), text, self._image_digest(sample))

    def notes(self) -> list[str]:
        """What is read although the file writes it otherwise; areas and masks as far as truths were asked for."""
        notes, bare = self._file.notes(), sum(not records for records in self._records.values())
        if 2 * bare > len(self._records):
            found = f"{bare} of {len(self._records)} images have no annotations"
            notes.append(f"{found}; whatever is predicted there counts as wrong, as by pycocotools")
        return notes

    def _objects(self, sample: Sample) -> Sequence[ObjectRecord]:
        return self._records[sample.id]

    def _drawn(self, sample: Sample) -> tuple[InstanceSet | None, list[Problem]]:
        entry = self._entry(sample)
        where = self._file.where(entry.id)
        objects, federated, tally = self._objects(sample), self._federated(entry), Tally()
        found = truth_of(entry.size, where, objects, federated, of_boxes=self._of_boxes, tally=tally)
        self._file.faults.put(sample.id, tally)
        return found

    def _federated(self, entry: ImageEntry) -> Federated | None:  # noqa: ARG002 - for those who know
        return None
