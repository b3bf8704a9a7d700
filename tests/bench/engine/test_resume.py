from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from boundary_bench.bench.analysis.rows import rows_of_run
from boundary_bench.bench.analysis.summary import summarise_run
from boundary_bench.bench.config.experiment import experiment_from
from boundary_bench.bench.engine import fingerprints, measuring_code, outdated, provenance
from boundary_bench.bench.engine.plan import plan
from boundary_bench.bench.engine.runner import Outcome, run
from boundary_bench.bench.errors import InputError
from boundary_bench.bench.results.store import Store
from boundary_bench.bench.results.table import Results
from tests.bench import fakes, worlds
from tests.bench.worlds import HERE, experiment, require_equal


def results(outcome: Outcome) -> Results:
    return summarise_run(outcome.store, plan(outcome.plan.experiment))


def test_a_finished_run_is_not_run_again(tmp_path: Path) -> None:
    first = run(experiment(tmp_path))
    assert (first.computed, first.reused) == (30, 0)
    shards = sorted((tmp_path / "out" / "shards").iterdir())
    again = run(experiment(tmp_path), resume=True)
    assert (again.computed, again.reused) == (0, 30)
    assert sorted((tmp_path / "out" / "shards").iterdir()) == shards
    require_equal(results(first), results(again))
    with pytest.raises(InputError, match="--resume continues it"):
        run(experiment(tmp_path))
    assert run(experiment(tmp_path), overwrite=True).computed == 30


@pytest.mark.parametrize("stop_after", [0, 1, 3])
def test_an_interrupted_run_resumes(tmp_path: Path, stop_after: int) -> None:
    whole = run(experiment(tmp_path, output="whole"))

    def interrupt(done: int, total: int) -> None:
        if done == stop_after:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(experiment(tmp_path), progress=interrupt)
    kept = Store.open(tmp_path / "out").done()
    assert len(kept) == 6 * stop_after
    with pytest.raises(InputError, match="measurements are not in it"):
        summarise_run(Store.open(tmp_path / "out"), plan(experiment(tmp_path)))
    steps: list[tuple[int, int]] = []
    resumed = run(experiment(tmp_path), resume=True, progress=lambda done, total: steps.append((done, total)))
    assert (resumed.computed, resumed.reused) == (30 - 6 * stop_after, 6 * stop_after)
    assert steps == [(done, 5) for done in range(stop_after, 6)]
    require_equal(results(whole), results(resumed))


@pytest.mark.usefixtures("shards_in_order")
@pytest.mark.parametrize("seed", range(5))
def test_one_run_is_its_merged_shards(tmp_path: Path, seed: int) -> None:
    whole = run(experiment(tmp_path))
    rng = np.random.default_rng(seed)
    rows = list(whole.store.rows().values())
    merged = Store.create(tmp_path / "merged", whole.store.manifest())
    order = rng.permutation(len(rows))
    for part in np.array_split(order, int(rng.integers(1, 8))):
        # Some rows in two shards: two machines may both have made them.
        merged.append([rows[i] for i in [*part, *rng.choice(order, 3)]])
    require_equal(results(whole), summarise_run(merged, plan(experiment(tmp_path))))


@pytest.mark.usefixtures("shards_in_order")
def test_an_unreadable_shard_is_made_again(tmp_path: Path) -> None:
    whole = run(experiment(tmp_path, output="whole"))
    run(experiment(tmp_path))
    (shard,) = (tmp_path / "out" / "shards").iterdir()
    shard.write_bytes(shard.read_bytes()[:100])
    again = run(experiment(tmp_path), resume=True)
    assert again.computed == 30
    assert any(shard.name in note for note in again.notes)
    require_equal(results(whole), results(again))


def test_a_file_that_breaks_in_the_middle_fails_its_jobs_only(tmp_path: Path) -> None:
    whole = run(experiment(tmp_path, output="whole"))
    broken = tmp_path / "first" / "s3.npy"
    good = broken.read_bytes()

    def damage(done: int, total: int) -> None:
        if done == 2:
            broken.write_bytes(b"not an array")

    outcome = run(experiment(tmp_path), progress=damage)
    assert {(row.sample, row.predictions) for row in outcome.failures} == {("s3", "first")}
    assert len(outcome.failures) == 3
    # Still broken: known by name, tried again without stopping the rest.
    numbers = results(outcome).numbers
    assert set(numbers[numbers["predictions"] == "first"]["failed"]) == {1}
    still = run(experiment(tmp_path), resume=True)
    assert (still.computed, len(still.failures)) == (3, 3)
    broken.write_bytes(good)
    mended = run(experiment(tmp_path), resume=True)
    assert (mended.computed, mended.failures) == (3, ())
    require_equal(results(whole), results(mended))


def test_a_changed_prediction_is_noticed(tmp_path: Path) -> None:
    first = set(run(experiment(tmp_path)).store.rows())
    np.save(tmp_path / "second" / "s4.npy", np.zeros(fakes.SIZE, np.uint8))
    again = run(experiment(tmp_path), resume=True)
    assert (again.computed, again.reused) == (3, 27)
    fresh = run(experiment(tmp_path, output="fresh"))
    require_equal(results(fresh), results(again))
    assert len(first & fresh.store.rows().keys()) == 27


@pytest.mark.parametrize(
    ("changes", "computed"),
    [
        ({"refiners": ["identity", {"name": f"{HERE}:Fill", "label": "fill", "rows": 3}]}, 10),
        ({"refiners": ["identity", {"name": f"{HERE}:Fill", "label": "another name"}]}, 0),
        ({"metrics": [f"{HERE}:Accuracy", "mean_iou"]}, 30),
        ({"bootstrap": {"replicates": 7, "seed": 3}}, 0),
    ],
)
def test_only_what_changes_numbers_is_run_again(tmp_path: Path, changes: dict[str, Any], computed: int) -> None:
    run(experiment(tmp_path))
    assert run(experiment(tmp_path, **changes), resume=True).computed == computed


def test_how_predictions_are_read_is_part_of_what_rows_are_known_by(tmp_path: Path) -> None:
    run(experiment(tmp_path))
    document = worlds.document(tmp_path)
    document["predictions"][1]["add"] = 1
    assert run(experiment_from(document, tmp_path), resume=True).computed == 15


def test_places_and_names_are_not(tmp_path: Path) -> None:
    run(experiment(tmp_path))
    shutil.move(tmp_path / "first", tmp_path / "moved")
    predictions = [{"name": "renamed", "format": f"{HERE}:Saved", "path": "moved"}]
    outcome = run(experiment(tmp_path, predictions=predictions), resume=True)
    assert (outcome.computed, outcome.reused) == (0, 15)
    assert set(results(outcome).numbers["predictions"]) == {"renamed"}


def test_a_file_that_a_refiner_reads_is_noticed_sample_by_sample(tmp_path: Path) -> None:
    folder = tmp_path / "offsets"
    folder.mkdir()
    for number in range(4):
        (folder / f"s{number}.txt").write_text("1")
    refiners = ["identity", {"chain": [{"name": f"{HERE}:FromFile", "folder": "offsets"}, "identity"], "label": "x"}]
    with pytest.raises(InputError, match=r"x: s4: no file for s4; allowed: s4\.txt"):
        run(experiment(tmp_path, refiners=refiners))
    assert not (tmp_path / "out").exists()
    (folder / "s4.txt").write_text("1")
    assert run(experiment(tmp_path, refiners=refiners)).computed == 20
    (folder / "s2.txt").write_text("0")
    assert run(experiment(tmp_path, refiners=refiners), resume=True).computed == 2


def test_a_users_own_file_is_noticed(tmp_path: Path) -> None:
    source = "class Mine:\n tasks = frozenset({'semantic'})\n def refine(self, i, p):\n  return p\n"
    (tmp_path / "mine.py").write_text(source)
    refiners = ["identity", {"name": "mine.py:Mine", "label": "mine"}]
    run(experiment(tmp_path, refiners=refiners))
    (tmp_path / "mine.py").write_text(source + "\n# another version\n")
    assert run(experiment(tmp_path, refiners=refiners), resume=True).computed == 10


def test_a_part_of_another_experiment_gets_a_manifest_of_its_own(tmp_path: Path) -> None:
    whole = run(experiment(tmp_path), command=("bench", "run", "whole"))
    part = experiment(tmp_path, refiners=["identity"])
    assert run(part, resume=True, command=("bench", "run", "part")).computed == 0
    manifest = whole.store.manifest()
    assert manifest["experiment"]["refiners"] == ["identity"]
    assert manifest["provenance"]["command"] == ["bench", "run", "part"]
    elsewhere = experiment(tmp_path, refiners=["identity"], executor={"name": "processes", "workers": 1})
    run(elsewhere, resume=True, command=("bench", "run", "again"))
    assert whole.store.manifest() == manifest


def test_rows_of_other_code_are_named_and_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = run(experiment(tmp_path))
    before = results(first)
    before.save(first.store.folder)
    for module in (fingerprints, measuring_code, outdated, provenance):
        monkeypatch.setattr(module, "code_digest", lambda: "another version")
    fingerprints.class_digest.cache_clear()
    again = run(experiment(tmp_path), resume=True)
    fingerprints.class_digest.cache_clear()
    assert (again.computed, again.reused) == (30, 0)
    (note,) = (note for note in again.notes if "measured again" in note)
    assert note.startswith("30 measurements in out are of other code")
    assert len(again.store.rows_by_name()) == 30
    assert rows_of_run(again.store, before.dataset).cells


def test_rows_of_another_parameter_are_replaced_and_others_kept(tmp_path: Path) -> None:
    run(experiment(tmp_path))
    fill = {"name": f"{HERE}:Fill", "label": "fill", "fails_on": 99}
    changed = run(experiment(tmp_path, refiners=["identity", fill]), resume=True)
    assert (changed.computed, changed.reused) == (10, 10)
    (note,) = (note for note in changed.notes if "measured again" in note)
    assert note.startswith("10 measurements in out are of other inputs or parameters")
    names = [(row.sample, row.predictions, row.refiner) for row in changed.store.rows_by_name()]
    assert len(names) == len(set(names)) == 30
