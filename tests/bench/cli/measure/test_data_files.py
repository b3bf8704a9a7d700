"""`--per-object` and `--per-image`: tables that agree with the files, with pycocotools and with the printed numbers."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from pycocotools import mask as coco_mask
from scipy import ndimage

from tests.bench.cli.street import call
from tests.bench.coco_scenes import CATEGORIES, mean_ap, scenes


@pytest.fixture
def world(tmp_path):
    return scenes(tmp_path, objects=9)


@pytest.fixture
def objects(world, tmp_path):
    assert call("evaluate", *world.options, "--per-object", tmp_path / "objects.parquet") == 0
    return pd.read_parquet(tmp_path / "objects.parquet")


def test_there_is_a_row_for_each_object_of_the_file(world, objects):
    true = objects[objects.kind == "object"].set_index("annotation_id")
    assert sorted(true.index) == [each["id"] for each in world.truth["annotations"]]
    for each in world.truth["annotations"]:
        row = true.loc[each["id"]]
        assert (row.image_id, row.category_id, row.area_px) == (each["image_id"], each["category_id"], each["area"])
        assert row.category == CATEGORIES[each["category_id"]]
        assert row.crowd == bool(each["iscrowd"])
        assert row.file_name == f"photos/{row['sample']}.jpg"


def test_every_result_is_there_once_with_its_score(world, objects):
    there = objects.dropna(subset="result_id")
    assert sorted(there.result_id) == list(range(1, len(world.results) + 1))
    for row in there.itertuples():
        result = world.results[row.result_id - 1]
        assert (result["image_id"], result["score"]) == (row.image_id, row.score)


def test_matches_are_those_of_pycocotools(world, objects):
    evaluation = world.asked()
    expected = {}
    for image in filter(None, evaluation.evalImgs):
        if image["aRng"] == [0, 1e10]:
            pairs = zip(image["gtIds"], image["gtMatches"][0], image["gtIgnore"], strict=True)
            expected |= {true: int(found) for true, found, crowd in pairs if not crowd}
    true = objects[(objects.kind == "object") & ~objects.crowd]
    assert dict(zip(true.annotation_id, true.result_id.fillna(0), strict=True)) == expected
    assert (true.matched == true.iou.notna()).all()
    assert true.matched.any()
    assert not true.matched.all()


def test_distances_of_surfaces_are_those_of_the_two_masks(world, objects):
    def mask(code):
        return coco_mask.decode(code["segmentation"]).astype(np.bool_)

    found = {each["id"]: each for each in world.truth["annotations"]}
    true = objects[(objects.kind == "object") & ~objects.crowd]
    for row in true[true.matched].itertuples():
        pair = mask(world.results[row.result_id - 1]), mask(found[row.annotation_id])
        ways = [surface_distances(*pair), surface_distances(*pair[::-1])]
        assert row.hd95_px == pytest.approx(max(np.percentile(way, 95) for way in ways))
        assert row.assd_px == pytest.approx(np.concatenate(ways).mean())
        assert row.dice == pytest.approx(2 * (pair[0] & pair[1]).sum() / (pair[0].sum() + pair[1].sum()))
    others = objects[~objects.index.isin(true[true.matched].index)]
    assert others[["hd95_px", "assd_px", "dice"]].isna().all(axis=None)
    assert others.crowd.any()


def surface_distances(mask, other):
    """Of the pixels of a mask's edge to the nearest of the other's."""
    edges = [each & ~ndimage.binary_erosion(each) for each in (mask, other)]
    return ndimage.distance_transform_edt(~edges[1])[edges[0]]


def test_columns_of_what_is_wrong(objects):
    true = objects[(objects.kind == "object") & ~objects.crowd]
    assert set(true.error.dropna()) <= {
        *("category", "moved", "too_large", "too_small", "hole", "missing_part", "extra_part", "ragged", "missed"),
    }
    moved = true[(true.error == "moved") & true.matched]
    assert len(moved)
    assert (moved[["moved_y_px", "moved_x_px"]].abs().max(axis=1) > 0).all()
    assert objects[objects.kind == "unmatched"].error.isna().all()


def test_the_file_knows_what_made_it(world, objects, tmp_path):
    about = json.loads(pq.read_schema(tmp_path / "objects.parquet").metadata[b"boundary_bench"])
    assert about["provenance"]["command"]
    assert about["provenance"]["versions"]
    assert about["definitions"]["object_scores per object"]["iou_threshold"] == 0.5


def test_options_of_metrics_hold_for_the_rows(world, tmp_path):
    more = ("--tolerance-px", 3, "--max-detections", 1, "--metric", "AF", "--categories", 2)
    assert call("evaluate", *world.options, *more, "--per-object", tmp_path / "o.csv") == 0
    found = pd.read_csv(tmp_path / "o.csv")
    assert "boundary_f_3px" in found
    assert set(found.category) == {"cat"}
    assert found.groupby("image_id").result_id.count().max() == 1


def test_what_is_printed_is_the_same_with_a_file_and_without(world, tmp_path, capsys):
    assert call("evaluate", *world.options) == 0
    alone = capsys.readouterr().out
    more = ("--per-object", tmp_path / "o.csv", "--per-image", tmp_path / "i.csv")
    assert call("evaluate", *world.options, *more) == 0
    assert capsys.readouterr().out == alone
    assert not [name for name in pd.read_csv(tmp_path / "i.csv") if "per object" in name]


def test_images_have_the_numbers_of_themselves(world, tmp_path):
    assert call("evaluate", *world.options, "--per-image", tmp_path / "i.parquet") == 0
    found = pd.read_parquet(tmp_path / "i.parquet").set_index("image_id")
    assert list(found.index) == [each["id"] for each in world.truth["images"]]
    for number, row in found.iterrows():
        assert pytest.approx(mean_ap(world.asked(imgIds=[number])), abs=1e-12) == row.AP
        assert (row.height_px, row.width_px, row.measured) == (96, 128, True)


def test_images_of_label_maps_too(street, tmp_path):
    (street.predictions / "seq_0001.png").unlink()
    options = (*street.scored, "--workers", 1, "--missing", "skip", "--per-image", tmp_path / "i.csv")
    assert call("evaluate", *options) == 0
    found = pd.read_csv(tmp_path / "i.csv").set_index("sample")
    assert found.loc["seq_0002", "error_rate"] == pytest.approx(2 / 31)
    assert not found.loc["seq_0001", "measured"]
    assert np.isnan(found.loc["seq_0001", "error_rate"])
    assert found.image_id.isna().all()


@pytest.mark.parametrize(
    ("option", "name", "said"),
    [
        ("--per-object", "o.xlsx", "a file named .parquet or .csv"),
        ("--per-image", "nowhere/i.csv", "no such folder"),
    ],
)
def test_files_that_cannot_be_written_are_refused_first(world, tmp_path, capsys, option, name, said):
    assert call("evaluate", *world.options, option, tmp_path / name) == 2
    assert said in capsys.readouterr().err


def test_label_maps_have_no_objects(street, tmp_path, capsys):
    assert call("evaluate", *street.scored, "--workers", 1, "--per-object", tmp_path / "o.csv") == 2
    assert "--per-object: semantic truth" in capsys.readouterr().err
