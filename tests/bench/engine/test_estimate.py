"""What a run costs, by a clock that refiners and metrics move by hand."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import pytest

from boundary_bench.bench.engine import estimate as estimates
from boundary_bench.bench.engine.estimate import Cost, Estimate, empty_cache, evenly_spaced
from boundary_bench.bench.engine.plan import plan
from boundary_bench.bench.errors import InputError
from boundary_bench.bench.plugins.protocols import Sample
from boundary_bench.metrics.structures.segmentation import SemanticMap
from tests.bench.fakes import Accuracy
from tests.bench.worlds import HERE, experiment

THIS = "tests.bench.engine.test_estimate"


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return Clock.now


class Slow:
    """Takes as many seconds as its image has in its number, and 100 for the first one; counts class 0."""

    tasks = frozenset({"semantic"})

    def refine(self, image: Any, prediction: SemanticMap) -> SemanticMap:
        Clock.now += int(image[0, 0, 0]) or 100
        return prediction

    def count(self, prediction: SemanticMap) -> int:
        return int((prediction.labels == 0).sum())


class Broken(Slow):
    """Fails for some images."""

    def __init__(self, on: list[int]) -> None:
        self._on = on

    def refine(self, image: Any, prediction: SemanticMap) -> SemanticMap:
        if image[0, 0, 0] in self._on:
            raise RuntimeError(f"cannot do {image[0, 0, 0]}")
        return super().refine(image, prediction)


class Uncountable(Slow):
    def count(self, prediction: SemanticMap) -> int:
        raise KeyError("lost count")


class SlowAccuracy(Accuracy):
    """Takes a quarter of a second."""

    def measure(self, *, prediction: SemanticMap, truth: SemanticMap) -> dict[str, Any]:
        Clock.now += 0.25
        return super().measure(prediction=prediction, truth=truth)


class BrokenMetric(Accuracy):
    def measure(self, *, prediction: SemanticMap, truth: SemanticMap) -> dict[str, Any]:
        raise OverflowError("too much")


@pytest.fixture
def estimated(tmp_path, monkeypatch):
    """The estimate for these refiners; of five images, 1, 3 and 4 are timed after 0."""
    monkeypatch.setattr("time.perf_counter", Clock())

    def run(*refiners: Any, images: int = 3, metrics: Any = (f"{THIS}:SlowAccuracy",), **changes: Any) -> Estimate:
        planned = plan(experiment(tmp_path, refiners=list(refiners), metrics=list(metrics), **changes))
        return estimates.estimate(planned, images, lambda *_: None)

    return run


def test_seconds_and_patches_are_means_over_the_images_after_the_first(estimated, tmp_path):
    found = estimated("identity", {"name": f"{THIS}:Slow", "label": "slow"})
    assert found.tried == ("s1", "s3", "s4")
    assert [(cost.predictions, cost.refiner) for cost in found.costs] == [
        (name, refiner) for name in ("first", "second") for refiner in ("identity", "slow")
    ]
    zeros = [(np.load(tmp_path / "first" / f"s{i}.npy") == 0).sum() for i in (1, 3, 4)]
    mean = (1 + 3 + 4) / 3
    assert found.costs[0] == Cost("first", "identity", False, 5, 0.0, None, 0.0, "")
    assert found.costs[1] == Cost("first", "slow", False, 5, mean, np.mean(zeros), 5 * mean, "")
    # Four cells, each measured once an image.
    assert found.other_per_image == pytest.approx(4 * 0.25)
    assert found.other_seconds == pytest.approx(5.0)
    assert found.seconds == pytest.approx(2 * 5 * mean + 5.0)
    assert (found.images, found.workers) == (5, 1)


def test_what_fails_is_told_and_the_rest_goes_on(estimated):
    some = {"name": f"{THIS}:Broken", "on": [3], "label": "some"}
    every = {"name": f"{THIS}:Broken", "on": [0, 1, 2, 3, 4], "label": "every"}
    whole = {"name": f"{THIS}:Slow", "label": "whole"}
    found = estimated(some, every, whole, {"name": f"{THIS}:Uncountable", "label": "uncountable"})
    costs = {cost.refiner: cost for cost in found.costs if cost.predictions == "first"}
    assert costs["some"].seconds_per_image == pytest.approx((1 + 4) / 2)
    assert costs["some"].error == "RuntimeError: cannot do 3"
    assert (costs["every"].seconds_per_image, costs["every"].seconds) == (None, None)
    assert costs["every"].error == "RuntimeError: cannot do 1"
    assert (costs["whole"].seconds, costs["whole"].error) == (pytest.approx(40 / 3), "")
    assert costs["uncountable"].seconds == pytest.approx(40 / 3)
    assert (costs["uncountable"].patches_per_image, costs["uncountable"].error) == (None, "KeyError: 'lost count'")
    assert found.seconds == pytest.approx(2 * (12.5 + 40 / 3 + 40 / 3) + found.other_seconds)


def test_refining_counts_even_where_measuring_fails(estimated):
    (first, _) = estimated(f"{THIS}:Slow", metrics=(f"{THIS}:BrokenMetric",)).costs
    assert first.seconds_per_image == pytest.approx(8 / 3)
    assert first.error == "OverflowError: too much"


def test_chains_are_timed_and_oracles_marked(estimated):
    stage = {"name": f"{THIS}:Slow"}
    found = estimated({"chain": [stage, stage], "label": "twice"}, {"name": f"{HERE}:Copy", "label": "copy"})
    twice, copy = found.costs[:2]
    assert twice.seconds_per_image == pytest.approx(2 * 8 / 3)
    assert twice.patches_per_image is None
    assert (twice.oracle, copy.oracle) == (False, True)


def test_only_images_that_every_set_has_are_tried(estimated, tmp_path):
    estimated("identity")
    for name, lost in (("first", (1, 2)), ("second", (2, 3))):
        for number in lost:
            (tmp_path / name / f"s{number}.npy").unlink()
    found = estimated(f"{THIS}:Slow", missing="skip")
    assert found.tried == ("s4",)
    assert [cost.images for cost in found.costs] == [3, 3]
    assert found.images == 4
    for number in (0, 4):
        (tmp_path / "first" / f"s{number}.npy").unlink()
    with pytest.raises(InputError, match="no image that every set has a prediction for"):
        estimated(f"{THIS}:Slow", missing="skip")


def test_a_single_image_is_tried_twice(estimated):
    found = estimated(f"{THIS}:Slow", samples={"first": 1})
    assert found.tried == ("s0",)
    assert found.costs[0].seconds == 100


@pytest.mark.parametrize(
    ("total", "count", "expected"), [(5, 1, [2]), (5, 4, [0, 1, 3, 4]), (3, 9, [0, 1, 2]), (100, 4, [12, 37, 62, 87])]
)
def test_images_are_evenly_spaced(total, count, expected):
    samples = [Sample(str(number)) for number in range(total)]
    assert [int(each.id) for each in evenly_spaced(samples, count)] == expected


def test_workers_share_the_work(tmp_path, monkeypatch):
    seen = []
    original = estimates.Processes

    def processes(workers: int | None) -> Any:
        seen.append(workers)
        return original(workers)

    monkeypatch.setattr(estimates, "Processes", processes)
    changes = {"refiners": [f"{HERE}:Fill"], "executor": {"name": "processes", "workers": 3}}
    found = estimates.estimate(plan(experiment(tmp_path, **changes)), 1, lambda *_: None)
    assert seen == [1, 3]
    cost = found.costs[0]
    assert found.workers == 3
    assert cost.seconds_per_image
    assert cost.seconds == pytest.approx(cost.seconds_per_image * 5 / 3)
    assert found.other_seconds == pytest.approx(found.other_per_image * 5 / 3)


@pytest.mark.parametrize("before", [None, "/somewhere"])
def test_what_was_kept_earlier_is_out_of_sight(before, monkeypatch):
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    if before:
        monkeypatch.setenv("XDG_CACHE_HOME", before)
    with empty_cache():
        folder = os.environ["XDG_CACHE_HOME"]
        assert os.listdir(folder) == []
    assert os.environ.get("XDG_CACHE_HOME") == before
    assert not os.path.exists(folder)
