"""`--metric`: every metric of the catalogue is found by its name and by those of its values."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from boundary_bench.bench.cli.metric_choice import choose
from boundary_bench.bench.config.defaults import default_metrics
from boundary_bench.bench.errors import InputError
from boundary_bench.bench.plugins.value_names import value_names
from tests.metrics import test_contract as contract


def dataset(task: str) -> Any:
    return SimpleNamespace(task=task, classes=tuple("abcd"), things=frozenset({0, 1}))


@pytest.mark.parametrize(("name", "task"), contract.CASES, ids="-".join)
def test_values_have_the_names_that_a_real_summary_has(name: str, task: Any) -> None:
    metric = contract.OfTask(name, task)
    summary = metric.summarise(contract.measurements(metric))
    classes = 2 if task == "binary" else metric.classes
    assert set(value_names(metric.metric, task, classes)) == {*summary.values, *summary.per_class}


def test_values_of_usual_metrics_come_first_and_others_can_be_had() -> None:
    usual = [{"name": spec.name, **spec.parameters} for spec in default_metrics(dataset("instance"))]
    found = choose(dataset("instance"), usual, ["boundary_AP", "AP_cityscapes"], {})
    assert found.specs == [{"name": "average_precision", "iou": "boundary"}, {"name": "cityscapes_ap"}]
    assert found.shown == ("boundary_AP", "AP_cityscapes")
    both = choose(dataset("instance"), usual, ["average_precision"], {})
    assert len(both.specs) == 2
    assert {"AP", "boundary_AP"} <= set(both.shown)
    assert choose(dataset("instance"), usual, [], {}).specs == usual
    with pytest.raises(InputError, match=r"'mIoU'.*allowed: average_precision, AP"):
        choose(dataset("instance"), usual, ["mIoU"], {})


def test_a_metric_of_ones_own_is_known_by_its_name_whatever_it_expects() -> None:
    name = "tests.bench.cli.test_metric_choice:Demanding"
    found = choose(dataset("semantic"), [{"name": "mean_iou"}], [name], {"strict": True, "other": 1})
    assert found.specs == [{"name": name, "strict": True}]
    assert found.shown == ()


class Demanding:
    """Measures large images alone."""

    tasks = frozenset({"semantic"})

    def __init__(self, strict: bool = False) -> None:
        self.strict = strict

    def measure(self, *, prediction: Any, truth: Any) -> Any:
        raise ValueError("too small")
