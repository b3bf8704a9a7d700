from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from boundary_bench.bench.engine.runner import run
from boundary_bench.bench.errors import InputError
from boundary_bench.bench.results.merge import merge
from boundary_bench.bench.results.store import Store
from tests.bench import fakes
from tests.bench.cli.street import call
from tests.bench.worlds import HERE, document, experiment
from tests.faults.world import require_whole, undisturbed

FILL = {"name": f"{HERE}:Fill", "label": "fill"}


def part(folder: Path, output: str, **changes: Any) -> Path:
    run(experiment(folder, output=output, **changes))
    return folder / output


@pytest.mark.parametrize(
    "parts",
    [
        [{"samples": {"first": 3}}, {"samples": {"every": 2}}],
        [{"samples": {"first": 3}}, {}],
        [{"refiners": ["identity", FILL]}, {"refiners": [{"name": f"{HERE}:Copy", "label": "copy"}, "identity"]}],
        [{"executor": {"name": "serial"}}, {"executor": {"name": "processes", "workers": None}, "refiners": [FILL]}],
    ],
)
def test_parts_make_the_whole(tmp_path: Path, parts: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("boundary_bench.bench.results.merge.ROWS_PER_SHARD", 7)
    from boundary_bench.bench.engine.executors import Serial

    monkeypatch.setattr("boundary_bench.bench.engine.runner.named", lambda *_: Serial())
    folders = [part(tmp_path, f"part{number}", **changes) for number, changes in enumerate(parts)]
    there = set[str]().union(*(Store.open(folder).done() for folder in folders))
    assert merge(folders, tmp_path / "out") == len(there)
    assert Store.open(tmp_path / "out").done() == there
    outcome = run(experiment(tmp_path), resume=True)
    assert outcome.reused == len(there)
    require_whole(outcome, undisturbed(experiment(tmp_path, output="undisturbed")))


def test_prediction_sets_are_brought_together(tmp_path: Path) -> None:
    sets = document(tmp_path)["predictions"]
    folders = [part(tmp_path, f"part{number}", predictions=[one]) for number, one in enumerate(sets)]
    merge(folders, tmp_path / "out")
    described = Store.open(tmp_path / "out").manifest()
    assert [one["name"] for one in described["experiment"]["predictions"]] == ["first", "second"]
    assert [one["run"] for one in described["provenance"]["merged"]] == ["part0", "part1"]
    assert run(experiment(tmp_path), resume=True).computed == 0


def test_a_measured_row_counts_before_a_failed_one(tmp_path: Path) -> None:
    whole = part(tmp_path, "whole")
    rows = list(Store.open(whole).rows().values())
    failing = Store.create(tmp_path / "failing", Store.open(whole).manifest())
    failing.append([replace(row, status="failed", arrays={}) for row in rows])
    for order in ([failing.folder, whole], [whole, failing.folder]):
        merge(order, tmp_path / "out")
        assert {row.status for row in Store.open(tmp_path / "out").rows_by_name()} == {"ok"}
        shutil.rmtree(tmp_path / "out")


@pytest.mark.usefixtures("shards_in_order")
def test_different_measurements_of_one_thing_are_refused_by_name(tmp_path: Path) -> None:
    one = part(tmp_path, "one")
    np.save(tmp_path / "second" / "s4.npy", np.zeros(fakes.SIZE, np.uint8))
    other = part(tmp_path, "other")
    with pytest.raises(InputError, match=r"run other: s4, second, fill, .*Accuracy: another.*run one.*inputs"):
        merge([one, other], tmp_path / "out")
    assert not (tmp_path / "out").exists()
    store = Store.create(tmp_path / "changed", Store.open(one).manifest())
    rows = list(Store.open(one).rows().values())
    store.append([replace(rows[0], arrays={"hits": np.zeros(3), "pixels": np.ones(3)}), *rows[1:]])
    with pytest.raises(InputError, match="its inputs are the same") as caught:
        merge([one, store.folder], tmp_path / "out")
    assert len(caught.value.problems) == 1


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"bootstrap": {"replicates": 41}}, r"run other: bootstrap: \{'replicates': 41\}"),
        ({"missing": "skip"}, "run other: missing: 'skip'; allowed: None, as in run one"),
        ({"dataset": {"name": f"{HERE}:Drawn", "split": "test"}}, "run other: dataset: "),
        ({"refiners": [{**FILL, "rows": 3}]}, "run other: refiners: other settings of fill than in run one"),
    ],
)
def test_other_experiments_are_refused(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    one, other = part(tmp_path, "one"), part(tmp_path, "other", **changes)
    with pytest.raises(InputError, match=message):
        merge([one, other], tmp_path / "out")


@pytest.mark.usefixtures("shards_in_order")
def test_a_damaged_part_is_refused(tmp_path: Path) -> None:
    one, other = part(tmp_path, "one", samples={"first": 1}), part(tmp_path, "other")
    (shard,) = (other / "shards").iterdir()
    shard.write_bytes(shard.read_bytes()[:99])
    with pytest.raises(InputError, match=f"run other: {shard.name} cannot be read"):
        merge([one, other], tmp_path / "out")


def test_the_verb(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one, other = part(tmp_path, "one", samples={"first": 1}), part(tmp_path, "other")
    out = tmp_path / "both"
    assert call("merge", one, other, "--out", out) == 0
    assert capsys.readouterr().out.splitlines()[0] == f"30 measurements: {out}"
    assert call("merge", one, other, "--out", out) == 2
    assert "a new or an empty folder" in capsys.readouterr().err
    assert call("merge", one, "--out", tmp_path / "x") == 2
    assert call("merge", one, tmp_path / "none", "--out", tmp_path / "x") == 2
    assert not (tmp_path / "x").exists()
