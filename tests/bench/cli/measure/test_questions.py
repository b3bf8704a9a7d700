"""Questions about objects on the command line, against pycocotools asked the same."""

from __future__ import annotations

import csv
import io
import json

import numpy as np
import pytest

from boundary_bench.bench.cli.questions import Questions
from boundary_bench.bench.datasets.synthetic import Synthetic
from boundary_bench.bench.errors import InputError
from boundary_bench.bench.formats.conversion.writers import write_coco_panoptic
from boundary_bench.bench.plugins import registry
from boundary_bench.metrics.structures.segmentation import PanopticMap
from tests.bench.cli.street import call
from tests.bench.coco_scenes import CATEGORIES, mean_ap, mean_ar, scenes

HAS_PARAMETERS = "iou_thresholds" in registry.named_parameters(registry.find("metrics", "average_precision"))
parameters = pytest.mark.skipif(not HAS_PARAMETERS, reason="AP has no such parameters")


@pytest.fixture
def world(tmp_path):
    return scenes(tmp_path)


def evaluated(world, capsys, *more):
    assert call("evaluate", *world.options, "--json", "-", *more) == 0
    said = capsys.readouterr()
    return json.loads(said.out), said.err


def value(world, capsys, *more, name="AP"):
    return evaluated(world, capsys, "--metric", name, *more)[0]["metrics"][name]["value"]


def refused(world, capsys, *more):
    assert call("evaluate", *world.options, *more) == 2
    return capsys.readouterr().err


@pytest.mark.parametrize("given", [("cat", "7"), ("cat,traffic light",), ("2", "--categories", "traffic light")])
def test_categories_are_those_of_pycocotools(world, capsys, given):
    found, said = evaluated(world, capsys, "--categories", *given)
    assert found["metrics"]["AP"]["value"] == mean_ap(world.asked(catIds=[2, 7]))
    assert (found["metrics"]["AP"]["scored"], found["metrics"]["AP"]["undefined"]) == (2, 0)
    assert list(found["per_class"]["AP"]) == ["cat", "traffic light"]
    assert found["dataset"]["truth"]["scored_categories"] == ["cat", "traffic light"]
    others = sum(result["category_id"] == 40 for result in world.results)
    assert f"{others} of {len(world.results)} predictions are of other categories; left out" in said


def test_a_name_with_a_comma_is_given_by_its_id(world, capsys):
    assert value(world, capsys, "--categories", 40) == mean_ap(world.asked(catIds=[40]))


@pytest.mark.parametrize(("given", "said"), [("cot", "'cot'; did you mean 'cat'?"), ("3", "'3'")])
def test_unknown_categories_are_refused_by_name(world, capsys, given, said):
    assert f"categories: {said}" in refused(world, capsys, "--categories", given)


def test_results_of_categories_that_the_truth_lacks_are_left_out(tmp_path, capsys):
    plain = scenes(tmp_path)
    places = {number: place for place, number in enumerate(CATEGORIES, start=1)}
    for each in (*plain.truth["annotations"], *plain.truth["categories"]):
        key = "category_id" if "category_id" in each else "id"
        each[key] = places[each[key]]
    for each in plain.results:
        each["category_id"] = places[each["category_id"]] + 1
    (tmp_path / "truth.json").write_text(json.dumps(plain.truth))
    (tmp_path / "results.json").write_text(json.dumps(plain.results))
    assert "--categories subset" in refused(plain, capsys)
    found, said = evaluated(plain, capsys, "--categories", "subset")
    assert found["metrics"]["AP"]["value"] == mean_ap(plain.asked())
    assert "left out" in said
    assert list(evaluated(plain, capsys, "--categories", "subset", "cat")[0]["per_class"]["AP"]) == ["cat"]


def test_semantic_truth_has_no_objects_to_choose_among(street, capsys):
    assert call("evaluate", *street.scored, "--workers", 1, "--categories", "road") == 2
    assert "categories: semantic truth" in capsys.readouterr().err


def test_segments_of_some_categories_score_as_they_do_among_all(tmp_path, capsys):
    dataset = Synthetic("val", task="panoptic", images=3)
    maps = [(sample, wrong(dataset.truth(sample), seed)) for seed, sample in enumerate(dataset.samples())]
    write_coco_panoptic(tmp_path / "p.json", dataset, maps, truth=False)
    options = ("--dataset", "synthetic", "--task", "panoptic", "--split", "val", "--first", 3, "--workers", 1)
    source = ("--format", "coco_panoptic", "--predictions", tmp_path / "p.json", "--no-intervals", "--json", "-")
    assert call("evaluate", *options, *source) == 0
    whole = json.loads(capsys.readouterr().out)["per_class"]
    names = [name for name, pq in whole["PQ"].items() if pq][:3]
    assert call("evaluate", *options, *source, "--categories", ",".join(names)) == 0
    found = json.loads(capsys.readouterr().out)
    for metric in ("PQ", "SQ", "RQ", "boundary_PQ"):
        assert found["per_class"][metric] == {name: whole[metric][name] for name in names}
        expected = np.mean([whole[metric][name] for name in names])
        assert found["metrics"][metric]["value"] == pytest.approx(expected, abs=1e-12)


def wrong(truth: PanopticMap, seed: int) -> PanopticMap:
    """Segments moved, and a few under the category of another."""
    ids = np.roll(truth.ids, (2, 3), axis=(0, 1))
    kept = np.isin(truth.segments, ids)
    categories = truth.categories[kept]
    rng = np.random.default_rng(seed)
    mixed = np.where(rng.random(len(categories)) < 0.3, rng.permutation(categories), categories)
    return PanopticMap(ids, truth.segments[kept], mixed)


LISTS = {
    "sample ids": "im_002\nim_005\n",
    "image ids": "22\n55",
    "file names": "photos/im_002.jpg\r\nphotos\\im_005.jpg\r\n\r\n",
    "names of files": "im_005.png\nim_002.jpg\n",
}


@pytest.mark.parametrize("text", LISTS.values(), ids=LISTS.keys())
@pytest.mark.parametrize("option", ["--ids", "--images"])
def test_images_are_those_of_pycocotools(world, capsys, tmp_path, text, option):
    (tmp_path / "list.txt").write_text(text, newline="")
    found, _ = evaluated(world, capsys, option, tmp_path / "list.txt")
    assert found["dataset"]["samples"] == 2
    assert found["metrics"]["AP"]["value"] == mean_ap(world.asked(imgIds=[22, 55]))
    assert evaluated(world, capsys, option, tmp_path / "list.txt", "--first", 1)[0]["dataset"]["samples"] == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [("im_002\nim_009\nim_010", "2 of 3 lines name no image: im_009, im_010"), ("\n", "no ids")],
)
def test_a_list_that_names_no_image_is_refused(world, capsys, tmp_path, text, said):
    (tmp_path / "list.txt").write_text(text)
    assert said in refused(world, capsys, "--ids", tmp_path / "list.txt")


def test_a_number_that_could_be_two_images_is_refused(tmp_path, capsys):
    world = scenes(tmp_path)
    for image in world.truth["images"]:
        image["file_name"] = f"{image['id'] + 11}.jpg"
    (tmp_path / "truth.json").write_text(json.dumps(world.truth))
    (tmp_path / "list.txt").write_text("22\n")
    assert "'22', which is 22 and 33" in refused(world, capsys, "--ids", tmp_path / "list.txt")


def test_two_lists_are_one_too_many(world, capsys, tmp_path):
    (tmp_path / "list.txt").write_text("im_002")
    lists = ("--ids", tmp_path / "list.txt", "--images", tmp_path / "list.txt")
    assert "two lists of images" in refused(world, capsys, *lists)


def test_any_dataset_takes_a_list(street, capsys, tmp_path):
    (tmp_path / "list.txt").write_text("seq_0002\nseq_0003.png")
    options = (*street.scored, "--workers", 1, "--ids", tmp_path / "list.txt")
    assert call("evaluate", *options, "--json", "-") == 0
    assert json.loads(capsys.readouterr().out)["dataset"]["samples"] == 2
    assert call("check", *street.scored, "--ids", tmp_path / "list.txt") == 0
    assert "2 samples" in capsys.readouterr().out
    out = ("--out", tmp_path / "refined", "--refiner", "identity")
    assert call("refine", *options, *out) == 0
    assert len(list((tmp_path / "refined").rglob("*.png"))) == 2


def test_what_takes_whole_datasets_refuses_a_list(street, capsys, tmp_path):
    (tmp_path / "list.txt").write_text("seq_0002")
    assert call("make-offsets", *street.options, "--ids", tmp_path / "list.txt", "--out", tmp_path / "offsets") == 2
    assert "a list for camvid" in capsys.readouterr().err


def test_changes_are_measured_where_something_is_refined(world, capsys):
    found, _ = evaluated(world, capsys)
    assert not {"IoU_before", "better_share"} & found["metrics"].keys()
    assert "iou_change" not in found["curves"]
    assert "IoU_before" in evaluated(world, capsys, "--metric", "iou_change")[0]["metrics"]


WAYS = [("0.2", "0.3"), ("0.2,0.3",), ("0.2", "--iou-thresholds", "0.3"), ("0.2:0.3:0.1",)]


@parameters
@pytest.mark.parametrize("given", WAYS)
def test_thresholds_are_those_of_pycocotools(world, capsys, given):
    expected = mean_ap(world.asked(iouThrs=np.array([0.2, 0.3])))
    assert value(world, capsys, "--iou-thresholds", *given) == pytest.approx(expected, abs=1e-12)


@parameters
def test_the_usual_thresholds_written_out_are_the_usual_ones(world, capsys):
    assert value(world, capsys, "--iou-thresholds", "0.5:0.95:0.05") == value(world, capsys)


@parameters
def test_ranges_of_areas_are_those_of_pycocotools(world, capsys):
    found, _ = evaluated(world, capsys, "--area-ranges", "tiny=0:400", "rest=400:1e10")
    asked = world.asked(areaRng=[[0, 1e10], [0, 400], [400, 1e10]], areaRngLbl=["all", "tiny", "rest"])
    for place, name in enumerate(("tiny", "rest"), start=1):
        assert found["metrics"][f"AP_{name}"]["value"] == mean_ap(asked, place)
    assert sum(found["curves"]["objects"]["any size"]) == sum(
        not each["iscrowd"] for each in world.truth["annotations"]
    )


@parameters
@pytest.mark.parametrize("given", [("1", "2", "4"), ("1,2,4",)])
def test_numbers_of_detections_are_those_of_pycocotools(world, capsys, given):
    found, _ = evaluated(world, capsys, "--max-detections", *given)
    asked = world.asked(maxDets=[1, 2, 4])
    assert found["metrics"]["AP"]["value"] == mean_ap(asked)
    for name, place in (("AR1", 0), ("AR2", 1), ("AR", 2)):
        assert found["metrics"][name]["value"] == pytest.approx(mean_ar(asked, place), abs=1e-12)


@parameters
def test_without_categories_as_pycocotools(world, capsys):
    assert value(world, capsys, "--class-agnostic") == mean_ap(world.asked(useCats=0))
    kept = ("--class-agnostic", "--categories", 2, 7)
    assert value(world, capsys, *kept) == mean_ap(scenes_of(world, {2, 7}).asked(useCats=0))


def scenes_of(world, categories):
    """The same scenes with objects and results of some categories alone."""
    of = [each for each in world.truth["annotations"] if each["category_id"] in categories]
    results = [each for each in world.results if each["category_id"] in categories]
    return type(world)({**world.truth, "annotations": of}, results, world.folder)


def test_one_number_of_detections_goes_to_every_metric_that_has_it(world, capsys):
    found, _ = evaluated(world, capsys, "--max-detections", 2)
    assert found["metrics"]["AP"]["value"] == mean_ap(world.asked(maxDets=[1, 2, 2]))
    assert found["metrics"]["AF"]["definition"]["max_detections"] == 2


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"iou_thresholds": ["0.5:0.95"]}, "low:high:step"),
        ({"iou_thresholds": ["0.5:0.9:0.3"]}, "low:high:step"),
        ({"iou_thresholds": ["half"]}, "numbers such as 0.5"),
        ({"iou_thresholds": ["0.5,1.5"]}, "above 0, at most 1"),
        ({"area_ranges": ["S"]}, "NAME=LOW:HIGH"),
        ({"area_ranges": ["S=9:1"]}, "NAME=LOW:HIGH"),
        ({"area_ranges": ["S=0:9", "S=9:99"]}, "a name twice"),
        ({"max_detections": ["1", "0"]}, "whole numbers from 1 on"),
    ],
)
def test_values_that_are_none_are_refused(given, said):
    with pytest.raises(InputError, match=said):
        Questions(**given).parameters()


def test_values_as_people_write_them():
    asked = Questions(["0.2", "0.5:0.95:0.05"], ["S=0:32^2,M=32**2:96^2", "L=9216:1e10", "XL=1e5:inf"], ["1", "10,100"])
    found = asked.parameters()
    assert found["iou_thresholds"] == [0.2, *np.linspace(0.5, 0.95, 10)]
    assert found["area_ranges"] == {"S": [0, 1024], "M": [1024, 9216], "L": [9216, 1e10], "XL": [1e5, np.inf]}
    assert found["max_detections"] == [1, 10, 100]
    assert Questions(max_detections=["100"]).parameters() == {"max_detections": 100}


def test_sizes_are_rows_and_classes_have_their_sizes(world, capsys):
    assert call("evaluate", *world.options) == 0
    out = capsys.readouterr().out
    small = sum(each["area"] <= 1024 and not each["iscrowd"] for each in world.truth["annotations"])
    assert f"| S: to 1024      | {small:>7} |" in out
    assert "| AP_S " not in out.split("by size")[0]
    assert "| class         | objects |" in out
    for name in CATEGORIES.values():
        assert f"| {name} " in out


def test_many_classes_are_printed_on_demand(tmp_path, capsys):
    world = scenes(tmp_path)
    world.truth["categories"] += [{"id": number, "name": f"c{number}"} for number in range(100, 130)]
    (tmp_path / "truth.json").write_text(json.dumps(world.truth))
    assert call("evaluate", *world.options) == 0
    out = capsys.readouterr().out
    assert "| c100 " not in out
    assert "33 classes: --per-class prints" in out
    assert call("evaluate", *world.options, "--per-class") == 0
    assert "| c100 " in capsys.readouterr().out
    assert call("evaluate", *world.options, "--csv", "-") == 0
    assert {row["class"] for row in csv.DictReader(io.StringIO(capsys.readouterr().out))} > {"cat", "c129"}
