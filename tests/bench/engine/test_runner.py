from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from boundary_bench.bench.analysis.summary import summarise_run
from boundary_bench.bench.engine.job import process_sample, todos
from boundary_bench.bench.engine.plan import Plan, plan
from boundary_bench.bench.engine.runner import Outcome, pending, run
from boundary_bench.bench.errors import InputError
from boundary_bench.bench.plugins.validation import Findings
from boundary_bench.bench.results.rows import Row
from boundary_bench.bench.results.table import Results
from boundary_bench.metrics.structures.segmentation import SemanticMap
from tests.bench import fakes, worlds
from tests.bench.worlds import HERE, experiment


def results(outcome: Outcome) -> Results:
    return summarise_run(outcome.store, plan(outcome.plan.experiment))


def rows_of(planned: Plan, number: int = 0) -> dict[tuple[str, str], Row]:
    sample = planned.samples[number]
    rows = process_sample(planned, sample, tuple(todos(planned, sample)))
    return {(row.predictions, row.refiner): row for row in rows}


def test_a_sample_is_refined_and_measured(tmp_path: Path) -> None:
    rows = rows_of(plan(experiment(tmp_path)), 1)
    truth = fakes.Drawn("val").truth(fakes.Sample("s1")).labels
    labels = np.load(tmp_path / "second" / "s1.npy")
    pixels = [(truth == k).sum() for k in range(3)]
    filled = labels.copy()
    filled[4:] = 1
    for refiner, expected in (("identity", labels), ("fill", filled)):
        row = rows["second", refiner]
        assert (row.status, row.sample, row.metric) == ("ok", "s1", f"{HERE}:Accuracy")
        assert row.arrays["pixels"].tolist() == pixels
        assert row.arrays["hits"].tolist() == [((expected == k) & (truth == k)).sum() for k in range(3)]
    assert rows["second", "copy"].arrays["hits"].sum() > rows["second", "identity"].arrays["hits"].sum()
    assert rows["second", "identity"].seconds == 0.0
    assert rows["second", "fill"].seconds > 0.0


def test_everything_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    for owner, method in ((fakes.Drawn, "image"), (fakes.Drawn, "truth"), (fakes.Saved, "load")):
        original = getattr(owner, method)

        def counted(self: Any, sample: Any, original: Any = original, method: str = method) -> Any:
            read.append(f"{method} {self.name}")
            return original(self, sample)

        monkeypatch.setattr(owner, method, counted)
    planned = plan(experiment(tmp_path))
    todo = tuple(todos(planned, planned.samples[0]))
    read.clear()
    process_sample(planned, planned.samples[0], todo)
    assert sorted(read) == ["image drawn", "load first", "load second", "truth drawn"]


def test_the_identity_needs_no_images(tmp_path: Path) -> None:
    dataset = {"name": f"{HERE}:Drawn", "split": "val", "images": False}
    outcome = run(experiment(tmp_path, dataset=dataset, refiners=["identity"]))
    assert (outcome.computed, outcome.failures) == (10, ())
    rows = rows_of(plan(experiment(tmp_path, dataset=dataset)))
    assert [row.status for (_, refiner), row in rows.items() if refiner == "identity"] == ["ok", "ok"]
    assert {row.error for (_, refiner), row in rows.items() if refiner != "identity"} == {
        "FileNotFoundError: there is no image"
    }
    with pytest.raises(InputError, match="there is no image"):
        run(experiment(tmp_path, dataset=dataset, output="other"))
    assert not (tmp_path / "other").exists()


class Wrong:
    """A metric or a refiner whose result is not what it should be."""

    tasks = frozenset({"semantic"})

    def __init__(self, result: str, classes: int = 3) -> None:
        self._result = result

    def refine(self, image: Any, prediction: SemanticMap) -> Any:
        return {"none": None, "small": SemanticMap(prediction.labels[1:])}[self._result]

    def definition(self) -> dict[str, Any]:
        return {}

    def measure(self, *, prediction: SemanticMap, truth: SemanticMap) -> Any:
        return {"text": {"a": np.array(["x"])}, "huge": {"a": np.array([2**53 + 1])}}[self._result]


@pytest.mark.parametrize(
    ("result", "message"),
    [
        ("none", "TypeError: the result of x is a NoneType; allowed: a SemanticMap"),
        ("small", r"ValueError: the result of x is \(5, 8\); allowed: \(6, 8\)"),
    ],
)
def test_what_a_refiner_returns_is_checked(tmp_path: Path, result: str, message: str) -> None:
    refiners = ["identity", {"name": f"{__name__}:Wrong", "label": "x", "result": result}]
    rows = rows_of(plan(experiment(tmp_path, refiners=refiners)))
    assert rows["first", "x"].status == "failed"
    assert str(rows["first", "x"].error) == message.replace("\\", "")
    assert rows["first", "identity"].status == "ok"


@pytest.mark.parametrize(("result", "message"), [("text", "is <U1; allowed: bool, int, float"), ("huge", "2**53")])
def test_what_a_metric_returns_is_checked(tmp_path: Path, result: str, message: str) -> None:
    metrics = [{"name": f"{__name__}:Wrong", "result": result}]
    rows = rows_of(plan(experiment(tmp_path, metrics=metrics)))
    assert {row.status for row in rows.values()} == {"failed"}
    assert message in str(rows["first", "identity"].error)


def test_a_hidden_oracle_is_not_given_the_truth(tmp_path: Path) -> None:
    refiners = ["identity", {"name": f"{HERE}:FromFile", "label": "x", "folder": "first", "cheats": True}]
    rows = rows_of(plan(experiment(tmp_path, refiners=refiners)))
    assert "wants the truth without being known as an oracle" in str(rows["first", "x"].error)


def test_a_failing_cell_fails_alone(tmp_path: Path) -> None:
    refiners = ["identity", {"name": f"{HERE}:Fill", "label": "fill", "fails_on": 2}]
    outcome = run(experiment(tmp_path, refiners=refiners))
    assert [(row.sample, row.predictions, row.refiner) for row in outcome.failures] == [
        ("s2", "first", "fill"),
        ("s2", "second", "fill"),
    ]
    assert outcome.failures[0].error == "ZeroDivisionError: asked to"
    numbers = results(outcome).numbers
    counts = numbers[numbers["class"].isna()].set_index(["predictions", "refiner"])[["samples", "failed", "missing"]]
    assert counts.loc[("first", "fill")].tolist() == [4, 1, 0]
    assert counts.loc[("first", "identity")].tolist() == [5, 0, 0]


def test_what_refiners_read_is_checked_in_chains_too(tmp_path: Path) -> None:
    stage = {"name": f"{HERE}:Checked", "folder": "first", "height": 7}
    refiners = ["identity", {"chain": ["identity", {"chain": [stage]}], "label": "x"}]
    with pytest.raises(InputError, match=r"x: s0: s0\.txt is for 7 rows; allowed: 6"):
        run(experiment(tmp_path, refiners=refiners))
    assert not (tmp_path / "out").exists()


def test_missing_predictions(tmp_path: Path) -> None:
    worlds.document(tmp_path)
    (tmp_path / "first" / "s1.npy").unlink()
    with pytest.raises(InputError, match="s1"):
        run(experiment(tmp_path))
    skipped = run(experiment(tmp_path, missing="skip"))
    assert len(skipped.store.rows()) == 30
    numbers = results(skipped).numbers
    of_first = numbers[(numbers["predictions"] == "first") & (numbers["refiner"] == "identity")]
    assert set(of_first["samples"]) == {4}
    assert set(of_first["missing"]) == {1}
    empty = run(experiment(tmp_path, missing="empty"), resume=True)
    assert (empty.computed, empty.reused) == (3, 27)
    rows = rows_of(plan(experiment(tmp_path, missing="empty")), 1)
    assert {rows["first", refiner].status for refiner in ("identity", "fill", "copy")} == {"empty"}
    assert rows["first", "copy"].arrays["hits"].sum() == 0
    assert rows["first", "copy"].arrays["pixels"].sum() == 40
    assert rows["second", "copy"].status == "ok"
    numbers = results(empty).numbers
    of_first = numbers[(numbers["predictions"] == "first") & (numbers["refiner"] == "identity")]
    assert set(of_first["samples"]) == {5}
    assert set(of_first["missing"]) == {1}
    np.save(tmp_path / "first" / "s1.npy", np.zeros(fakes.SIZE, np.uint8))
    assert run(experiment(tmp_path, missing="empty"), resume=True).computed == 3


def test_missing_images(tmp_path: Path) -> None:
    dataset = {"name": f"{HERE}:Drawn", "split": "val", "without_image": ["s1"]}
    with pytest.raises(InputError, match="s1: FileNotFoundError"):
        run(experiment(tmp_path, dataset=dataset))
    skipped = run(experiment(tmp_path, dataset=dataset, missing="skip"))
    assert "drawn/val: 1 of 5 images missing: s1; refiners skip them" in skipped.notes
    numbers = results(skipped).numbers
    counts = numbers[numbers["class"].isna()].set_index(["predictions", "refiner"])[["samples", "failed", "missing"]]
    assert counts.loc[("first", "identity")].tolist() == [5, 0, 0]
    assert counts.loc[("first", "fill")].tolist() == [4, 0, 1]
    with pytest.raises(InputError, match="s1"):
        run(experiment(tmp_path, dataset=dataset), resume=True)


def test_no_image_at_all(tmp_path: Path) -> None:
    dataset = {"name": f"{HERE}:Drawn", "split": "val", "images": False}
    with pytest.raises(
        InputError, match=r"5 times: FileNotFoundError: there is no image; .* e.g. drawn/val: s0, drawn/val: s1"
    ):
        run(experiment(tmp_path, dataset=dataset, missing="skip"))
    assert run(experiment(tmp_path, dataset=dataset, refiners=["identity"])).failures == ()


def test_resuming_where_a_set_lacks_all_that_is_left(tmp_path: Path) -> None:
    worlds.document(tmp_path)
    for number in (3, 4):
        (tmp_path / "first" / f"s{number}.npy").unlink()

    def interrupt(done: int, total: int) -> None:
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(experiment(tmp_path, missing="skip"), progress=interrupt)
    assert run(experiment(tmp_path, missing="skip"), resume=True).computed == 12


class Watched:
    """Jobs in this process, and whether whoever asked for their results said that it wants no more."""

    def __init__(self) -> None:
        self.closed = False

    def map(self, task: Callable[[Any], Any], jobs: Iterable[Any]) -> Iterator[Any]:
        try:
            yield from map(task, jobs)
        finally:
            self.closed = True


def test_an_error_tells_the_executor_at_once_that_no_more_is_wanted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched = Watched()
    monkeypatch.setattr("boundary_bench.bench.engine.runner.named", lambda *_: watched)

    def fails(done: int, total: int) -> None:
        if done:
            raise ZeroDivisionError("a bug")

    with pytest.raises(ZeroDivisionError) as caught:
        run(experiment(tmp_path), progress=fails)
    # Workers would go on for as long as somebody looks at the error, which holds all that led to it.
    assert caught.value.__traceback__ is not None
    assert watched.closed


def test_an_executor_may_return_results_that_need_no_closing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listed = SimpleNamespace(map=lambda task, jobs: iter([task(job) for job in jobs]))
    monkeypatch.setattr("boundary_bench.bench.engine.runner.named", lambda *_: listed)
    assert run(experiment(tmp_path)).computed == 30


def test_problems_stop_a_run_before_it_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    worlds.document(tmp_path)
    (tmp_path / "second" / "s2.npy").write_bytes(b"nonsense")
    with pytest.raises(InputError, match="second: s2"):
        run(experiment(tmp_path))
    assert not (tmp_path / "out").exists()
    assert len(run(experiment(tmp_path), check=False).failures) == 3
    monkeypatch.setattr("boundary_bench.bench.plugins.validation.check_run", lambda *_, **__: Findings(notes=["look"]))
    assert run(experiment(tmp_path, output="b")).notes == ("look",)


def test_pending_jobs_follow_the_samples(tmp_path: Path) -> None:
    planned = plan(experiment(tmp_path))
    jobs = list(pending(planned, {}))
    assert [job.sample.id for job in jobs] == ["s0", "s1", "s2", "s3", "s4"]
    identities = [todo.identity for job in jobs for todo in job.todo]
    assert len(set(identities)) == 30
