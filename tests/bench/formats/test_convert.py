"""Conversions: there and back without loss, as the official tools read them, and nothing half-written."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pycocotools.coco import COCO

from boundary_bench.bench import cli
from boundary_bench.bench.datasets.cityscapes import Cityscapes
from boundary_bench.bench.datasets.coco import Coco
from boundary_bench.bench.datasets.coco_panoptic import CocoPanoptic
from boundary_bench.bench.datasets.synthetic import Synthetic
from boundary_bench.bench.errors import InputError
from boundary_bench.bench.formats.conversion.convert import convert_predictions, convert_truth, things_of
from boundary_bench.bench.formats.labels.label_image import write_label_image
from boundary_bench.bench.plugins.validation import check_run
from boundary_bench.bench.predictions.cityscapes_instances import CityscapesInstances
from boundary_bench.bench.predictions.coco_panoptic import CocoPanopticPredictions
from boundary_bench.bench.predictions.coco_results import CocoResults
from boundary_bench.metrics.structures.segmentation import InstanceSet, PanopticMap
from tests.bench.coco_json import annotations, panoptic, results, write_ids, write_json
from tests.bench.label_files import write_camvid

NAMES = ("ulm_000001_000019", "ulm_000002_000019")
LABELS = {24: 0, 25: 1, 26: 2, 27: 3, 28: 4, 31: 5, 32: 6, 33: 7}
PIXELS = np.array([[7, 26000, 26000, 26], [24007, 24007, 0, 26], [29000, 29, 33, 24007]])


@pytest.fixture
def city(tmp_path: Path) -> Path:
    for name, ids in zip(NAMES, (PIXELS, np.full((3, 4), 7)), strict=True):
        path = tmp_path / "cs" / "gtFine" / "val" / "ulm" / f"{name}_gtFine_instanceIds.png"
        write_label_image(path, ids.astype(np.int32))
    return tmp_path / "cs"


@pytest.fixture
def coco(tmp_path: Path) -> Coco:
    return Coco(write_json(tmp_path / "instances.json", annotations()))


def require_same(first: InstanceSet, second: InstanceSet) -> None:
    assert first.categories.tolist() == second.categories.tolist()
    assert first.crowd.tolist() == second.crowd.tolist()
    assert first.areas.tolist() == second.areas.tolist()
    assert (first.scores is None) == (second.scores is None)
    if first.scores is not None and second.scores is not None:
        assert first.scores.tolist() == second.scores.tolist()
    assert [first.masks.coco(n) for n in range(len(first))] == [second.masks.coco(n) for n in range(len(second))]


def test_results_to_masks_and_back(tmp_path: Path, coco: Coco) -> None:
    entries = [entry | {"score": score} for entry, score in zip(results(), (1 / 3, 1e-17), strict=True)]
    before = CocoResults(write_json(tmp_path / "results.json", entries), dataset=coco)
    done = convert_predictions(coco, before, "cityscapes_instances", tmp_path / "masks")
    assert (done.images, done.objects, done.losses) == (2, 2, ())
    between = CityscapesInstances(tmp_path / "masks", dataset=coco)
    convert_predictions(coco, between, "coco_results", tmp_path / "back.json")
    after = CocoResults(tmp_path / "back.json", dataset=coco)
    for sample in coco.samples():
        assert between.check(sample, coco.size(sample)) == []
        require_same(before.load(sample), between.load(sample))
        require_same(before.load(sample), after.load(sample))
    (tmp_path / "masks" / "second.txt").stat()
    assert [entry["category_id"] for entry in json.loads((tmp_path / "back.json").read_text())] == [30, 4]


def test_masks_as_the_official_evaluation_reads_them(tmp_path: Path, city: Path) -> None:
    peer = pytest.importorskip("cityscapesscripts.evaluation.evalInstanceLevelSemanticLabeling")
    dataset = Cityscapes(city, "val", "instance")
    code = {"size": [3, 4], "counts": [1, 4, 7]}
    entries = [{"image_id": 1, "category_id": 26, "score": 0.7, "segmentation": code}]
    found = CocoResults(write_json(tmp_path / "results.json", entries), dataset=dataset)
    convert_predictions(dataset, found, "cityscapes_instances", tmp_path / "masks")

    class Arguments:
        predictionPath = str(tmp_path / "masks")
        predictionWalk = None

    path = city / "gtFine" / "val" / "ulm" / f"{NAMES[0]}_gtFine_instanceIds.png"
    text = peer.getPrediction(str(path), Arguments)
    ((mask, info),) = peer.readPredInfo(text, Arguments).items()
    assert info == {"labelID": 26, "conf": 0.7}
    np.testing.assert_array_equal(np.array(Image.open(mask)) != 0, found.load(dataset.samples()[0]).masks.dense(0))


def test_cityscapes_truth_as_annotations(tmp_path: Path, city: Path) -> None:
    before = Cityscapes(city, "val", "instance")
    done = convert_truth(before, "coco", tmp_path / "instances.json")
    assert (done.images, done.objects) == (2, 4)
    assert done.losses == ("void: predictions on it will count as wrong",)
    after = Coco(tmp_path / "instances.json")
    assert check_run(after, []).problems == []
    assert (after.classes, after.label_ids) == (before.classes, LABELS)
    np.testing.assert_array_equal(after.colours, before.colours)
    assert [sample.id for sample in after.samples()] == [f"{name}_leftImg8bit" for name in NAMES]
    for first, second in zip(before.samples(), after.samples(), strict=True):
        require_same(before.truth(first), after.truth(second))
    entry = json.loads((tmp_path / "instances.json").read_text())["annotations"][3]
    assert (entry["image_id"], entry["category_id"], entry["iscrowd"], entry["bbox"]) == (1, 26, 0, [1, 0, 2, 1])


def test_results_for_cityscapes_fit_its_converted_annotations(tmp_path: Path, city: Path) -> None:
    dataset = Cityscapes(city, "val", "instance")
    write_label_image(tmp_path / "mine" / "a.png", np.eye(3, 4, dtype=np.uint8))
    for name in NAMES:
        (tmp_path / "mine" / f"{name}.txt").write_text("a.png 33 0.5\n" if name == NAMES[1] else "")
    found = CityscapesInstances(tmp_path / "mine", dataset=dataset)
    convert_predictions(dataset, found, "coco_results", tmp_path / "results.json")
    convert_truth(dataset, "coco", tmp_path / "instances.json")
    converted = Coco(tmp_path / "instances.json")
    loaded = CocoResults(tmp_path / "results.json", dataset=converted)
    first, second = (loaded.load(sample) for sample in converted.samples())
    assert len(first) == 0
    require_same(second, found.load(dataset.samples()[1]))


def test_panoptic_truth_of_cityscapes_is_that_of_its_converter(tmp_path: Path, city: Path) -> None:
    peer = pytest.importorskip("cityscapesscripts.preparation.createPanopticImgs").convert2panoptic
    (tmp_path / "peer").mkdir()
    peer(str(city / "gtFine"), str(tmp_path / "peer"), False, ["val"])
    dataset = Cityscapes(city, "val", "panoptic")
    assert convert_truth(dataset, "coco_panoptic", tmp_path / "panoptic.json").losses == ()
    ours, theirs = (
        CocoPanoptic(tmp_path / "panoptic.json"),
        CocoPanoptic(tmp_path / "peer/cityscapes_panoptic_val.json"),
    )
    assert check_run(ours, []).problems == check_run(theirs, []).problems == []
    assert (ours.classes, ours.things, ours.label_ids) == (theirs.classes, theirs.things, theirs.label_ids)
    assert ours.image_ids == theirs.image_ids
    for sample in dataset.samples():
        first, second = ours.truth(sample), theirs.truth(sample)
        for column in ("ids", "segments", "categories", "crowd"):
            np.testing.assert_array_equal(getattr(first, column), getattr(second, column))
        np.testing.assert_array_equal(first.ids, dataset.truth(sample).ids)


def test_panoptic_predictions_keep_their_scores(tmp_path: Path) -> None:
    ids = np.array([[0, 300, 300], [70000, 70000, 300]], np.int32)
    write_ids(tmp_path / "truth" / "first.png", ids)
    dataset = CocoPanoptic(write_json(tmp_path / "truth.json", panoptic()))
    write_ids(tmp_path / "mine" / "first.png", ids)
    document = panoptic()
    document["annotations"][0]["segments_info"][1]["score"] = 0.25
    found = CocoPanopticPredictions(write_json(tmp_path / "mine.json", document), dataset=dataset)
    convert_predictions(dataset, found, "coco_panoptic", tmp_path / "copy" / "mine.json")
    (sample,) = dataset.samples()
    again = CocoPanopticPredictions(tmp_path / "copy" / "mine.json", dataset=dataset).load(sample)
    assert (again.segments.tolist(), again.scores.tolist()) == ([70000, 300], [1, 0.25])
    np.testing.assert_array_equal(again.ids, ids)
    done = convert_predictions(dataset, found, "coco_results", tmp_path / "things.json")
    assert (done.objects, done.losses) == (1, ("stuff: only things are objects",))
    (entry,) = json.loads((tmp_path / "things.json").read_text())
    assert (entry["image_id"], entry["category_id"], entry["score"]) == (7, 30, 0.25)


def test_panoptic_truth_as_annotations_holds_things_only(tmp_path: Path, city: Path) -> None:
    panoptic_, instance = Cityscapes(city, "val", "panoptic"), Cityscapes(city, "val", "instance")
    convert_truth(panoptic_, "coco", tmp_path / "things.json")
    after = Coco(tmp_path / "things.json")
    assert after.classes == instance.classes
    for first, second in zip(instance.samples(), after.samples(), strict=True):
        require_same(instance.truth(first), after.truth(second))


def test_training_ids_serve_where_there_are_no_others(tmp_path: Path) -> None:
    dataset = Synthetic("val", task="instance", images=2, height_px=64, width_px=96)
    convert_truth(dataset, "coco", tmp_path / "instances.json")
    after = Coco(tmp_path / "instances.json")
    assert after.label_ids == {train: train for train in range(8)}
    for first, second in zip(dataset.samples(), after.samples(), strict=True):
        assert first.id == second.id
        require_same(dataset.truth(first), after.truth(second))


def test_things_of_a_map_by_hand() -> None:
    ids = np.array([[5, 5, 0], [9, 2, 2]], np.int32)
    segments = PanopticMap(ids, np.array([9, 5, 2], np.int32), np.array([1, 0, 1]), scores=np.array([0.1, 0.2, 0.3]))
    found = things_of(segments, frozenset({1}))
    assert (found.ids.tolist(), found.categories.tolist(), found.scores.tolist()) == ([9, 2], [1, 1], [0.1, 0.3])
    np.testing.assert_array_equal(found.masks.dense(1), ids == 2)
    assert len(things_of(segments, frozenset({7}))) == 0


def test_forms_that_there_are_not(tmp_path: Path, coco: Coco) -> None:
    with pytest.raises(InputError, match="to coco_panoptic: instance data, which have no such form; allowed: coco"):
        convert_truth(coco, "coco_panoptic", tmp_path / "x.json")
    with pytest.raises(InputError, match="semantic data, which have no such form; allowed: instance or panoptic data"):
        convert_truth(write_camvid(tmp_path / "camvid"), "coco", tmp_path / "x.json")


def test_nothing_is_overwritten_or_left_half_written(tmp_path: Path, coco: Coco) -> None:
    entries = results()
    found = CocoResults(write_json(tmp_path / "results.json", entries), dataset=coco)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "other.txt").write_text("kept")
    with pytest.raises(InputError, match="a folder that is not empty"):
        convert_predictions(coco, found, "cityscapes_instances", tmp_path / "mine")
    entries[1]["segmentation"]["counts"] = [1]
    broken = CocoResults(write_json(tmp_path / "broken.json", entries), dataset=coco)
    for form in ("cityscapes_instances", "coco_results"):
        with pytest.raises(InputError, match="1 pixels"):
            convert_predictions(coco, broken, form, tmp_path / "new")
    assert sorted(os.listdir(tmp_path)) == ["broken.json", "instances.json", "mine", "results.json"]
    assert os.listdir(tmp_path / "mine") == ["other.txt"]


def run(*arguments: object) -> int:
    try:
        cli.main(["convert", *map(str, arguments)])
    except SystemExit as stop:
        return int(stop.code or 0)
    return 0


def test_the_verb(tmp_path: Path, city: Path, coco: Coco, capsys: pytest.CaptureFixture[str]) -> None:
    given = ["--from", "cityscapes", "--root", city, "--split", "val"]
    assert run(*given, "--to", "coco", "--out", tmp_path / "out.json") == 0
    caught = capsys.readouterr()
    assert caught.out == f"2 images, 4 objects: {tmp_path / 'out.json'}\n"
    assert "left out: void: predictions on it will count as wrong" in caught.err
    assert run(*given, "--to", "coco-panoptic", "--out", tmp_path / "panoptic.json") == 0
    assert len(CocoPanoptic(tmp_path / "panoptic.json").samples()) == 2
    path = write_json(tmp_path / "results.json", results())
    given = ["--from", "coco-results", "--predictions", path, "--dataset", "coco"]
    given += ["--annotations", tmp_path / "instances.json", "--to", "cityscapes-instances"]
    assert run(*given, "--out", tmp_path / "masks") == 0
    assert CityscapesInstances(tmp_path / "masks", dataset=coco).has(coco.samples()[1])


def test_the_verb_refuses(tmp_path: Path, coco: Coco, capsys: pytest.CaptureFixture[str]) -> None:
    entries = results()
    entries[0]["segmentation"]["counts"] = [1]
    path, out = write_json(tmp_path / "results.json", entries), tmp_path / "out"
    given = ["--from", "coco_results", "--to", "cityscapes_instances", "--out", out]
    assert run(*given, "--predictions", path, "--dataset", "coco", "--annotations", tmp_path / "instances.json") == 2
    assert f"error: {path}: image first: result 1: 1 pixels are encoded" in capsys.readouterr().err
    assert run(*given, "--predictions", path) == 2
    assert "no --dataset; allowed: both" in capsys.readouterr().err
    assert run(*given, "--dataset", "coco") == 2
    assert "no --predictions; allowed: both" in capsys.readouterr().err
    assert not out.exists()


def test_nothing_is_written_over(tmp_path: Path, coco: Coco, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "instances.json"
    before = path.read_bytes()
    mine = write_json(tmp_path / "results.json", results())
    truth = ["--from", "coco", "--annotations", path]
    for out in (path, mine):
        kept = out.read_bytes()
        assert run(*truth, "--to", "coco", "--out", out) == 2
        assert f"{out}: a file that is there already; allowed: a new file" in capsys.readouterr().err
        assert run(*truth, "--from", "coco_results", "--dataset", "coco", "--predictions", mine,
                   "--to", "coco_results", "--out", out) == 2  # fmt: skip
        assert out.read_bytes() == kept
    assert path.read_bytes() == before
    with pytest.raises(InputError, match="a file that is there already"):
        convert_truth(coco, "coco", path)
    (tmp_path / "folder").mkdir()
    with pytest.raises(InputError, match="folder: a folder; allowed: a new file"):
        convert_truth(coco, "coco", tmp_path / "folder")


def test_nothing_is_written_over_beside_a_panoptic_file(tmp_path: Path, city: Path) -> None:
    dataset = Cityscapes(city, "val", "panoptic")
    write_label_image(tmp_path / "out" / "kept.png", np.ones((2, 2), np.uint8))
    with pytest.raises(InputError, match="out: a folder that is not empty"):
        convert_truth(dataset, "coco_panoptic", tmp_path / "out.json")
    with pytest.raises(InputError, match=r"new: a name without an ending; allowed: the name of a \.json"):
        convert_truth(dataset, "coco_panoptic", tmp_path / "new")


def test_converted_annotations_are_read_by_pycocotools(tmp_path: Path, city: Path) -> None:
    convert_truth(Cityscapes(city, "val", "instance"), "coco", tmp_path / "instances.json")
    convert_truth(Cityscapes(city, "val", "panoptic"), "coco_panoptic", tmp_path / "panoptic.json")
    for name in ("instances.json", "panoptic.json"):
        document = json.loads((tmp_path / name).read_text())
        assert document["licenses"] == []
        assert document["info"]["description"].startswith("written by boundary-bench ")
        assert str(tmp_path) not in (tmp_path / name).read_text()
    truth = COCO(str(tmp_path / "instances.json"))
    entry = {"image_id": 1, "category_id": 26, "score": 0.5, "bbox": [0, 0, 2, 2]}
    # Releases from 2.0.9 on copy what `info` holds, and stop where there is none.
    assert truth.loadRes([entry]).dataset["info"] == document["info"] | truth.dataset["info"]


def test_what_a_conversion_leaves_out_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = annotations()
    document["images"][0] |= {"license": 3, "coco_url": "http://there", "date_captured": ""}
    document["categories"][0]["supercategory"] = "animal"
    for place, annotation in enumerate(document["annotations"]):
        annotation |= {"attributes": {"occluded": True} if place else {}, "keypoints": [1, 2, 2]}
    path = write_json(tmp_path / "instances.json", document)
    assert run("--from", "coco", "--annotations", path, "--to", "coco", "--out", tmp_path / "out.json") == 0
    said = capsys.readouterr().err.splitlines()
    assert "note: left out: of images: coco_url (1), license (1)" in said
    assert "note: left out: of categories: supercategory (1)" in said
    assert "note: left out: of annotations: attributes (2), keypoints (3)" in said
    assert "note: left out: corners of polygons (1): masks are written pixel by pixel" in said
    given = ["--from", "coco", "--annotations", tmp_path / "out.json", "--to", "coco"]
    assert run(*given, "--out", tmp_path / "again.json") == 0
    assert "left out" not in capsys.readouterr().err
    assert (tmp_path / "again.json").read_text() == (tmp_path / "out.json").read_text()
    results_ = [{**each, "bbox": [0, 0, 1, 1]} for each in results()]
    given = ["--from", "coco_results", "--dataset", "coco", "--annotations", path, "--to", "coco_results"]
    given += ["--predictions", write_json(tmp_path / "mine.json", results_), "--out", tmp_path / "results.json"]
    assert run(*given) == 0
    assert "note: left out: of results: bbox (2)" in capsys.readouterr().err


def test_ids_of_any_number_of_categories_are_kept(tmp_path: Path) -> None:
    """As many as LVIS has, of which one is below 0."""
    numbers = [-7, *range(1, 1203)]
    document = annotations()
    document["categories"] = [{"id": number, "name": f"c{number}"} for number in numbers]
    code = document["annotations"][1]["segmentation"]
    document["annotations"] = [
        {"id": n, "image_id": 7, "category_id": number, "segmentation": code, "iscrowd": 0}
        for n, number in enumerate((-7, 254, 255, 256, 257, 1202), start=1)
    ]
    path = write_json(tmp_path / "instances.json", document)
    convert_truth(Coco(path), "coco", tmp_path / "out.json")
    before, after = Coco(path), Coco(tmp_path / "out.json")
    assert before.label_ids == after.label_ids
    (sample, _) = before.samples()
    require_same(before.truth(sample), after.truth(sample))
    entries = [{**each, "score": 0.5} for each in document["annotations"]]
    found = CocoResults(write_json(tmp_path / "results.json", entries), dataset=before)
    convert_predictions(before, found, "cityscapes_instances", tmp_path / "masks")
    between = CityscapesInstances(tmp_path / "masks", dataset=after)
    require_same(between.load(sample), found.load(sample))
