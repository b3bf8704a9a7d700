"""Which samples and categories of an experiment are scored, and what a stored run knows of it."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from boundary_bench.bench.analysis.summary import summarise_run
from boundary_bench.bench.config.defaults import metric_specs
from boundary_bench.bench.config.experiment import Experiment, experiment_from
from boundary_bench.bench.engine import runner
from boundary_bench.bench.engine.plan import plan
from boundary_bench.bench.engine.selection import listed_samples, selected_categories
from boundary_bench.bench.errors import InputError
from boundary_bench.bench.plugins.protocols import Sample
from tests.bench.coco_scenes import mean_ap, scenes
from tests.bench.worlds import document


@pytest.fixture
def world(tmp_path):
    return scenes(tmp_path / "data")


def described(world, **more):
    return experiment_from(
        {
            "dataset": {"name": "coco", "annotations": "data/truth.json"},
            "predictions": [{"name": "net", "format": "coco_results", "path": "data/results.json"}],
            "metrics": ["average_precision"],
            "executor": {"name": "serial"},
            "bootstrap": {"interval": "none"},
            "output": "out",
            **more,
        },
        world.folder.parent,
    )


def test_lists_lie_beside_the_experiment_and_keep_the_order_of_the_dataset(world):
    (world.folder.parent / "ids.txt").write_text("im_004\nim_001\n22\nim_004\n")
    found = plan(described(world, samples={"ids": "ids.txt"}))
    assert [sample.id for sample in found.samples] == ["im_001", "im_002", "im_004"]
    found = plan(described(world, samples={"ids": "ids.txt", "every": 2}))
    assert [sample.id for sample in found.samples] == ["im_001", "im_004"]


def test_datasets_of_ones_own_take_lists_too(tmp_path):
    (tmp_path / "ids.txt").write_text("s3\ns1.png")
    found = plan(experiment_from(document(tmp_path, samples={"ids": "ids.txt"}), tmp_path))
    assert [sample.id for sample in found.samples] == ["s1", "s3"]


def test_an_id_goes_before_a_stem(tmp_path):
    dataset = SimpleNamespace(samples=lambda: [Sample("a.b"), Sample("a")], name="n", split="s")
    (tmp_path / "ids.txt").write_text("a.b")
    assert listed_samples(tmp_path / "ids.txt", dataset) == {"a.b"}


def test_rows_of_other_categories_are_measured_anew(world):
    first = runner.run(described(world, categories=["cat", 7]))
    assert summarise_run(first.store, first.plan).numbers["value"].iloc[0] == mean_ap(world.asked(catIds=[2, 7]))
    again = runner.run(described(world, categories=[2]), resume=True)
    assert (again.computed, again.reused) == (6, 0)
    results = summarise_run(again.store, again.plan)
    assert results.numbers["value"].iloc[0] == mean_ap(world.asked(catIds=[2]))
    assert results.dataset["truth"] == {"scored_categories": ["cat"]}
    assert set(results.numbers["class"].dropna()) == {"cat"}
    same = runner.run(described(world, categories=["cat"]), resume=True)
    assert (same.computed, same.reused) == (0, 6)


def test_a_name_of_two_categories_is_refused():
    twins = {"task": "instance", "classes": ("cat", "cat", "dog"), "label_ids": {1: 0, 2: 1, 3: 2}}
    dataset = SimpleNamespace(name="n", split="s", **twins)
    wanted = Experiment.model_construct(categories=("cat",))
    with pytest.raises(InputError, match="the name of 2 categories; allowed: ids"):
        selected_categories(wanted, dataset)
    assert selected_categories(Experiment.model_construct(categories=("2",)), dataset) == {1}


def test_some_metrics_of_a_plan_need_no_file_again(world, monkeypatch):
    found = plan(described(world, metrics=["average_precision", "average_f"]))
    outcome = runner.run(described(world, metrics=["average_precision", "average_f"]))
    some = outcome.plan.of_metrics(["average_f"])
    monkeypatch.setattr(type(found.dataset), "digest", pytest.fail)
    assert {name.partition("_")[0] for name in summarise_run(outcome.store, some).numbers["metric"]} == {"AF"}


@pytest.mark.parametrize(
    ("more", "measured"),
    [
        ({}, False),
        ({"refiners": ["identity", "oracle_replace"]}, True),
        ({"metrics": ["iou_change"]}, True),
    ],
)
def test_changes_are_usual_where_something_is_refined(world, more, measured):
    wanted = described(world, **{"metrics": None, **more})
    found = metric_specs(wanted, plan(wanted).dataset)
    assert ("iou_change" in [spec.name for spec in found]) == measured
