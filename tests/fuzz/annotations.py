"""Readers of annotations and predictions in JSON and text files."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from boundary_bench.bench.plugins import registry
from tests.bench import coco_json
from tests.bench.label_files import MemoryDataset
from tests.fuzz import mutations
from tests.fuzz.target import SIZE, Target, memory, of_file, own_errors, use


def annotations(make: Callable[[Path], Any], seeds: Sequence[Any]) -> Callable[[Path], Target]:
    """A dataset that is one JSON file."""

    def target(folder: Path) -> Target:
        path = folder / "annotations.json"
        (folder / "annotations").mkdir()
        coco_json.write_ids(folder / "annotations" / "first.png", coco_json.PANOPTIC_IDS)

        def read(data: bytes) -> None:
            path.write_bytes(data)
            with own_errors():
                dataset = make(path)
                "".join([*dataset.classes, *(sample.id for sample in dataset.samples())]).encode()
                for sample in dataset.samples():
                    with own_errors():
                        dataset.truth(sample)
                        dataset.digest(sample)

        return Target([json.dumps(seed).encode() for seed in seeds], read, mutations.json_tree)

    return target


def lvis_document() -> Any:
    document = coco_json.annotations()
    for category in document["categories"]:
        category["frequency"] = "r"
    for entry in document["images"]:
        entry |= {"neg_category_ids": [4], "not_exhaustive_category_ids": [], "coco_url": "http://x/val/1.jpg"}
    return document


def coco(path: Path) -> Any:
    from boundary_bench.bench.datasets.coco import Coco

    return Coco(path)


def lvis(path: Path) -> Any:
    from boundary_bench.bench.datasets.lvis import Lvis

    return Lvis(path)


def panoptic(path: Path) -> Any:
    from boundary_bench.bench.datasets.coco_panoptic import CocoPanoptic

    return CocoPanoptic(path)


def json_predictions(format_: str, dataset: Callable[[Path], Any], seed: Any) -> Callable[[Path], Target]:
    """A prediction set that is one JSON file."""

    def target(folder: Path) -> Target:
        path, known = folder / "predictions.json", dataset(folder)

        def read(data: bytes) -> None:
            path.write_bytes(data)
            with own_errors():
                use(registry.build("predictions", format_, {"path": path, "dataset": known}), known)

        return Target([json.dumps(seed).encode()], read, mutations.json_tree)

    return target


def instances(folder: Path) -> Any:
    return coco(coco_json.write_json(folder / "truth.json", coco_json.annotations()))


def segments(folder: Path) -> Any:
    (folder / "truth").mkdir()
    coco_json.write_ids(folder / "first.png", coco_json.PANOPTIC_IDS)
    return panoptic(coco_json.write_json(folder / "truth.json", coco_json.panoptic()))


def semantic(folder: Path) -> MemoryDataset:
    return memory()


SEMANTIC_ENTRIES = [{"file_name": "x/a.png", "category_id": 2, "segmentation": coco_json.STRIPES}]
SEGMENTS = [{**coco_json.panoptic()["annotations"][0], "image_id": 7}]


def segmentation(folder: Path) -> Target:
    """One `segmentation`: a run-length code as text or as numbers, or polygons."""
    from boundary_bench.bench.formats.coco.masks import draw

    def read(data: bytes) -> None:
        try:
            value = json.loads(data)
        except (ValueError, RecursionError):
            value = {"size": list(SIZE), "counts": data.decode("latin-1")}
        found = draw(SIZE, [("a", value)])
        assert (found.masks is None) == bool(found.problems)
        if found.masks is not None:
            assert found.masks.dense(0).sum() == found.masks.areas[0]

    values = (coco_json.SQUARE, coco_json.STRIPES, {"size": [6, 8], "counts": "0`1"})
    return Target([*(json.dumps(each).encode() for each in values), b"0`1", b"66666h0"], read, mutations.json_tree)


def cityscapes_txt(folder: Path) -> Target:
    from boundary_bench.bench.predictions.cityscapes_instances import CityscapesInstances

    dataset = instances(folder)
    (folder / "p" / "masks").mkdir(parents=True)
    cv2.imwrite(str(folder / "p" / "masks" / "0.png"), np.full(SIZE, 255, np.uint8))
    cv2.imwrite(str(folder / "p" / "masks" / "1.png"), np.zeros(SIZE, np.uint8))
    seed = b"masks/0.png 30 0.5\nmasks/1.png 4 1.0\n"
    make = lambda: CityscapesInstances(folder / "p", dataset=dataset)  # noqa: E731
    return Target([seed], of_file(folder, "p/first.txt", dataset, make, seed), mutations.WORDS)
