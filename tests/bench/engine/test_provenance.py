from __future__ import annotations

import json
import platform
from pathlib import Path

import numpy as np
import pytest

from boundary_bench.bench.engine import fingerprints, provenance
from boundary_bench.bench.engine.plan import plan
from boundary_bench.bench.io import environment
from tests.bench import fakes
from tests.bench.worlds import experiment


def test_it_says_what_made_the_numbers_but_not_who_or_where(tmp_path: Path) -> None:
    found = provenance.manifest(
        plan(experiment(tmp_path)), ["/usr/bin/bench", "run", f"{tmp_path}/e.yaml", f"--output={tmp_path}/x"]
    )
    made = found["provenance"]
    assert made["command"] == ["bench", "run", "e.yaml", "--output=x"]
    assert made["versions"]["numpy"] == np.__version__
    assert made["python"] == platform.python_version()
    assert made["dataset"]["samples"] == 5
    assert set(made["predictions"]) == {"first", "second"}
    assert made["predictions"]["first"]["digest"] != made["predictions"]["second"]["digest"]
    assert found["experiment"]["output"] == "out"
    text = json.dumps(found)
    assert str(tmp_path) not in text
    assert str(Path.home()) + "/" not in text
    assert platform.node() not in text


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("/data/run/e.yaml", "e.yaml"),
        ("/data/run", "."),
        ("/data/camvid", "../camvid"),
        ("/elsewhere/of/somebody/camvid", ".../camvid"),
        ("--root=/elsewhere/camvid", "--root=.../camvid"),
        ("/data/run/mine.py:Mine", "mine.py:Mine"),
        ("~/camvid", ".../camvid"),
        ("${BENCH_DATA}/camvid", "${BENCH_DATA}/camvid"),
        ("relative/camvid", "relative/camvid"),
        ("a=b", "a=b"),
        (Path("/elsewhere/x"), ".../x"),
        ({"a": ["/elsewhere/x", 3, None]}, {"a": [".../x", 3, None]}),
    ],
)
def test_portable_paths(value: object, expected: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BENCH_DATA", raising=False)
    assert environment.portable(value, Path("/data/run")) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("/data/camvid/test", "$BENCH_DATA/camvid/test"),
        ("--root=/data/camvid", "--root=$BENCH_DATA/camvid"),
        ("/data/run/e.yaml", "e.yaml"),
        ("/database/camvid", ".../camvid"),
    ],
)
def test_paths_in_the_folder_of_data(value: str, expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BENCH_DATA", "/data/")
    assert environment.portable(value, Path("/data/run")) == expected


def test_a_folder_of_data_may_be_named_from_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setenv("BENCH_DATA", "../data")
    assert environment.portable(tmp_path / "data" / "camvid", Path("/elsewhere/run")) == "$BENCH_DATA/camvid"


def test_dataset_and_prediction_digests_are_those_of_contents(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = provenance.digests(plan(experiment(tmp_path)))
    np.save(tmp_path / "first" / "s0.npy", np.zeros(fakes.SIZE, np.uint8))
    after = provenance.digests(plan(experiment(tmp_path)))
    assert before["dataset"] == after["dataset"]
    assert before["predictions"]["second"] == after["predictions"]["second"]
    assert before["predictions"]["first"]["digest"] != after["predictions"]["first"]["digest"]
    fingerprints.class_digest.cache_clear()
    monkeypatch.setattr(fingerprints, "code_digest", lambda: "another version")
    assert provenance.digests(plan(experiment(tmp_path))) == after
    fewer = provenance.digests(plan(experiment(tmp_path, samples={"first": 2})))
    assert fewer["dataset"]["digest"] != after["dataset"]["digest"]
    fingerprints.class_digest.cache_clear()


def test_git_state(tmp_path: Path) -> None:
    assert environment.git_state(tmp_path) is None
    (tmp_path / ".git").mkdir()
    assert environment.git_state(tmp_path) is None
