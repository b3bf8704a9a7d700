"""Panoptic files as other tools write them, and sets of more categories than a byte counts, from the command line."""

from __future__ import annotations

import json

import numpy as np
import pytest

from boundary_bench.bench.datasets.coco_panoptic import CocoPanoptic
from boundary_bench.bench.plugins import registry
from boundary_bench.bench.predictions.coco_panoptic import CocoPanopticPredictions
from boundary_bench.metrics.panoptic.panoptic_quality import PanopticQuality
from boundary_bench.metrics.structures.segmentation import PanopticMap
from tests.bench.cli.street import call
from tests.bench.coco_json import write_ids, write_json

SIZE = (60, 80)
THINGS = range(100, 150)


def scored(tmp_path, truth, predictions):
    target = tmp_path / "scores.json"
    options = ("--dataset", "coco_panoptic", "--annotations", truth, "--predictions", predictions, "--workers", 1)
    assert call("evaluate", *options, "--metric", "panoptic_quality", "--json", target) == 0
    return json.loads(target.read_text())["metrics"]["PQ"]["value"]


def ade20k_image(rng):
    """Stuff first, whose area is counted then; things are painted over it and over one another."""
    ids, infos = np.zeros(SIZE, np.int32), []
    for place, category in enumerate((0, 3, 99)):
        number = int(rng.integers(1, 2**24))
        mask = np.zeros(SIZE, np.bool_)
        mask[20 * place : 20 * place + 20, 2:] = True
        infos.append(painted(ids, mask, number, category))
    for category in (100, 149, 120):
        top, left = rng.integers(0, 40), rng.integers(0, 60)
        mask = np.zeros(SIZE, np.bool_)
        mask[top : top + 18, left : left + 18] = True
        infos.append(painted(ids, mask, int(rng.integers(1, 2**24)), category))
    small = np.zeros(SIZE, np.bool_)
    small[30:33, 30:33] = True
    infos.append(painted(ids, small, 77, 130))
    painted(ids, np.roll(small, 0), infos[-2]["id"], 0)
    return ids, infos


def painted(ids, mask, number, category):
    ids[mask] = number
    return {"id": number, "category_id": category, "area": int(mask.sum()), "bbox": [0, 0, 1, 1], "iscrowd": 0}


@pytest.fixture(scope="module")
def ade20k(tmp_path_factory):
    """`ade20k_panoptic_val` as MaskFormer's script prepares it; predictions as detectron2's evaluator writes them."""
    folder, rng = tmp_path_factory.mktemp("ade"), np.random.default_rng(3)
    images, truths, guesses, pairs = [], [], [], []
    for number in (1, 2, 3):
        name = f"ADE_val_{number:08d}"
        images.append({"id": name, "file_name": f"{name}.jpg", "height": SIZE[0], "width": SIZE[1]})
        ids, infos = ade20k_image(rng)
        write_ids(folder / "ade20k_panoptic_val" / f"{name}.png", ids)
        truths.append({"image_id": name, "file_name": f"{name}.png", "segments_info": infos})
        moved = np.where(ids > 0, np.roll(ids, (1, 2), (0, 1)), 0).astype(np.int32)
        table = {info["id"]: info["category_id"] for info in infos}
        found = [number for number in np.unique(moved).tolist() if number]
        write_ids(folder / "out" / f"{name}.png", moved)
        guessed = [{"id": n, "isthing": table[n] in THINGS, "category_id": table[n]} for n in found]
        guesses.append({"image_id": name, "file_name": f"{name}.png", "segments_info": guessed})
        pairs.append((moved, ids, table))
    categories = [{"id": k, "name": f"c{k}", "isthing": int(k in THINGS), "color": [k, 0, 0]} for k in range(150)]
    document = {"images": images, "annotations": truths, "categories": categories}
    truth = write_json(folder / "ade20k_panoptic_val.json", document)
    return truth, write_json(folder / "out" / "predictions.json", document | {"annotations": guesses}), pairs


def test_ade20k_as_mask_networks_prepare_it(ade20k, tmp_path, capsys):
    truth, predictions, pairs = ade20k
    metric = PanopticQuality(150, THINGS)

    def segments(ids, table, *, listed):
        numbers = np.array([n for n in table if listed or (ids == n).any()], np.int32)
        categories = np.array([table[n] for n in numbers.tolist()])
        return PanopticMap(ids, numbers, categories, hidden=~np.isin(numbers, ids))

    measured = [
        metric.measure(prediction=segments(guess, table, listed=False), truth=segments(ids, table, listed=True))
        for guess, ids, table in pairs
    ]
    expected = float(metric.summarise(measured).values["PQ"])
    assert scored(tmp_path, truth, predictions) == pytest.approx(expected, rel=1e-12)
    assert 0.3 < expected < 1
    notes = [line for line in capsys.readouterr().err.splitlines() if line.startswith("note")]
    assert sum("of 3 images state another area than their pixels" in note for note in notes) == 1
    assert sum("segments of 3 images have no pixel" in note for note in notes) == 1
    assert CocoPanoptic(truth).things == frozenset(THINGS)


@pytest.fixture(params=[300, 1203])
def many(request, tmp_path):
    """Segments of the categories around the 256th, and of the last, as truth and as predictions of their own."""
    categories = [{"id": k, "name": f"c{k}", "isthing": 1} for k in range(1, request.param + 1)]
    ids, infos = np.zeros(SIZE, np.int32), []
    for place, category in enumerate((1, 254, 255, 256, 257, request.param)):
        ids[place * 10 : place * 10 + 8] = 255 + place
        infos.append({"id": 255 + place, "category_id": category, "iscrowd": 0, "area": 640})
    write_ids(tmp_path / "truth" / "a.png", ids)
    write_ids(tmp_path / "images" / "a.png", np.zeros(SIZE, np.int32))
    images = [{"id": 1, "file_name": "a.png", "height": SIZE[0], "width": SIZE[1]}]
    entry = {"image_id": 1, "file_name": "a.png", "segments_info": infos}
    write_ids(tmp_path / "mine" / "a.png", ids)
    document = {"images": images, "annotations": [entry], "categories": categories}
    write_json(tmp_path / "mine.json", document)
    return write_json(tmp_path / "truth.json", document)


def test_more_categories_than_a_byte_counts(many, tmp_path):
    mine = tmp_path / "mine.json"
    assert scored(tmp_path, many, mine) == 1
    options = ("--dataset", "coco_panoptic", "--annotations", many)
    refine = ("--predictions", mine, "--images", tmp_path / "images", "--refiner", "majority_filter", "--workers", 1)
    assert call("refine", *options, *refine, "--out", tmp_path / "refined.json") == 0
    assert scored(tmp_path, many, tmp_path / "refined.json") > 0.9
    dataset = CocoPanoptic(many)
    (sample,) = dataset.samples()
    kept = CocoPanopticPredictions(tmp_path / "refined.json", dataset=dataset).load(sample)
    assert kept.categories.tolist() == dataset.truth(sample).categories.tolist()


def test_conversions_keep_all_categories(many, tmp_path):
    given = ("--from", "coco_panoptic", "--annotations", many)
    assert call("convert", *given, "--to", "coco_panoptic", "--out", tmp_path / "again.json") == 0
    assert scored(tmp_path, tmp_path / "again.json", tmp_path / "mine.json") == 1
    assert call("convert", *given, "--to", "coco", "--out", tmp_path / "objects.json") == 0
    things = (*given[2:], "--dataset", "coco_panoptic", "--predictions", tmp_path / "mine.json")
    assert call("convert", *given[:2], *things, "--to", "coco_results", "--out", tmp_path / "results.json") == 0
    target = tmp_path / "scores.json"
    options = ("--dataset", "coco", "--annotations", tmp_path / "objects.json", "--workers", 1, "--json", target)
    assert call("evaluate", *options, "--predictions", tmp_path / "results.json", "--metric", "average_precision") == 0
    assert json.loads(target.read_text())["metrics"]["AP"]["value"] == pytest.approx(1)


def test_hidden_segments_stay_listed(ade20k, tmp_path, capsys):
    truth, predictions, _ = ade20k
    again = tmp_path / "again.json"
    assert (
        call("convert", "--from", "coco_panoptic", "--annotations", truth, "--to", "coco_panoptic", "--out", again) == 0
    )
    assert "state another area" not in capsys.readouterr().err.partition("convert")[2]
    assert scored(tmp_path, again, predictions) == scored(tmp_path, truth, predictions)
    assert (
        call("convert", "--from", "coco_panoptic", "--annotations", truth, "--to", "coco", "--out", tmp_path / "o.json")
        == 0
    )
    assert 130 not in {each["category_id"] for each in json.loads((tmp_path / "o.json").read_text())["annotations"]}


@pytest.mark.parametrize("refiner", ["oracle_replace", "oracle_offset", "oracle_steal"])
def test_oracles_know_nothing_of_hidden_segments(ade20k, tmp_path, refiner):
    truth, predictions, _ = ade20k
    dataset = CocoPanoptic(truth)
    sample = dataset.samples()[0]
    given = CocoPanopticPredictions(predictions, dataset=dataset).load(sample)
    built = registry.build("refiners", refiner, {"distance_px": 2} if refiner == "oracle_replace" else {})
    image = np.zeros((*SIZE, 3), np.uint8)
    refined = built.refine_with_truth(image, given, dataset.truth(sample))
    assert not refined.hidden.any()
