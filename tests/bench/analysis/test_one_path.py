"""Every command prints the same bits of a run: values, differences and the ends of their intervals."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from boundary_bench.bench.analysis.leaderboard import leaderboard
from boundary_bench.bench.analysis.numbers import Numbers
from boundary_bench.bench.analysis.rows import rows_of_run
from boundary_bench.bench.cli import main
from boundary_bench.bench.report.page.build import Run
from boundary_bench.bench.results.store import Store
from boundary_bench.bench.results.table import Results
from tests.bench.analysis import tied

HERE = "tests.bench.analysis.tied"
METRICS: Mapping[str, list[Any]] = {
    "semantic": ["mean_iou", "boundary_f", "boundary_iou", "error_distance"],
    "instance": ["average_precision", {"name": "average_precision", "iou": "boundary"}, "average_f", "iou_change"],
    "panoptic": ["panoptic_quality"],
    "edges": ["semantic_edges"],
}
Key = tuple[str, str, str, str | None]
"""predictions, refiner, number, class."""
Call = Callable[..., str]


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Call:
    def called(*arguments: object) -> str:
        capsys.readouterr()
        with pytest.raises(SystemExit) as stop:
            main([str(argument) for argument in arguments])
        said = capsys.readouterr()
        assert not stop.value.code, said.err
        return said.out

    return called


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Makes the run of a task once."""
    return cache(lambda task: made(task, tmp_path_factory.mktemp(task)))


@pytest.fixture(params=METRICS)
def folder(request: pytest.FixtureRequest, tmp_path: Path, runs: Callable[[str], Path]) -> Path:
    """A run of a task, to be changed at will."""
    shutil.copytree(runs(request.param), tmp_path, dirs_exist_ok=True)
    return tmp_path / "run"


def made(task: str, folder: Path) -> Path:
    document = {
        "dataset": {"name": f"{HERE}:Tied", "task": task},
        "predictions": [
            {"name": "near", "format": f"{HERE}:Shifted"},
            {"name": "far", "format": f"{HERE}:Shifted", "more": 2},
        ],
        "refiners": ["identity", {"name": f"{HERE}:Unshift", "label": "unshift"}],
        "metrics": METRICS[task],
        "executor": {"name": "serial"},
        "bootstrap": {"replicates": 30, "interval": "percentile"},
        "output": "run",
    }
    (folder / "study.yaml").write_text(yaml.safe_dump(document))
    with pytest.raises(SystemExit) as stop:
        main(["run", str(folder / "study.yaml")])
    assert not stop.value.code
    return folder


def gains(results: Results) -> dict[Key, tuple[float, ...]]:
    """What the run says: value, difference and its ends, where there is a difference."""
    rows = results.numbers.to_dict("records")
    columns = ("value", "difference", "difference_low", "difference_high")
    return {key_of(row): tuple(row[name] for name in columns) for row in rows if row["refiner"] != "identity"}


def key_of(row: Mapping[str, Any]) -> Key:
    return row["predictions"], row["refiner"], row["metric"], row["class"]


def contrasts_of(found: Any) -> dict[Key, tuple[float, ...]]:
    return {
        (each.predictions, each.refiner, each.metric, each.class_name): (
            each.value,
            each.difference,
            each.low,
            each.high,
        )
        for each in (*found.overall, *found.by_class)
    }


def bits(numbers: Mapping[Any, tuple[float | None, ...]]) -> dict[Any, bytes]:
    """What must be the same; undefined values are all alike."""
    return {
        key: np.array([np.nan if value is None else value for value in values], float).tobytes()
        for key, values in numbers.items()
    }


def test_all_commands_print_the_same_bits(folder: Path, call: Call) -> None:
    results = Results.load(folder)
    expected = bits(gains(results))
    metrics = [option for name in Numbers(results).metrics for option in ("--metric", name)]
    printed = json.loads(call("table", folder, "--format", "json", *metrics))["rows"]
    columns = ("value", "difference", "difference_low", "difference_high")
    table = {key_of(row): tuple(row[name] for name in columns) for row in printed if row["refiner"] != "identity"}
    assert table
    assert bits(table) == {key: expected[key] for key in table}

    compared = json.loads(call("compare", folder, "--format", "json", "--permutations", 3, *metrics))
    names = ("value", "difference", "low", "high")
    found = {key_of(row): tuple(row[name] for name in names) for row in compared["rows"]}
    assert found
    assert bits(found) == {key: expected[key] for key in found}
    assert {key[2] for key in found if key[3] is None} == set(Numbers(results).metrics)

    reported = contrasts_of(Run.open(folder, permutations=3).found)
    assert reported
    assert bits(reported) == {key: expected[key] for key in reported}

    for board in leaderboard({"run": results}, Numbers(results).metrics):
        (standing,) = (each for each in board.standings if each.refiner == "unshift")
        for predictions, place in zip(("near", "far"), standing.places, strict=True):
            gain = (place.gain.value, place.gain.low, place.gain.high)
            assert bits({0: gain})[0] == expected[predictions, "unshift", board.metric, None][8:]

    numbers = Numbers(results)
    for method in numbers.methods:
        if method.refiner != "identity":
            for metric in numbers.metrics:
                gain = numbers.get(method, metric).gain  # what the papers' tables print
                key = (method.predictions, method.refiner, metric, None)
                assert bits({0: (gain.value, gain.low, gain.high)})[0] == expected[key][8:]


def test_the_order_of_shards_decides_nothing(folder: Path, call: Call) -> None:
    before = call("compare", folder, "--format", "json", "--permutations", 3)
    store = Store.open(folder)
    rows = store.rows_by_name()
    random.Random(1).shuffle(rows)
    for shard in (folder / "shards").glob("*.parquet"):
        shard.unlink()
    for start in range(0, len(rows), 7):
        store.append(rows[start : start + 7])
    assert call("compare", folder, "--format", "json", "--permutations", 3) == before
    results = Results.load(folder)
    call("run", folder.parent / "study.yaml", "--resume")
    assert bits(gains(Results.load(folder))) == bits(gains(results))


def test_samples_are_in_the_order_of_the_data_set(folder: Path) -> None:
    dataset = Results.load(folder).dataset
    expected = tuple(f"s{number}" for number in range(tied.COUNT, 0, -1))
    rows = rows_of_run(Store.open(folder), dataset)
    assert (rows.samples, rows.in_dataset_order) == (expected, True)
    earlier = rows_of_run(Store.open(folder), {key: dataset[key] for key in dataset if key != "sample_ids"})
    assert (earlier.samples, earlier.in_dataset_order) == (tuple(sorted(expected)), False)


def test_a_run_of_fewer_samples_than_its_folder_has(folder: Path, call: Call) -> None:
    """Rows of an earlier run in the folder, of samples that are no longer selected, count for nothing."""
    call("run", folder.parent / "study.yaml", "--set", "samples.every=2", "--resume")
    results = Results.load(folder)
    rows = rows_of_run(Store.open(folder), results.dataset)
    assert rows.samples == tuple(f"s{number}" for number in range(tied.COUNT, 0, -2))
    assert rows.in_dataset_order
    compared = json.loads(call("compare", folder, "--format", "json", "--permutations", 3))["rows"]
    found = {key_of(row): tuple(row[name] for name in ("value", "difference", "low", "high")) for row in compared}
    expected = bits(gains(results))
    assert found
    assert bits(found) == {key: expected[key] for key in found}
