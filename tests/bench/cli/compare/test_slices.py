"""`bench compare --where`: means over some objects, held to arithmetic on the tables; conditions run no code."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from boundary_bench.bench.analysis.slices.expression import Condition
from boundary_bench.bench.errors import InputError
from tests.bench.cli.compare.test_models import files, whole
from tests.bench.cli.street import call

__all__ = ["files"]


@pytest.fixture(scope="module")
def tables(files):
    """Rows of the objects of both results."""
    for name in ("old", "new"):
        options = ("--annotations", files / "truth.json", "--workers", 1, "--no-intervals")
        target = files / f"{name}.parquet"
        assert call("evaluate", "--predictions", files / f"{name}.json", *options, "--per-object", target) == 0
    return files


def real(path):
    frame = pd.read_parquet(path)
    return frame[(frame["kind"] == "object") & ~frame["crowd"]].reset_index(drop=True)


def compared(first, second, capsys, *more):
    capsys.readouterr()
    assert call("compare", first, second, "--format", "json", "--permutations", 99, *more) == 0
    return json.loads(capsys.readouterr().out)


def test_means_are_those_of_the_table(tables, capsys):
    one, other = (real(tables / f"{name}.parquet") for name in ("old", "new"))
    middle = int(one["area_px"].median())
    found = whole(compared(tables / "old.parquet", tables / "new.parquet", capsys, "--where", f"area_px < {middle}"))
    small = one["area_px"] < middle
    assert 0 < small.sum() < len(one)
    columns = {"object_iou": "iou", "object_boundary_iou": "boundary_iou", "object_boundary_f@1px": "boundary_f_1px"}
    for metric, column in columns.items():
        means = [np.where(side["matched"], side[column], 0.0)[small].mean() for side in (one, other)]
        assert (found[metric]["against_value"], found[metric]["value"]) == pytest.approx(means)
    recalls = [side["matched"][small].mean() for side in (one, other)]
    assert (found["recall"]["against_value"], found["recall"]["value"]) == pytest.approx(recalls)
    assert found["object_iou"]["low"] < found["object_iou"]["difference"] < found["object_iou"]["high"]
    of_files = compared(
        tables / "old.json", tables / "new.json", capsys, "--annotations", tables / "truth.json", "--workers", 1,
        "--where", f"area_px < {middle}",
    )  # fmt: skip
    assert {n: (r["value"], r["low"], r["p"]) for n, r in whole(of_files).items()} == {
        n: (r["value"], r["low"], r["p"]) for n, r in found.items()
    }


def test_all_objects_are_what_evaluate_says(tables, capsys):
    found = whole(compared(tables / "old.parquet", tables / "new.parquet", capsys))
    options = ("--annotations", tables / "truth.json", "--workers", 1, "--no-intervals", "--metric", "object_scores")
    assert call("evaluate", "--predictions", tables / "new.json", *options, "--json", "-") == 0
    scores = json.loads(capsys.readouterr().out)["metrics"]
    for name in ("object_iou", "object_boundary_iou", "recall"):
        assert found[name]["value"] == pytest.approx(scores[name]["value"], abs=1e-12)


def test_csv_and_columns_of_ones_own(tables, capsys, tmp_path):
    one = real(tables / "old.parquet")
    for name in ("old", "new"):
        pd.read_parquet(tables / f"{name}.parquet").to_csv(tmp_path / f"{name}.csv", index=False)
    ids = one["annotation_id"].astype(int)
    pd.DataFrame({"annotation_id": ids[:-1], "wet": [k % 2 == 0 for k in ids[:-1]]}).to_csv(tmp_path / "own.csv")
    more = ("--objects", tmp_path / "own.csv", "--where", "wet")
    document = compared(tmp_path / "old.csv", tmp_path / "new.csv", capsys, *more)
    wet = (ids % 2 == 0) & (np.arange(len(one)) < len(one) - 1)
    assert document["dataset"]["split"] == f"{wet.sum()} of {len(one)} where wet"
    mean = np.where(one["matched"], one["iou"], 0.0)[wet].mean()
    assert whole(document)["object_iou"]["against_value"] == pytest.approx(mean)


@pytest.mark.parametrize(
    ("where", "told"),
    [
        ("iou < 0.5", "iou, which differs between the models"),
        ("area < 5", "did you mean 'area_px'"),
        ("area_px < 0", "none of"),
        ("category < 5", "texts beside texts"),
        ("area_px = 5", "equal is =="),
        ("(area_px < 5) & (area_px > 1)", "and, or instead of"),
        ("area_px", "which is not true or false"),
    ],
)
def test_conditions_that_cannot_be_are_refused(tables, capsys, where, told):
    assert call("compare", tables / "old.parquet", tables / "new.parquet", "--where", where) == 2
    assert told in capsys.readouterr().err


@pytest.mark.parametrize(
    "text",
    ["__import__('os')", "a.b", "a[0]", "[x for x in a]", "(lambda: 1)()", "f'{a}'", "@a", "a if a else a", "a := 1",
     "a ** 9", "a is 1", "a < (b < 1)"],
)  # fmt: skip
def test_no_code_is_run(text):
    with pytest.raises(InputError):
        Condition(text).of({"a": np.array([1.0], object), "b": np.array([1.0], object)})


def test_conditions_by_hand():
    columns = {
        "a": np.array([1, 2, None, 4], object),
        "t": np.array(["x", "y", "x", None], object),
        "q": np.array([True, False, True, None], object),
    }
    expected = {
        "a < 3": [1, 1, 0, 0],
        "1 < a <= 4": [0, 1, 0, 1],
        "not a < 3": [0, 0, 1, 1],
        "t == 'x' and q": [1, 0, 1, 0],
        "t in ('y', 'z') or a == 4": [0, 1, 0, 1],
        "t != 'x'": [0, 1, 0, 0],
        "a not in [1, -2]": [0, 1, 1, 1],
        "q == False": [0, 1, 0, 0],
    }
    for text, rows in expected.items():
        assert Condition(text).of(columns).tolist() == [bool(row) for row in rows], text


def test_tables_of_other_truth_are_refused(tables, capsys, tmp_path):
    frame = pd.read_parquet(tables / "new.parquet")
    first = frame["sample"].iloc[0]
    frame[frame["sample"] != first].to_parquet(tmp_path / "fewer.parquet")
    frame.assign(area_px=frame["area_px"] + 1).to_parquet(tmp_path / "larger.parquet")
    frame.drop(columns="matched").to_parquet(tmp_path / "other.parquet")
    for name, told in (
        ("fewer", "6 images, and 7 in old"),
        ("larger", "another area_px"),
        ("other", "no column matched"),
    ):
        assert call("compare", tables / "old.parquet", tmp_path / f"{name}.parquet") == 2
        assert told in capsys.readouterr().err
    assert call("compare", tables / "old.parquet", tables / "new.parquet", "--annotations", "x.json") == 2
    assert "--annotations: no option of a comparison of tables" in capsys.readouterr().err
