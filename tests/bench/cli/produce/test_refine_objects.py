"""Refining objects whose images, or refiners, are as people have them."""

from __future__ import annotations

import contextlib
import csv
import io
import json

import numpy as np
import pytest
from PIL import Image
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from boundary_bench.metrics.structures.masks import Masks
from tests.bench.cli.street import call

SIZE = (60, 80)

PLUGINS = '''
"""What other people's refiners give back."""
from dataclasses import replace

import numpy as np
from scipy import ndimage


class _Base:
    tasks = frozenset({"instance"})

    def refine(self, image, prediction):
        masks = prediction.masks
        dense = [masks.dense(place) for place in range(len(masks))]
        return replace(prediction, masks=type(masks).from_dense(self.size(masks), [self.of(each) for each in dense]))

    def size(self, masks):
        return masks.size


class Opencv(_Base):
    def of(self, mask):
        return mask.astype(np.uint8) * 255


class Erode(_Base):
    def of(self, mask):
        return ndimage.binary_erosion(mask, iterations=4)


class Soft(_Base):
    def of(self, mask):
        return np.where(mask, 0.8, 0.1)


class Wrong(_Base):
    def of(self, mask):
        return mask[:30, :40]


class Small(Wrong):
    def size(self, masks):
        return 30, 40


class Renamed(_Base):
    def refine(self, image, prediction):
        return replace(prediction, categories=prediction.categories + 7)


class Nothing(_Base):
    def refine(self, image, prediction):
        return None
'''


@pytest.fixture
def world(tmp_path):
    return World(tmp_path)


class World:
    """Three images, of which the last has no objects; predictions are the truth, of 30 x 40 px."""

    def __init__(self, folder):
        self.folder, self.out = folder, folder / "refined.json"
        (folder / "images").mkdir()
        (folder / "plugins.py").write_text(PLUGINS)
        mask = np.zeros(SIZE, np.bool_)
        mask[10:40, 10:50] = True
        code = Masks.from_dense(SIZE, [mask]).coco(0)
        self.categories = [5]
        self.names = [f"{number}.png" for number in (1, 2, 3)]
        self.annotations = [
            {"id": n, "image_id": n, "category_id": 5, "iscrowd": 0, "area": 1200, "segmentation": code} for n in (1, 2)
        ]
        self.results = [{"image_id": n, "category_id": 5, "score": 0.5, "segmentation": code} for n in (1, 2)]

    def image(self, number, size=SIZE, **how):
        pixels = np.random.default_rng(number).integers(0, 255, (*size, 3)).astype(np.uint8)
        Image.fromarray(pixels).save(self.folder / "images" / f"{number}.png", **how)

    @property
    def options(self):
        images = [{"id": n, "file_name": name, "height": 60, "width": 80} for n, name in enumerate(self.names, 1)]
        categories = [{"id": number, "name": f"c{number}"} for number in self.categories]
        truth = {"info": {}, "images": images, "annotations": self.annotations, "categories": categories}
        (self.folder / "truth.json").write_text(json.dumps(truth))
        (self.folder / "results.json").write_text(json.dumps(self.results))
        given = {"annotations": "truth.json", "predictions": "results.json"}
        return [
            "--dataset", "coco", "--workers", 1,
            *(part for name, file in given.items() for part in (f"--{name}", self.folder / file)),
        ]  # fmt: skip

    def refine(self, refiner, *more):
        name = f"{self.folder / 'plugins.py'}:{refiner}" if refiner[0].isupper() else refiner
        images = ("--images", self.folder / "images")
        return call("refine", *self.options, *images, "--refiner", name, "--out", self.out, *more)

    def written(self):
        return json.loads(self.out.read_text())


def areas(results):
    return [int(Masks.from_coco(SIZE, [each["segmentation"]]).areas[0]) for each in results]


def test_masks_of_0_and_255_are_masks(world):
    world.image(1), world.image(2)
    assert world.refine("Opencv") == 0
    assert world.written() == world.results


@pytest.mark.parametrize(
    ("refiner", "reason"),
    [
        ("Soft", "mask 0 is float64 with values 0.1, 0.8; allowed: bool, or 0 and 1 alone"),
        ("Wrong", "mask 0 is (30, 40); allowed: (60, 80), the image's (resize it to the image)"),
        ("Small", "(30, 40); allowed: (60, 80)"),
        ("Renamed", "the result has category 7; allowed: 0 to 0"),
        ("Nothing", "is a NoneType; allowed: a InstanceSet"),
    ],
)
@pytest.mark.parametrize("command", ["refine", "run"])
def test_what_a_plugin_cannot_give_back_is_said(world, capsys, tmp_path, command, refiner, reason):
    world.image(1), world.image(2), world.image(3)
    if command == "refine":
        assert world.refine(refiner) == 2
        assert not world.out.exists()
        assert f":{refiner}: 1: " in capsys.readouterr().err
        assert world.refine(refiner) == 2
        assert reason in capsys.readouterr().err
        return
    if refiner == "Renamed":
        reason = "category"
    assert run(world, tmp_path, refiner) == 1
    assert reason in capsys.readouterr().err


def run(world, tmp_path, refiner):
    _ = world.options
    experiment = {
        "dataset": {"name": "coco", "annotations": "truth.json", "images": "images"},
        "predictions": [{"path": "results.json", "format": "coco_results", "name": "mine"}],
        "refiners": ["identity", {"name": f"plugins.py:{refiner}", "label": "other"}],
        "metrics": ["average_precision"],
        "bootstrap": {"interval": "none"},
        "executor": {"name": "serial"},
        "output": "run",
    }
    (tmp_path / "experiment.json").write_text(json.dumps(experiment))
    return call("run", tmp_path / "experiment.json")


def test_areas_are_those_of_the_masks_that_a_plugin_made(world, tmp_path, capsys):
    """Medium masks of 30 x 40 px become small ones of 22 x 32 px, which count where small ones do."""
    world.image(1), world.image(2), world.image(3)
    small = np.zeros(SIZE, np.bool_)
    small[14:36, 14:46] = True
    world.annotations[1] |= {"area": 704, "segmentation": Masks.from_dense(SIZE, [small]).coco(0)}
    assert run(world, tmp_path, "Erode") == 0
    assert world.refine("Erode") == 0
    assert areas(world.results) == [1200, 1200]
    assert areas(world.written()) == [704, 704]
    capsys.readouterr()
    found = {}
    for metric in ("AP_S", "AP_M"):
        assert call("table", tmp_path / "run", "--metric", metric, "--format", "csv") == 0
        rows = csv.DictReader(io.StringIO(capsys.readouterr().out))
        found[metric] = [float(row["value"]) for row in rows if not row["class"]]
    assert found["AP_S"] == pytest.approx([by_pycocotools(world, each)[3] for each in (world.results, world.written())])
    assert found["AP_M"] == pytest.approx([by_pycocotools(world, each)[4] for each in (world.results, world.written())])
    assert found["AP_S"][0] != found["AP_S"][1]


def by_pycocotools(world, results):
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO(world.folder / "truth.json")
        evaluation = COCOeval(truth, truth.loadRes(json.loads(json.dumps(results))), "segm")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return evaluation.stats


def test_names_of_files_as_windows_writes_them(world):
    world.image(1), world.image(2), world.image(3)
    assert world.refine("guided_filter") == 0
    plain = world.out.read_text()
    world.out.unlink()
    world.names = [f"images\\{name}" for name in world.names]
    assert world.refine("guided_filter") == 0
    assert world.out.read_text() == plain


def test_photos_that_a_camera_turned(world):
    """Stored lying down, and to be shown standing: as the annotations have their size."""
    exif = Image.Exif()
    exif[0x0112] = 6
    for number in (1, 2, 3):
        world.image(number, size=SIZE[::-1], exif=exif.tobytes())
    assert world.refine("guided_filter") == 0
    assert len(world.written()) == 2


def test_images_of_empty_results_are_not_needed(world, capsys):
    world.image(1), world.image(2)
    assert world.refine("guided_filter") == 0
    assert len(world.written()) == 2
    assert "missing" not in capsys.readouterr().err


def test_images_that_are_needed_can_be_skipped(world, capsys):
    world.image(1)
    assert world.refine("guided_filter") == 2
    assert "2 (2.png): no image" in capsys.readouterr().err
    assert world.refine("guided_filter", "--missing", "skip") == 0
    assert [each["image_id"] for each in world.written()] == [1]
    assert "1 of 3 images missing: 2; refiners skip them" in capsys.readouterr().err


def test_without_any_image_nothing_is_refined(world, capsys):
    assert world.refine("guided_filter", "--missing", "skip") == 2
    assert "2 (2.png): no image" in capsys.readouterr().err
    assert not world.out.exists()


@pytest.mark.parametrize("number", [254, 255, 256, 257, 1203])
def test_no_category_is_taken_for_void(world, number):
    world.image(1), world.image(2)
    world.categories = range(1, 1204)
    for each in (*world.annotations, *world.results):
        each["category_id"] = number
    assert world.refine("majority_filter") == 0
    assert [each["category_id"] for each in world.written()] == [number, number]
