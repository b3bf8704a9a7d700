"""Readers of pictures: label maps, images, edges."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from boundary_bench.bench.formats.labels.label_image import write_label_image
from tests.bench import coco_json, edge_maps_on_disk
from tests.bench.label_files import png
from tests.bench.tiff_files import tiff
from tests.fuzz import mutations
from tests.fuzz.target import LABELS, SIZE, Edges, Target, memory, of_file, own_errors, saved, written


def label_png(folder: Path) -> Target:
    from boundary_bench.bench.predictions.label_maps import LabelMaps

    rgb = saved(lambda s: Image.fromarray(np.stack([LABELS] * 3, axis=2)).save(s, "PNG"))
    palette = Image.fromarray(LABELS, "P")
    palette.putpalette([0, 0, 0, 9, 9, 9, 3, 3, 3])
    seeds = [png(LABELS, bits=bits) for bits in (2, 8, 16)] + [rgb, saved(lambda s: palette.save(s, "PNG"))]
    dataset = memory()
    make = lambda: LabelMaps(folder / "labels", dataset=dataset)  # noqa: E731
    return Target(seeds, of_file(folder, "labels/a.png", dataset, make, seeds[0]), mutations.png)


def label_files(folder: Path) -> Target:
    """Label maps that are no PNGs, and pictures in colours."""
    from boundary_bench.bench.predictions.label_maps import LabelMaps

    colours = np.stack([LABELS * 9, LABELS, LABELS], axis=2)
    seeds = [saved(lambda s, kind=kind: Image.fromarray(LABELS).save(s, kind)) for kind in ("TIFF", "BMP")]
    seeds += [saved(lambda s, kind=kind: Image.fromarray(colours).save(s, kind)) for kind in ("TIFF", "BMP", "PNG")]
    seeds += [saved(lambda s: Image.fromarray(LABELS).save(s, "TIFF", compression="tiff_lzw"))]
    seeds += [tiff(LABELS.astype(np.uint16), tile=16, deflate=True), saved(lambda s: np.save(s, LABELS.astype(int)))]
    seeds += [saved(lambda s: np.savez(s, labels=LABELS.astype(np.int16), more=np.zeros(3)))]
    dataset = memory()
    dataset.colours = np.array([(0, 0, 0), (9, 1, 1), (18, 2, 2)], np.uint8)
    make = lambda: LabelMaps(folder / "labels", dataset=dataset)  # noqa: E731
    return Target(seeds, of_file(folder, "labels/a.png", dataset, make, seeds[0]), mutations.raw)


def image_tiff(folder: Path) -> Target:
    from boundary_bench.bench.formats.raster.image import read_image

    rgb = np.random.default_rng(0).integers(0, 256, (*SIZE, 4), np.uint8)
    seeds = [saved(lambda s, c=c: Image.fromarray(rgb).save(s, "TIFF", compression=c)) for c in (None, "tiff_deflate")]
    seeds += [tiff(rgb[..., :3].astype(np.uint16) * np.uint16(16), photometric=2), tiff(rgb[..., 0], orientation=6)]
    path = folder / "image"

    def read(data: bytes) -> None:
        path.write_bytes(data)
        with own_errors():
            read_image(path)

    return Target(seeds, read, mutations.raw)


def cityscapes_png(folder: Path) -> Target:
    """Truth with ids of objects: 16 bits."""
    from boundary_bench.bench.datasets.cityscapes import Cityscapes

    ids = np.array([[7, 11, 24, 26001], [26001, 24000, 33001, 0]], np.int32)
    path = folder / "gtFine" / "val" / "city" / "city_0_0_gtFine_instanceIds.png"
    seed = written(lambda p: write_label_image(p, ids), path)
    sets = [Cityscapes(folder, "val", task) for task in ("instance", "panoptic")]

    def read(data: bytes) -> None:
        path.write_bytes(data)
        for dataset in sets:
            for sample in dataset.samples():
                with own_errors():
                    dataset.truth(sample)

    return Target([seed], read, mutations.png)


def image(folder: Path) -> Target:
    from boundary_bench.bench.formats.raster.image import read_image

    rgb = np.random.default_rng(0).integers(0, 256, (*SIZE, 3), np.uint8)
    kinds = ("PNG", "JPEG", "WEBP", "BMP", "TIFF", "PPM")
    seeds = [saved(lambda s, kind=kind: Image.fromarray(rgb).save(s, kind)) for kind in kinds]
    path = folder / "image"

    def read(data: bytes) -> None:
        path.write_bytes(data)
        with own_errors():
            read_image(path)

    return Target(seeds, read, mutations.png)


def id_png(folder: Path) -> Target:
    from boundary_bench.bench.datasets.coco_panoptic import CocoPanoptic

    seed = written(lambda p: coco_json.write_ids(p, coco_json.PANOPTIC_IDS), folder / "panoptic" / "first.png")
    rgba = written(lambda p: coco_json.write_ids(p, coco_json.PANOPTIC_IDS, "RGBA"), folder / "other.png")
    dataset = CocoPanoptic(coco_json.write_json(folder / "panoptic.json", coco_json.panoptic()))

    def read(data: bytes) -> None:
        (folder / "panoptic" / "first.png").write_bytes(data)
        with own_errors():
            dataset.truth(dataset.samples()[0])

    return Target([seed, rgba], read, mutations.png)


def edges_png(folder: Path) -> Target:
    from boundary_bench.bench.predictions.edges.edge_maps import SavedEdgeMaps

    edge_maps_on_disk.write_pngs(folder / "p", "a", np.zeros((3, *SIZE), np.uint8))
    seed, dataset = png(LABELS, bits=8), Edges({"a": LABELS})
    make = lambda: SavedEdgeMaps(folder / "p", dataset=dataset)  # noqa: E731
    read = of_file(folder, "p/class_002/a.png", dataset, make, seed)
    return Target([seed], both(read, edges_refined_by(folder / "p")), mutations.png)


def edges_refined_by(folder: Path) -> Callable[[bytes], None]:
    from boundary_bench.refiners.steal.files import EdgeFolder, read_edges

    paths = EdgeFolder(folder).paths("a")

    def read(_: bytes) -> None:
        with own_errors(ValueError):
            read_edges(paths, SIZE)

    return read


def both(first: Callable[[bytes], None], second: Callable[[bytes], None]) -> Callable[[bytes], None]:
    def read(data: bytes) -> None:
        first(data)
        second(data)

    return read
