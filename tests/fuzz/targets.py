"""Every reader of files that users bring, as a function of the file's bytes.

Each feeds its reader the way commands do, and swallows the project's own error alone. Where a check has found nothing,
loading must succeed: what it raises then is a finding whatever its type.
"""

from __future__ import annotations

import io
import json
import os
import shutil
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import cv2
import numpy as np
import yaml
from PIL import Image

from bench import catalogue
from bench.contracts import Dataset, PredictionSet
from bench.errors import InputError
from bench.label_image import write_label_image
from metrics.segmentation import EdgeMaps
from tests.bench import coco_json, edge_maps_on_disk
from tests.bench.label_files import MemoryDataset, png
from tests.fuzz import mutations
from tests.fuzz.mutations import Mutation

SIZE = (6, 8)
LABELS = np.arange(48, dtype=np.uint8).reshape(SIZE) // 20
PROBABILITIES = np.full((3, *SIZE), 1 / 3, np.float32)


@dataclass(frozen=True)
class Target:
    """A reader.

    Attributes:
        seeds: valid files.
        read: of the bytes of a file; raises nothing, however broken they are.
        mutation: how valid files are changed.
    """

    seeds: Sequence[bytes]
    read: Callable[[bytes], None]
    mutation: Mutation


class Edges(MemoryDataset):
    """One image with edges of three classes."""

    task: Any = "edges"

    def truth(self, sample: Any) -> Any:
        return EdgeMaps(np.zeros((1, 3, *self.size(sample)), np.bool_))


@contextmanager
def own_errors(*more: type[Exception]) -> Any:
    """Swallows what users are told; the message has to be one that can be printed."""
    try:
        yield
    except (InputError, *more) as error:
        str(error).encode("utf-8", "surrogatepass")


def use(predictions: PredictionSet, dataset: Dataset) -> None:
    """Check, and where nothing is wrong load and digest, which then must work."""
    for sample in dataset.samples():
        if predictions.has(sample) and not predictions.check(sample, dataset.size(sample)):
            must(lambda: (predictions.load(sample), predictions.digest(sample)))  # noqa: B023


def must(work: Callable[[], object]) -> None:
    try:
        work()
    except InputError as error:
        raise AssertionError(f"what was checked cannot be read: {error}") from error


def saved(make: Callable[[io.BytesIO], object]) -> bytes:
    stream = io.BytesIO()
    make(stream)
    return stream.getvalue()


def written(make: Callable[[Path], object], path: Path) -> bytes:
    path.parent.mkdir(parents=True, exist_ok=True)
    make(path)
    return path.read_bytes()


def memory() -> MemoryDataset:
    return MemoryDataset({"a": LABELS})


def of_file(folder: Path, name: str, dataset: Dataset, make: Callable[[], PredictionSet], seed: bytes) -> Any:
    """A reader of a prediction set that is one file for each image: it is opened once, its file read each time."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(seed)
    opened = make()

    def read(data: bytes) -> None:
        path.write_bytes(data)
        with own_errors():
            use(opened, dataset)

    return read


def label_png(folder: Path) -> Target:
    from bench.predictions.label_png import LabelPng

    rgb = saved(lambda s: Image.fromarray(np.stack([LABELS] * 3, axis=2)).save(s, "PNG"))
    palette = Image.fromarray(LABELS, "P")
    palette.putpalette([0, 0, 0, 9, 9, 9, 3, 3, 3])
    seeds = [png(LABELS, bits=bits) for bits in (2, 8, 16)] + [rgb, saved(lambda s: palette.save(s, "PNG"))]
    dataset = memory()
    make = lambda: LabelPng(folder / "labels", dataset=dataset)  # noqa: E731
    return Target(seeds, of_file(folder, "labels/a.png", dataset, make, seeds[0]), mutations.png)


def cityscapes_png(folder: Path) -> Target:
    """Truth with ids of objects: 16 bits."""
    from bench.datasets.cityscapes import Cityscapes

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
    from bench.label_image import read_image

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
    from bench.datasets.coco_panoptic import CocoPanoptic

    seed = written(lambda p: coco_json.write_ids(p, coco_json.PANOPTIC_IDS), folder / "panoptic" / "first.png")
    rgba = written(lambda p: coco_json.write_ids(p, coco_json.PANOPTIC_IDS, "RGBA"), folder / "other.png")
    dataset = CocoPanoptic(coco_json.write_json(folder / "panoptic.json", coco_json.panoptic()))

    def read(data: bytes) -> None:
        (folder / "panoptic" / "first.png").write_bytes(data)
        with own_errors():
            dataset.truth(dataset.samples()[0])

    return Target([seed, rgba], read, mutations.png)


def annotations(make: Callable[[Path], Any], seeds: Sequence[Any]) -> Callable[[Path], Target]:
    """A data set that is one JSON file."""

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
    from bench.datasets.coco import Coco

    return Coco(path)


def lvis(path: Path) -> Any:
    from bench.datasets.lvis import Lvis

    return Lvis(path)


def panoptic(path: Path) -> Any:
    from bench.datasets.coco_panoptic import CocoPanoptic

    return CocoPanoptic(path)


def json_predictions(format_: str, dataset: Callable[[Path], Any], seed: Any) -> Callable[[Path], Target]:
    """A prediction set that is one JSON file."""

    def target(folder: Path) -> Target:
        path, known = folder / "predictions.json", dataset(folder)

        def read(data: bytes) -> None:
            path.write_bytes(data)
            with own_errors():
                use(catalogue.build("predictions", format_, {"path": path, "dataset": known}), known)

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
    from bench.coco_masks import draw

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
    from bench.predictions.cityscapes_instances import CityscapesInstances

    dataset = instances(folder)
    (folder / "p" / "masks").mkdir(parents=True)
    cv2.imwrite(str(folder / "p" / "masks" / "0.png"), np.full(SIZE, 255, np.uint8))
    cv2.imwrite(str(folder / "p" / "masks" / "1.png"), np.zeros(SIZE, np.uint8))
    seed = b"masks/0.png 30 0.5\nmasks/1.png 4 1.0\n"
    make = lambda: CityscapesInstances(folder / "p", dataset=dataset)  # noqa: E731
    return Target([seed], of_file(folder, "p/first.txt", dataset, make, seed), mutations.WORDS)


def probabilities_npz(folder: Path) -> Target:
    from bench.predictions.probabilities import Probabilities

    eighths = np.full((3, *SIZE), 85, np.uint8)
    seeds = [saved(lambda s: np.savez(s, prob=PROBABILITIES)), saved(lambda s: np.savez_compressed(s, prob=eighths))]
    dataset = memory()
    make = lambda: Probabilities(folder / "p", dataset=dataset)  # noqa: E731
    return Target(seeds, of_file(folder, "p/a.npz", dataset, make, seeds[0]), mutations.npz)


def edges_npz(folder: Path) -> Target:
    """Both readers of edges: of prediction sets, and of what refines by them."""
    from bench.predictions.edge_maps import SavedEdgeMaps

    seeds = [saved(lambda s: np.savez(s, edges=PROBABILITIES)), saved(lambda s: np.savez(s, edges=PROBABILITIES > 2))]
    dataset = Edges({"a": LABELS})
    make = lambda: SavedEdgeMaps(folder / "p", dataset=dataset, resize=True)  # noqa: E731
    read = of_file(folder, "p/a.npz", dataset, make, seeds[0])
    return Target(seeds, both(read, edges_refined_by(folder / "p")), mutations.npz)


def edges_png(folder: Path) -> Target:
    from bench.predictions.edge_maps import SavedEdgeMaps

    edge_maps_on_disk.write_pngs(folder / "p", "a", np.zeros((3, *SIZE), np.uint8))
    seed, dataset = png(LABELS, bits=8), Edges({"a": LABELS})
    make = lambda: SavedEdgeMaps(folder / "p", dataset=dataset)  # noqa: E731
    read = of_file(folder, "p/class_002/a.png", dataset, make, seed)
    return Target([seed], both(read, edges_refined_by(folder / "p")), mutations.png)


def edges_refined_by(folder: Path) -> Callable[[bytes], None]:
    from refiners.steal.files import EdgeFolder, read_edges

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


def offsets(suffix: str) -> Callable[[Path], Target]:
    def target(folder: Path) -> Target:
        from scipy.io import savemat

        from refiners.segfix.files import KEYS, read_offsets

        path, values = folder / f"a{suffix}", {KEYS[suffix]: np.ones((*SIZE, 2), np.int8)}
        if suffix == ".npz":
            seeds = [saved(lambda s: np.savez(s, **values)), saved(lambda s: np.savez_compressed(s, **values))]
        else:
            seeds = [saved(lambda s, c=c: savemat(s, values, do_compression=c)) for c in (False, True)]

        def read(data: bytes) -> None:
            path.write_bytes(data)
            with own_errors(ValueError):
                read_offsets(path, SIZE)

        return Target(seeds, read, mutations.npz if suffix == ".npz" else mutations.mat)

    return target


def boundaries_mat(folder: Path) -> Target:
    """Structs, cells and sparse matrices: SBD as labels and as edges of objects, and BSDS."""
    from bench.datasets.bsds import Bsds
    from bench.datasets.sbd import Sbd

    objects = np.pad(np.full((2, 3), 1, np.uint8), 2)
    edge_maps_on_disk.write_sbd(folder / "sbd", "a", objects, [5])
    path = edge_maps_on_disk.write_bsds(folder / "bsds", "val", "a", [objects > 0, objects > 0])
    (folder / "sbd" / "val.txt").write_text("a")
    people = Bsds(folder / "bsds", "val")
    labels, between = Sbd(folder / "sbd", "val"), Sbd(folder / "sbd", "val", "edges")
    places = [(people, path), (labels, folder / "sbd/cls/a.mat"), (between, folder / "sbd/inst/a.mat")]
    seeds = [place.read_bytes() for _, place in places]

    def read(data: bytes) -> None:
        for dataset, place in places:
            place.write_bytes(data)
            with own_errors():
                dataset.truth(dataset.samples()[0])

    return Target([*seeds, *map(uncompressed_mat, seeds)], read, mutations.mat)


def uncompressed_mat(data: bytes) -> bytes:
    from scipy.io import loadmat, savemat

    variables = {name: value for name, value in loadmat(io.BytesIO(data)).items() if not name.startswith("__")}
    return saved(lambda s: savemat(s, variables))


def sbd_list(folder: Path) -> Target:
    edge_maps_on_disk.write_sbd(folder, "a", np.ones(SIZE, np.uint8), [5])

    def read(data: bytes) -> None:
        (folder / "val.txt").write_bytes(data)
        with own_errors():
            catalogue.build("datasets", "sbd", {"root": folder, "split": "val"})

    return Target([b"a\n"], read, mutations.WORDS)


EXPERIMENT = b"""\
dataset: {name: camvid, root: "${HOME}/x", split: test}
samples: {every: 2, first: 1}
predictions: &sets
  - {name: a, format: label_png, path: a}
  - {name: b, members: [a], format: ensemble}
refiners: [identity, {chain: [{name: segfix_offsets, offsets: o}, majority_filter], label: both, only: [a]}]
metrics: [region, {name: boundary_f, label: wide, radius_px: 5.5}]
recovery_of: both
missing: skip
executor: {name: processes, workers: 2}
bootstrap: {replicates: 10, level: 0.9}
output: out
"""


def experiment(folder: Path) -> Target:
    """The file, and its first line as an option `--set` and as a parameter."""
    from bench.cli.inputs import parameters
    from bench.experiment import experiment_from, load_experiment

    path, document = folder / "study.yaml", yaml.safe_load(EXPERIMENT)

    def read(data: bytes) -> None:
        path.write_bytes(data)
        with own_errors():
            load_experiment(path)
        option = data.decode("utf-8", "replace").partition("\n")[0]
        with own_errors():
            parameters([option])
        with own_errors():
            experiment_from(document, folder, overrides=[option])

    return Target([EXPERIMENT, b"predictions.0.path=[1, {a: b}]"], read, mutations.YAML)


def registration(folder: Path) -> Target:
    from bench.registry import DatasetRef, register, registered

    (folder / "p").mkdir()
    (folder / "p" / "a.png").write_bytes(b"")
    with patch.dict(os.environ, {"BENCH_HOME": str(folder)}):
        register("mine", dataset=DatasetRef(name="camvid", split="test"), format="label_png", path=folder / "p")
    path = folder / "predictions" / "mine.yaml"

    def read(data: bytes) -> None:
        path.write_bytes(data)
        with own_errors(), patch.dict(os.environ, {"BENCH_HOME": str(folder)}):
            registered()

    return Target([path.read_bytes()], read, mutations.YAML)


MANIFEST = {
    "schema": 1,
    "experiment": {
        "dataset": {"name": "camvid", "split": "test"},
        "predictions": [{"name": "p", "path": "p"}],
        "refiners": ["identity", {"name": "majority_filter", "radius_px": 2}],
        "metrics": [{"name": "region"}, {"name": "boundary_f", "label": "wide", "radius_px": 5}],
        "bootstrap": {"replicates": 10, "unit": "image"},
    },
    "provenance": {"git": None, "code": "abc", "versions": {"numpy": "2"}, "cpu": "none"},
}
ABOUT = {"name": "camvid", "split": "test", "offered": {"classes": ["a", "b", "c"], "colours": None}}

SUMMARY = {"task": "semantic", "samples": 2, "clusters": None, "classes": ["a"], "colours": [[1, 2, 3]]}


def run(folder: Path) -> Path:
    """A run folder with measurements of two samples."""
    from bench.store import Row, Store

    store = Store.create(folder, {key: value for key, value in MANIFEST.items() if key != "schema"})
    arrays = {"confusion": np.eye(3, dtype=np.int64), "share": np.array([0.5, np.nan])}
    rows = [Row(f"{n}", f"s{n}", f"c{n}", "p", "identity", "region", "ok", arrays=arrays) for n in range(2)]
    store.append([*rows, Row("9", "s2", None, "p", "identity", "region", "failed", "ValueError: x")])
    return folder


def manifest(folder: Path) -> Target:
    from bench.merge import merge
    from bench.store import Store
    from bench.stored import Stored

    first, second = run(folder / "one"), run(folder / "two")

    def read(data: bytes) -> None:
        (first / "manifest.json").write_bytes(data)
        with own_errors():
            Stored(Store.open(first), ABOUT)
        with own_errors():
            merge((second, first), folder / "out")
        shutil.rmtree(folder / "out", ignore_errors=True)

    return Target([json.dumps(MANIFEST).encode()], read, mutations.json_tree)


def shard(folder: Path) -> Target:
    from bench.store import Store
    from bench.stored import Stored

    path = next((run(folder / "one") / "shards").glob("*.parquet"))

    def read(data: bytes) -> None:
        path.write_bytes(data)
        with own_errors():
            store = Store.open(folder / "one")
            store.rows()
            Stored(store, ABOUT)

    return Target([path.read_bytes()], read, mutations.raw)


def results(folder: Path) -> Target:
    from bench.results import COLUMNS, FILE, SCHEMA, Results

    samples = {"object": ["x", None], "bool": [True, False], "float64": [0.5, None], "int64": [1, 2]}
    curve = {"boundary": {"x": [1, 2], "y": [0.5, None]}}
    document = {
        "schema": SCHEMA,
        "dataset": {
            **ABOUT,
            "task": "semantic",
            "samples": 2,
            "clusters": None,
            "classes": ["a"],
            "colours": [[1, 2, 3]],
        },
        "numbers": {name: samples[kind] for name, kind in COLUMNS.items()},
        "curves": [{"predictions": "p", "refiner": "identity", "curves": curve}],
        "definitions": {"region": {"about": "x"}},
        "refused": [{"predictions": "p", "refiner": "r", "reason": "x"}],
        "provenance": {"bootstrap": {"level": 0.95}, "experiment": {}},
    }

    def read(data: bytes) -> None:
        (folder / FILE).write_bytes(data)
        with own_errors():
            Results.load(folder)

    return Target([json.dumps(document).encode()], read, mutations.json_tree)


def preset(refiner: str, seed: Any) -> Callable[[Path], Target]:
    def target(folder: Path) -> Target:
        path = folder / "preset.json"

        def read(data: bytes) -> None:
            path.write_bytes(data)
            with own_errors():
                catalogue.build("refiners", refiner, {"preset": path})

        return Target([json.dumps(seed).encode()], read, mutations.json_tree)

    return target


def safetensors(folder: Path) -> Target:
    """Our checkpoints as refiners open them; networks are built only from cards that are right."""
    import torch

    from refiners.bpr import checkpoint as bpr
    from refiners.checkpoint import kind_of, load, save

    path, network = folder / "net.safetensors", bpr.load(checkpoint_file())[0]
    save(path, {"a": torch.zeros(2), "n": torch.ones((), dtype=torch.int64)}, {"kind": "bpr", "architecture": {}})
    small = path.read_bytes()
    save(path, {"a": torch.ones(2)}, {"kind": bpr.KIND, "architecture": {"name": network.name, "with_mask": True}})

    def read(data: bytes) -> None:
        path.write_bytes(data)
        with own_errors(ValueError):
            kind_of(path)
            load(path, bpr.KIND)
            bpr.load(path)

    return Target([small, path.read_bytes()], read, mutations.safetensors)


def checkpoint_file() -> Path:
    from refiners.bpr.refiner import SHIPPED

    return sorted(SHIPPED.glob("*.safetensors"))[0]


def pth(folder: Path) -> Target:
    """Other people's checkpoints, and the state of a training that goes on."""
    import torch

    from refiners.checkpoint import load_pickled

    path = folder / "net.pth"
    tensors = {"module.a": torch.zeros(2), "module.b": torch.ones(2, dtype=torch.float16).expand(3, 2)}
    whole = saved(lambda s: torch.save({"state_dict": tensors}, s))
    legacy = saved(lambda s: torch.save(tensors, s, _use_new_zipfile_serialization=False))

    def read(data: bytes) -> None:
        path.write_bytes(data)
        with own_errors(ValueError):
            load_pickled(path)

    return Target([whole, legacy], read, mutations.npz)


def losses(folder: Path) -> Target:
    from refiners.loss_log import LOSSES, read_losses

    def read(data: bytes) -> None:
        (folder / LOSSES).write_bytes(data)
        with own_errors(ValueError):
            [row["step"] < 3 for row in read_losses(folder)]

    return Target([b'{"step": 1, "loss": 0.5}\n{"step": 2, "loss": NaN}\n'], read, mutations.raw)


TARGETS: dict[str, Callable[[Path], Target]] = {
    "label_png": label_png,
    "cityscapes_png": cityscapes_png,
    "id_png": id_png,
    "edges_png": edges_png,
    "image": image,
    "coco_json": annotations(coco, [coco_json.annotations()]),
    "lvis_json": annotations(lvis, [lvis_document()]),
    "panoptic_json": annotations(panoptic, [coco_json.panoptic()]),
    "coco_results": json_predictions("coco_results", instances, coco_json.results()),
    "panoptic_predictions": json_predictions("coco_panoptic", segments, {"annotations": SEGMENTS}),
    "detectron2_json": json_predictions("detectron2_sem_seg", semantic, SEMANTIC_ENTRIES),
    "segmentation": segmentation,
    "cityscapes_txt": cityscapes_txt,
    "boundaries_mat": boundaries_mat,
    "offsets_mat": offsets(".mat"),
    "offsets_npz": offsets(".npz"),
    "probabilities_npz": probabilities_npz,
    "edges_npz": edges_npz,
    "sbd_list": sbd_list,
    "experiment": experiment,
    "registration": registration,
    "manifest": manifest,
    "shard": shard,
    "results": results,
    "prior_shift": preset("prior_shift", {"weights": [1, 0.5, 2]}),
    "densecrf": preset("densecrf", {"parameters": {"gaussian_sxy": 3.0, "bilateral_compat": [[0, 1], [1, 0]]}}),
    "safetensors": safetensors,
    "pth": pth,
    "losses": losses,
}
