"""Plug-ins with and without the base classes of their optional abilities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from boundary_bench.bench.plugins.abilities import (
    DatasetAbilities,
    MetricAbilities,
    RefinerAbilities,
    checks_files,
    measures_change,
    of_dataset,
    of_metric,
    of_refiner,
    patches,
)
from boundary_bench.bench.plugins.protocols import Sample
from boundary_bench.metrics.instance.iou_change import IoUChange
from boundary_bench.metrics.semantic.mean_iou import MeanIoU


class Plain:
    pass


class Derived(RefinerAbilities, MetricAbilities, DatasetAbilities):
    pass


@dataclass(frozen=True)
class Able:
    needs_probabilities: bool = True
    metrics: tuple[str, ...] = ("mean_iou",)

    def count(self, prediction: Any) -> float:
        return prediction * 2.0

    def check(self, sample_id: str, size: tuple[int, int]) -> None:
        raise ValueError(sample_id)

    def measure_change(self, *, before: Any, after: Any, truth: Any) -> dict[str, Any]:
        return {"change": after - before}

    def image_name(self, sample: Sample) -> str:
        return f"{sample.id}.jpg"


class DerivedAble(Able, Derived):
    pass


@pytest.mark.parametrize("kind", [Plain, Derived])
def test_defaults(kind: type) -> None:
    plugin = kind()
    assert (of_refiner(plugin).needs_probabilities, of_refiner(plugin).network_parameters()) == (False, None)
    assert (checks_files(plugin), measures_change(plugin)) == (False, False)
    assert of_metric(plugin).tasks == {"semantic", "instance", "panoptic", "binary", "edges"}
    assert (of_dataset(plugin).format, of_dataset(plugin).image_name(Sample("a"))) == ("", "a.png")
    assert patches(plugin, lambda: pytest.fail("nothing is to be loaded for a refiner that counts nothing")) is None


@pytest.mark.parametrize("kind", [Able, DerivedAble])
def test_own_abilities(kind: type) -> None:
    plugin = kind()
    assert of_refiner(plugin).needs_probabilities
    assert (checks_files(plugin), measures_change(plugin)) == (True, True)
    with pytest.raises(ValueError, match="s1"):
        of_refiner(plugin).check("s1", (1, 1))
    assert of_metric(plugin).measure_change(before=1, after=3, truth=None) == {"change": 2}
    assert of_dataset(plugin).metrics == ("mean_iou",)
    assert of_dataset(plugin).image_name(Sample("a")) == "a.jpg"
    found = patches(plugin, lambda: 3)
    assert (found, type(found)) == (6, int)


def test_the_own_metrics() -> None:
    assert measures_change(IoUChange(2))
    assert not measures_change(MeanIoU(2))


def test_abilities_are_read_only_when_they_are_needed() -> None:
    class Costly:
        @property
        def image_ids(self) -> Any:
            raise AssertionError("nobody asked for it")

    assert of_dataset(Costly()).has_image(Sample("a"))
