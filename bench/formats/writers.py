"""Objects and segments as the files that other tools read; each file and folder is there whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from boundary_bench import __version__
from boundary_bench.bench.formats.coco.document import ImageId
from boundary_bench.bench.formats.image_ids import image_ids, raw_ids
from boundary_bench.bench.formats.labels.label_image import write_label_image
from boundary_bench.bench.formats.raster.id_image import counted, write_id_image
from boundary_bench.bench.io.new_folder import new_folder
from boundary_bench.bench.plugins.abilities import of_dataset
from boundary_bench.bench.plugins.protocols import Dataset, Sample
from boundary_bench.metrics.structures.segmentation import InstanceSet, PanopticMap
from boundary_bench.refiners.files.atomic_write import replace_file


class Naming:
    """How files call the images and the classes of a dataset.

    Where the dataset has no image ids of its own, images are numbered by their place in the split from 1 on, and
    panoptic files name them by their sample id, as Cityscapes' converter does.
    """

    def __init__(self, dataset: Dataset) -> None:
        self.classes, self.colours, self.things = dataset.classes, dataset.colours, dataset.things
        self.numbers: Mapping[str, ImageId] = {sample: number for number, sample in image_ids(dataset).items()}
        self.has_own = of_dataset(dataset).image_ids is not None
        lowest: dict[int, int] = {}
        # Of several ids for a class the lowest one; those below 0 mostly stand for something else.
        for raw, train in sorted(raw_ids(dataset).items(), key=lambda ids: (ids[0] >= 0, -ids[0])):
            if train >= 0:
                lowest[train] = raw
        self.raw: Mapping[int, int] = lowest
        self._dataset = dataset

    def image(self, sample: Sample, *, numbered: bool = True) -> dict[str, Any]:
        """An entry of the list of images."""
        height, width = self._dataset.size(sample)
        file_name = of_dataset(self._dataset).image_name(sample)
        number = self.numbers[sample.id] if numbered or self.has_own else sample.id
        return {"id": number, "file_name": file_name, "height": height, "width": width}

    def categories(self, chosen: Iterable[int]) -> list[dict[str, Any]]:
        """The list of categories, some of the training ids."""
        return [
            {
                "id": self.raw[train],
                "name": self.classes[train],
                "color": self.colours[train].tolist(),
                "isthing": int(train in self.things),
            }
            for train in chosen
        ]


def result_entries(naming: Naming, sample: Sample, objects: InstanceSet) -> list[dict[str, Any]]:
    """Predicted objects as entries of COCO's results form, in their order. Without boxes: pycocotools would take areas
    from those."""
    scores = np.ones(len(objects)) if objects.scores is None else objects.scores
    return [
        {
            "image_id": naming.numbers[sample.id],
            "category_id": naming.raw[int(objects.categories[place])],
            "score": float(scores[place]),
            "segmentation": objects.masks.coco(place),
        }
        for place in range(len(objects))
    ]


def write_coco_results(path: Path, dataset: Dataset, items: Iterable[tuple[Sample, InstanceSet]]) -> int:
    """Write predicted objects in COCO's results form; returns how many."""
    naming = Naming(dataset)
    texts = [json.dumps(entry) for sample, objects in items for entry in result_entries(naming, sample, objects)]
    replace_file(path, ("[" + ",\n".join(texts) + "]\n").encode())
    return len(texts)


def write_cityscapes_instances(folder: Path, dataset: Dataset, items: Iterable[tuple[Sample, InstanceSet]]) -> int:
    """Write predicted objects as text files and masks (0 and 255); returns how many. The folder must be new or empty.

    Raises:
        InputError: there is something in the folder.
    """
    naming, written = Naming(dataset), 0
    with new_folder(folder) as staging:
        for sample, objects in items:
            entries = result_entries(naming, sample, objects)
            lines = []
            for place, entry in enumerate(entries):
                name = f"masks/{sample.id}_{place:04d}.png"
                write_label_image(staging / name, objects.masks.dense(place).astype(np.uint8) * np.uint8(255))
                lines.append(f"{name} {entry['category_id']} {entry['score']!r}\n")
            replace_file(staging / f"{sample.id}.txt", "".join(lines).encode())
            written += len(entries)
    return written


def write_coco(
    path: Path, dataset: Dataset, items: Iterable[tuple[Sample, InstanceSet]], classes: Sequence[int]
) -> int:
    """Write true objects, of these classes, as COCO annotations; returns how many. Void has no place in that form."""
    naming = Naming(dataset)
    images: list[dict[str, Any]] = []
    texts: list[str] = []
    for sample, objects in items:
        images.append(naming.image(sample))
        entries = result_entries(naming, sample, objects)
        for place, entry in enumerate(entries):
            top, left, bottom, right = objects.masks.boxes[place].tolist()
            del entry["score"]
            entry |= {
                "id": len(texts) + 1,
                "iscrowd": int(objects.crowd[place]),
                "area": float(objects.areas[place]),
                "bbox": [left, top, right - left, bottom - top],
            }
            texts.append(json.dumps(entry))
    _write_document(path, images, texts, naming.categories(classes))
    return len(texts)


def write_coco_panoptic(
    path: Path, dataset: Dataset, items: Iterable[tuple[Sample, PanopticMap]], *, truth: bool
) -> int:
    """Write segments as COCO's panoptic JSON file, and their PNG files into the folder beside it that has its name.

    Crowd is written for a truth, scores for predictions. Returns how many segments.

    Raises:
        InputError: there is something in the folder.
    """
    naming, written = Naming(dataset), 0
    images: list[dict[str, Any]] = []
    texts: list[str] = []
    with new_folder(path.with_suffix("")) as staging:
        for sample, found in items:
            image = naming.image(sample, numbered=False)
            images.append(image)
            infos = segment_entries(naming, found, truth=truth)
            written += len(infos)
            entry = {"image_id": image["id"], "file_name": f"{sample.id}.png", "segments_info": infos}
            write_id_image(staging / entry["file_name"], found.ids)
            texts.append(json.dumps(entry))
    _write_document(path, images, texts, naming.categories(range(len(dataset.classes))))
    return written


def segment_entries(naming: Naming, found: PanopticMap, *, truth: bool) -> list[dict[str, Any]]:
    """The segments of an image as COCO's `segments_info`; hidden ones have an area of 0."""
    pixels = dict(zip(*(each.tolist() for each in counted(found.ids)), strict=True))
    return [
        {
            "id": number,
            "category_id": naming.raw[int(found.categories[place])],
            "area": pixels.get(number, 0),
            **({"iscrowd": int(found.crowd[place])} if truth else {"score": float(found.scores[place])}),
        }
        for place, number in enumerate(found.segments.tolist())
    ]


def _write_document(
    path: Path, images: Sequence[Mapping[str, Any]], annotations: Sequence[str], categories: Sequence[Mapping[str, Any]]
) -> None:
    text = ",\n".join(annotations)
    # Some tools cannot read files without `info` and `licenses`.
    info = {"description": f"written by boundary-bench {__version__}", "version": __version__}
    head = ",\n".join(
        f'"{key}": {json.dumps(value)}'
        for key, value in {"info": info, "licenses": [], "images": images, "categories": categories}.items()
    )
    replace_file(path, f'{{{head},\n"annotations": [{text}]}}\n'.encode())
