"""`bench compare` of saved predictions: differences are those of `bench evaluate`, wrong input is refused."""

from __future__ import annotations

import contextlib
import io
import json
import shutil

import numpy as np
import pytest
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from boundary_bench.bench.cli.compare.labels import labels_of
from boundary_bench.bench.datasets.synthetic import Synthetic
from boundary_bench.bench.formats.conversion.writers import write_coco, write_coco_results
from boundary_bench.metrics.structures.masks import Masks
from boundary_bench.metrics.structures.segmentation import InstanceSet
from tests.bench.cli.street import call

SCENES = 7


def moved(masks: Masks, by: int, drop: int = 0) -> Masks:
    kept = range(drop, len(masks))
    return Masks.from_dense(masks.size, [np.roll(masks.dense(k), (by, by), axis=(0, 1)) for k in kept])


def predicted(truth, by: int, drop: int) -> InstanceSet:
    masks = moved(truth.masks, by, drop)
    return InstanceSet(masks, truth.categories[drop:], scores=np.linspace(0.9, 0.2, len(masks)))


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Truth and two results: objects 1 px off, objects 3 px off of which every other image lacks one."""
    folder = tmp_path_factory.mktemp("models")
    dataset = Synthetic("val", task="instance", images=SCENES)
    samples = list(dataset.samples())
    truths = [(sample, dataset.truth(sample)) for sample in samples]
    write_coco(folder / "truth.json", dataset, truths, range(len(dataset.classes)))
    for name, by, lost in (("old", 3, 1), ("new", 1, 0)):
        items = [(sample, predicted(truth, by, lost * (k % 2))) for k, (sample, truth) in enumerate(truths)]
        write_coco_results(folder / f"{name}.json", dataset, items)
    return folder


def compared(files, capsys, *more, first="old", second="new"):
    options = ("--annotations", files / "truth.json", "--workers", 1, "--format", "json")
    assert call("compare", files / f"{first}.json", files / f"{second}.json", *options, *more) == 0
    return json.loads(capsys.readouterr().out)


def whole(document):
    return {row["metric"]: row for row in document["rows"] if row["class"] is None}


def evaluated(files, capsys, name):
    options = ("--annotations", files / "truth.json", "--workers", 1, "--json", "-", "--no-intervals")
    assert call("evaluate", "--predictions", files / f"{name}.json", *options) == 0
    return json.loads(capsys.readouterr().out)["metrics"]


def coco_ap(files, name):
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO(str(files / "truth.json"))
        judge = COCOeval(truth, truth.loadRes(str(files / f"{name}.json")), "segm")
        for step in (judge.evaluate, judge.accumulate, judge.summarize):
            step()
    return judge.stats[0]


def test_differences_are_those_of_evaluate_to_the_last_bit(files, capsys):
    found = whole(compared(files, capsys, "--interval", "none", "--permutations", 9))
    old, new = (evaluated(files, capsys, name) for name in ("old", "new"))
    assert {"AP", "AP50", "boundary_AP", "AF"} <= found.keys()
    for name, row in found.items():
        assert (row["against_value"], row["value"]) == (old[name]["value"], new[name]["value"])
        assert row["difference"] == new[name]["value"] - old[name]["value"]
    assert found["AP"]["value"] == pytest.approx(coco_ap(files, "new"), abs=1e-12)
    assert found["AP"]["against_value"] == pytest.approx(coco_ap(files, "old"), abs=1e-12)
    assert found["AP"]["difference"] > 0.1


def test_turned_round_the_sign_changes_and_nothing_else(files, capsys):
    forth = whole(compared(files, capsys, "--metric", "AP"))["AP"]
    back = whole(compared(files, capsys, "--metric", "AP", first="new", second="old"))["AP"]
    assert (back["predictions"], back["against"]) == ("old", "new")
    assert (forth["difference"], forth["p"]) == (-back["difference"], back["p"])
    assert (forth["low"], forth["high"]) == pytest.approx((-back["high"], -back["low"]))
    assert forth["low"] < forth["difference"] < forth["high"]
    # Seven images have 64 exchanges.
    assert forth["p"] == 1 / 64
    assert (forth["images_better"], forth["images_worse"]) == (back["images_worse"], back["images_better"])


def test_equal_files_do_not_differ(files, capsys):
    shutil.copy(files / "old.json", files / "copy.json")
    found = whole(compared(files, capsys, second="copy"))
    for row in found.values():
        assert (row["difference"], row["p"], row["images_better"], row["images_worse"]) == (0, 1, 0, 0)


def test_the_report_names_both_and_fits(files, capsys):
    options = ("--annotations", files / "truth.json", "--workers", 1, "--metric", "AP", "--permutations", 9)
    assert call("compare", files / "old.json", files / "new.json", *options) == 0
    out = capsys.readouterr().out
    assert "A: old. B: new." in out
    header = next(line for line in out.splitlines() if line.startswith("| metric"))
    assert [cell.strip() for cell in header.strip("|").split("|")][:4] == ["metric", "A", "B", "B - A"]
    assert "refiner" not in out
    assert "Cost" not in out
    three = (files / "old.json", files / "new.json", shutil.copy(files / "old.json", files / "third.json"))
    assert call("compare", *three, *options, "--format", "md") == 0
    out = capsys.readouterr().out
    assert "| predictions | metric |" in out
    assert "base: old." in out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("old.json", "old.json"), "old.json twice"),
        (("old.json",), "alone, which is no run"),
        (("old.json", "gone.json"), "gone.json"),
        (("old.json", "truth.json"), "truth.json"),
        (("old.json", "new.json", "--against", "x"), "--against: no option of a comparison of predictions"),
        (("old.json", "new.json", "--metric", "APP"), "did you mean 'AP"),
        (("old.json", "new.json", "--metric-param", "nothing=1"), "no metric that has it"),
    ],
)
def test_what_cannot_be_compared_is_refused(files, capsys, monkeypatch, arguments, told):
    monkeypatch.chdir(files)
    assert call("compare", *arguments, "--annotations", "truth.json", "--workers", 1) == 2
    assert told in capsys.readouterr().err


def test_results_of_another_image_are_refused(files, capsys, tmp_path):
    results = json.loads((files / "new.json").read_text())
    other = tmp_path / "other.json"
    other.write_text(json.dumps([{**each, "image_id": 10**6 + each["image_id"]} for each in results]))
    assert call("compare", files / "old.json", other, "--annotations", files / "truth.json", "--workers", 1) == 2
    assert "other.json" in capsys.readouterr().err


def test_label_maps_with_truth_of_ones_own(street, capsys, tmp_path):
    labels = street.root / "testannot"
    shutil.copytree(street.predictions, tmp_path / "left" / "maps")
    shutil.copytree(labels, tmp_path / "right" / "maps")
    folders = (tmp_path / "left" / "maps", tmp_path / "right" / "maps")
    options = ("--truth", labels, "--classes", 12, "--workers", 1, "--format", "json", "--metric", "mIoU")
    assert call("compare", *folders, *options) == 0
    row = whole(json.loads(capsys.readouterr().out))["mIoU"]
    assert (row["predictions"], row["against"], row["value"], row["images_better"]) == ("right", "left", 1.0, 3)
    next(folders[1].iterdir()).unlink()
    assert call("compare", *folders, *options) == 2
    assert "right" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("paths", "names"),
    [
        (("old.json", "sub/new.json"), ["old", "new"]),
        (("a/results.json", "b/results.json"), ["a", "b"]),
        (("a/x/results.json", "b/x/results.json"), ["a", "b"]),
        (("a/results.json", "b/results.json", "b/other.json"), ["a/results", "b/results", "b/other"]),
    ],
)
def test_names_tell_files_apart(tmp_path, paths, names):
    for path in paths:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    assert labels_of([str(tmp_path / path) for path in paths], "") == names


def test_options_of_predictions_do_not_suit_a_run(tmp_path, capsys):
    (tmp_path / "manifest.json").write_text("{}")
    assert call("compare", tmp_path, "--annotations", "truth.json") == 2
    assert "--annotations: no option of the comparison of a run" in capsys.readouterr().err
    assert call("compare", tmp_path, tmp_path) == 2
    assert "2 runs among 2" in capsys.readouterr().err
