"""Readers of experiments, and of what a run leaves."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from unittest.mock import patch

import numpy as np
import yaml

from tests.fuzz import mutations
from tests.fuzz.target import Target, own_errors

EXPERIMENT = b"""\
dataset: {name: camvid, root: "${HOME}/x", split: test}
samples: {every: 2, first: 1}
predictions: &sets
  - {name: a, format: label_png, path: a}
  - {name: b, members: [a], format: ensemble}
refiners: [identity, {chain: [{name: segfix_offsets, offsets: o}, majority_filter], label: both, only: [a]}]
metrics: [mean_iou, {name: boundary_f, label: wide, radius_px: 5.5}]
recovery_of: both
missing: skip
executor: {name: processes, workers: 2}
bootstrap: {replicates: 10, level: 0.9}
output: out
"""


def experiment(folder: Path) -> Target:
    """The file, and its first line as an option `--set` and as a parameter."""
    from boundary_bench.bench.cli.inputs import parameters
    from boundary_bench.bench.config.experiment import experiment_from, load_experiment

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
    from boundary_bench.bench.predictions.registered import DatasetRef, register, registered

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
        "metrics": [{"name": "mean_iou"}, {"name": "boundary_f", "label": "wide", "radius_px": 5}],
        "bootstrap": {"replicates": 10, "unit": "image"},
    },
    "provenance": {"git": None, "code": "abc", "versions": {"numpy": "2"}, "cpu": "none"},
}
ABOUT = {"name": "camvid", "split": "test", "offered": {"classes": ["a", "b", "c"], "colours": None}}

SUMMARY = {"task": "semantic", "samples": 2, "clusters": None, "classes": ["a"], "colours": [[1, 2, 3]]}


def run(folder: Path) -> Path:
    """A run folder with measurements of two samples."""
    from boundary_bench.bench.results.rows import Row
    from boundary_bench.bench.results.store import Store

    store = Store.create(folder, {key: value for key, value in MANIFEST.items() if key != "schema"})
    arrays = {"confusion": np.eye(3, dtype=np.int64), "share": np.array([0.5, np.nan])}
    rows = [Row(f"{n}", f"s{n}", f"c{n}", "p", "identity", "mean_iou", "ok", arrays=arrays) for n in range(2)]
    store.append([*rows, Row("9", "s2", None, "p", "identity", "mean_iou", "failed", "ValueError: x")])
    return folder


def manifest(folder: Path) -> Target:
    from boundary_bench.bench.analysis.rows import rows_of_run
    from boundary_bench.bench.results.merge import merge
    from boundary_bench.bench.results.store import Store

    first, second = run(folder / "one"), run(folder / "two")

    def read(data: bytes) -> None:
        (first / "manifest.json").write_bytes(data)
        with own_errors():
            rows_of_run(Store.open(first), ABOUT)
        with own_errors():
            merge((second, first), folder / "out")
        shutil.rmtree(folder / "out", ignore_errors=True)

    return Target([json.dumps(MANIFEST).encode()], read, mutations.json_tree)


def shard(folder: Path) -> Target:
    from boundary_bench.bench.analysis.rows import rows_of_run
    from boundary_bench.bench.results.store import Store

    path = next((run(folder / "one") / "shards").glob("*.parquet"))

    def read(data: bytes) -> None:
        path.write_bytes(data)
        with own_errors():
            store = Store.open(folder / "one")
            store.rows()
            rows_of_run(store, ABOUT)

    return Target([path.read_bytes()], read, mutations.raw)


def results(folder: Path) -> Target:
    from boundary_bench.bench.results.table import COLUMNS, FILE, SCHEMA, Results

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
        "definitions": {"mean_iou": {"about": "x"}},
        "refused": [{"predictions": "p", "refiner": "r", "reason": "x"}],
        "provenance": {"bootstrap": {"level": 0.95}, "experiment": {}},
    }

    def read(data: bytes) -> None:
        (folder / FILE).write_bytes(data)
        with own_errors():
            Results.load(folder)

    return Target([json.dumps(document).encode()], read, mutations.json_tree)
