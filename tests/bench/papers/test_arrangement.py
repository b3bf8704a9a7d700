"""A spec and what there is: which rows can be made, as what experiment, and what is missing for the others."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from boundary_bench.bench.errors import InputError
from boundary_bench.bench.papers.arrangement import Arrangement
from boundary_bench.bench.papers.availability import missing, standing_in
from boundary_bench.bench.papers.cli_inputs import Given
from boundary_bench.bench.papers.experiments import experiment_of
from boundary_bench.bench.papers.inputs import has_stand_ins, stand_ins, worlds
from boundary_bench.bench.papers.published import ColumnKey, names
from boundary_bench.bench.papers.spec import all_names, spec

SCENES = {"name": "synthetic", "split": "test", "images": 1, "height_px": 64, "width_px": 64}


def arranged(name: str, **options) -> Arrangement:
    given = Given(dataset=options.pop("dataset", "cityscapes"), **options)
    return Arrangement(spec(name), given.materials(spec(name)))


def experiment(arrangement: Arrangement, dataset: dict | None = None):
    """On scenes that need no files, whatever the table's dataset."""
    materials = replace(arrangement.materials, dataset=dataset or arrangement.materials.dataset)
    moved = Arrangement(arrangement.spec, materials)
    return experiment_of(moved, output=Path("run"), samples={}, executor={})


def wheres(arrangement: Arrangement) -> list[str]:
    return [problem.where for problem in arrangement.problems]


def test_the_papers_own_data_are_compared_and_others_are_not():
    assert arranged("segfix/5", predictions=["x"]).comparable
    assert arranged("segfix/5", predictions=["x"]).materials.dataset == {
        "name": "cityscapes", "task": "semantic", "split": "val"
    }  # fmt: skip
    assert not arranged("segfix/5", predictions=["x"], split="train").comparable
    assert not arranged("segfix/5", predictions=["x"], dataset="camvid").comparable
    assert not Arrangement(spec("segfix/5"), stand_ins("camvid", "semantic")).comparable


def test_only_rows_of_the_split_at_hand_are_made():
    table = arranged("bpr/12")
    assert {line.row.key.split for line in table.lines} == {"val"}
    assert {row.split for row in table.other_rows} == {"test"}
    assert {line.row.key.split for line in arranged("bpr/12", split="test").lines} == {"test"}


def test_what_is_missing_is_said_with_how_to_give_it():
    table = arranged("segfix/1", predictions=["hrnet_w48=maps"])
    assert wheres(table) == ["predictions of deeplabv3", "predictions of gated_scnn"]
    assert table.problems[0].allowed == "--predictions deeplabv3=DIR"
    assert [line.cell for line in table.lines if line.cell] == [
        ("hrnet_w48", "identity"), ("hrnet_w48", "GT-oracle offset m=4"), ("hrnet_w48", "GT-oracle offset m=8")
    ]  # fmt: skip


def test_a_crf_asks_for_probabilities_and_segfix_for_a_network_or_offsets():
    assert wheres(arranged("segfix/5", predictions=["maps"])) == ["predictions of deeplabv3", "network segfix"]
    full = {"predictions": ["maps"], "probabilities": ["maps/prob"]}
    assert wheres(arranged("segfix/5", **full)) == ["network segfix"]
    assert not arranged("segfix/5", **full, checkpoints=["net.pth"]).problems
    assert not arranged("segfix/5", **full, offsets=["segfix=offsets"]).problems


def test_closed_models_are_accepted_from_who_has_them():
    (closed,) = (p for p in arranged("segfix/10").problems if "polytransform" in p.where)
    assert "released" in closed.hint
    assert "predictions of polytransform_coco" not in wheres(
        arranged("segfix/10", predictions=["polytransform_coco=d"])
    )


def test_offsets_take_the_place_of_the_network():
    table = arranged("segfix/5", predictions=["maps"], probabilities=["prob"], offsets=["o"])
    document = experiment(table, SCENES).document
    assert document["refiners"][1:] == [
        {"label": "DenseCRF", "name": "densecrf", "preset": "segfix-table-5", "only": ["deeplabv3"]},
        {"label": "SegFix", "name": "segfix_offsets", "offsets": "o", "only": ["deeplabv3"]},
        {
            "label": "DenseCRF+SegFix",
            "chain": [
                {"name": "densecrf", "preset": "segfix-table-5"},
                {"name": "segfix_offsets", "offsets": "o"},
            ],
            "only": ["deeplabv3"],
        },
    ]
    assert [metric["name"] for metric in document["metrics"]] == ["mean_iou", "boundary_f"]


def test_bpr_is_set_as_in_the_paper_on_its_data_and_as_trained_elsewhere():
    given = {"predictions": ["m.json"], "checkpoints": ["bpr=net.pth"]}
    table = arranged("bpr/7", **given)
    own = replace(table.materials, dataset={"name": "coco", "annotations": "a.json"})
    from boundary_bench.bench.papers.experiments import _refiners

    def first(arrangement: Arrangement) -> dict:
        return list(_refiners(arrangement, [line for line in arrangement.lines if line.cell]))[1]

    assert first(table) == {
        "label": "BPR nms=0", "name": "bpr", "checkpoint": "net.pth", "scheme": "released", "nms_threshold": 0.0,
        "patch_px": 64, "padding_px": 0, "input_px": 128, "only": ["mask_rcnn_coco"],
    }  # fmt: skip
    assert first(Arrangement(table.spec, own)) == {
        "label": "BPR nms=0", "name": "bpr", "checkpoint": "net.pth", "scheme": "released", "nms_threshold": 0.0,
        "only": ["mask_rcnn_coco"],
    }  # fmt: skip


def test_an_ensemble_is_made_of_the_sets_that_play_its_members(monkeypatch, tmp_path):
    table = Arrangement(spec("segfix/11"), stand_ins("camvid", "semantic"))
    monkeypatch.setenv("BENCH_DATA", str(tmp_path))
    document = experiment(table, SCENES).document
    assert document["predictions"][-1] == {
        "name": "fcn8_small + unet_small", "format": "ensemble", "members": ["fcn8_small", "unet_small"]
    }  # fmt: skip
    assert [each["name"] for each in document["predictions"]][:2] == ["fcn8_small", "unet_small"]


def test_a_set_that_is_an_ensemble_itself_comes_after_its_members(monkeypatch, tmp_path):
    monkeypatch.setenv("BENCH_DATA", str(tmp_path))
    document = experiment(Arrangement(spec("segfix/6"), stand_ins("camvid", "semantic")), SCENES).document
    assert [each["name"] for each in document["predictions"]] == ["fcn8_small", "unet_small", "ensemble"]
    assert document["refiners"][0]["only"] == ["ensemble"]


def test_what_was_tuned_for_a_set_goes_to_that_set(monkeypatch, tmp_path):
    monkeypatch.setenv("BENCH_DATA", str(tmp_path))
    document = experiment(Arrangement(spec("segfix/5"), stand_ins("camvid", "semantic")), SCENES).document
    assert document["refiners"][1]["label"] == "DenseCRF (fcn8_small)"
    assert document["refiners"][1]["gaussian_sxy"] == 1.44


def test_a_table_of_the_truth_alone_needs_no_predictions():
    document = experiment(arranged("segfix/12"), SCENES).document
    assert [each["name"] for each in document["predictions"]] == ["truth"]


def test_the_band_of_boundary_iou_is_that_of_the_data_set(tmp_path):
    folder = tmp_path / "gtFine" / "val" / "bonn"
    folder.mkdir(parents=True)
    (folder / "bonn_000000_000019_gtFine_instanceIds.png").touch()
    table = arranged("bpr/2", paths={"root": tmp_path}, predictions=["maps"])
    document = experiment(table).document
    assert {"name": "average_precision", "iou": "boundary", "band_ratio": 0.005} in document["metrics"]
    assert {"name": "average_precision"} in document["metrics"]


def test_lvis_has_columns_of_its_own():
    lvis, coco = (arranged("bpr/13", dataset=name, predictions=["p"]) for name in ("lvis", "coco"))
    assert lvis.comparable
    assert coco.comparable
    assert lvis.unmeasured(ColumnKey("AP"))
    assert not lvis.unmeasured(ColumnKey("AP_lvis"))
    assert coco.unmeasured(ColumnKey("AP_lvis"))
    assert not coco.unmeasured(ColumnKey("AP"))


def test_nothing_to_run_is_an_error_that_says_why():
    with pytest.raises(InputError, match="--predictions deeplabv3=DIR"):
        experiment(arranged("segfix/5"), SCENES)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"on": "camvid"}, ": both"),
        ({"dataset": None}, ": neither"),
        ({"dataset": None, "on": "camvit"}, "did you mean 'camvid'"),
        ({"dataset": None, "on": "nuclei"}, "no semantic predictions"),
        ({"predictions": ["deeplabv=d"]}, "did you mean 'deeplabv3'"),
        ({"predictions": ["d"]}, "NAME=PATH with deeplabv3, hrnet_w48, gated_scnn"),
        ({"checkpoints": ["net"]}, "the table needs none"),
    ],
)
def test_options_that_do_not_fit_are_refused(options, message):
    with pytest.raises(InputError, match=message):
        arranged("segfix/1", **options)


def test_the_command_says_what_was_given_and_nothing_else():
    given = Given(None, "cityscapes", None, {"root": Path("/d")}, ["a=b"], ["a=p"], None, "label_ids", ["c"], ["o"])
    said = " ".join(given.command("run", "segfix/5", ["--first", "3"]))
    assert said == (
        "bench paper run segfix/5 --dataset cityscapes --root /d --label-space label_ids --predictions a=b "
        "--probabilities a=p --checkpoint c --offsets o --first 3"
    )


def test_stand_ins_play_roles_and_networks_that_there_are():
    tables = [spec(name) for name in all_names()]
    for world in worlds():
        for task in ("semantic", "instance", "panoptic"):
            if has_stand_ins(world, task):
                found = stand_ins(world, task)
                assert set(found.roles) <= {role for table in tables if table.task == task for role in table.roles}
                assert set(found.roles.values()) <= set(found.sets)
                assert set(found.networks) <= {network for table in tables for network in table.networks}


def test_what_the_list_says():
    made = {name: [world for world, _, _ in standing_in(spec(name))] for name in names()}
    assert made["segfix/5"] == ["camvid", "synthetic"]
    assert made["bpr/1"] == ["nuclei"]
    assert made["bpr/2"] == []
    assert ("nuclei", 8, 8) in standing_in(spec("bpr/7"))
    assert "truth of Cityscapes test" in missing(spec("segfix/9"))
    assert "network segfix_gamma3_directions8: to be trained" in missing(spec("segfix/3"))
    assert missing(spec("segfix/1")) == ()
    assert "fps: bench estimate" in missing(spec("bpr/7"))


def test_what_the_catalogue_lacks_is_missing_until_it_has_it(monkeypatch):
    from boundary_bench.bench.plugins import catalogue, registry

    monkeypatch.setattr(registry, "BUILT_IN", {**catalogue.BUILT_IN, "metrics": {}, "refiners": {}})
    assert {"metric mean_iou", "refiner segfix"} <= set(missing(spec("segfix/5")))
    table = Arrangement(spec("segfix/5"), stand_ins("camvid", "semantic"))
    assert "refiner segfix" in wheres(table)
    assert table.unmeasured(ColumnKey("mIoU"))


def test_edges_are_asked_of_any_data_set_and_split_names_are_those_of_its_files():
    assert arranged("steal/5").materials.dataset == {"name": "cityscapes", "task": "edges", "split": "val"}
    assert arranged("steal/5", dataset="camvid").materials.dataset["task"] == "edges"
    assert arranged("steal/1", dataset="sbd").materials.dataset["split"] == "reannotated"
    assert arranged("steal/3", dataset="sbd").origin == ("SBD", "test (original)")
    assert arranged("steal/3", dataset="sbd", split="reannotated").origin == ("SBD", "test (re-annotated)")
    assert arranged("steal/3", dataset="sbd", split="reannotated").comparable


def test_label_maps_are_taken_as_edges_where_the_paper_does():
    table = arranged("steal/fig5", predictions=["deeplabv3plus=maps", "steal=edges"])
    assert table.materials.sets["deeplabv3plus"] == {"path": "maps", "format": "label_edges"}
    assert table.materials.sets["steal"] == {"path": "edges"}
    assert not table.problems


def test_simulated_labels_need_no_files_and_real_ones_do():
    table = arranged("steal/7", checkpoints=["net.pth"])
    assert [where for where in wheres(table) if "predictions" in where] == [
        "predictions of human_coarse_labels_real_coarse"
    ]
    mine = arranged("steal/7", predictions=["simulated_coarse_labels_label_error8px=mine"])
    assert mine.materials.sets["simulated_coarse_labels_label_error8px"] == {"path": "mine"}


def test_the_mean_is_over_the_classes_that_the_paper_refines(tmp_path):
    (tmp_path / "gtFine" / "val" / "bonn").mkdir(parents=True)
    (tmp_path / "gtFine" / "val" / "bonn" / "bonn_000000_000019_gtFine_labelIds.png").touch()
    table = arranged("steal/7", paths={"root": tmp_path})
    (metric,) = experiment(table).document["metrics"]
    assert metric == {"name": "boundary_bench.bench.papers.mean_iou_of:MeanIoUOf", "averaged": list(range(11, 19))}
    # The scenes have no class of SBD's.
    elsewhere = experiment(Arrangement(spec("steal/6"), table.materials), SCENES).document["metrics"]
    assert elsewhere == [{"name": "mean_iou"}]
