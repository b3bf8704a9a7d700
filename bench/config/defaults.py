"""Defaults that depend on the dataset: metrics, format of predictions, constructor parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from boundary_bench.bench.config.experiment import DEFAULT_FORMATS, DEFAULT_METRICS, Experiment, MetricSpec
from boundary_bench.bench.io.json_file import is_json
from boundary_bench.bench.plugins import catalogue, registry
from boundary_bench.bench.plugins.abilities import measures_change, of_dataset
from boundary_bench.bench.plugins.components import BuiltMetric
from boundary_bench.bench.plugins.protocols import Dataset


def metric_specs(experiment: Experiment, dataset: Dataset) -> Sequence[MetricSpec]:
    """The experiment's metrics, or the default ones."""
    refined = any(spec.name != "identity" for spec in experiment.refiners)
    return experiment.metrics or default_metrics(dataset, refined=refined)


def default_metrics(dataset: Dataset, *, refined: bool = True) -> Sequence[MetricSpec]:
    """The dataset's standard metrics, or those for its kind of truth; of changes only where something is refined."""
    usual = of_dataset(dataset).metrics or DEFAULT_METRICS[dataset.task]
    specs = [MetricSpec.model_validate(one) for one in usual]
    return specs if refined else [spec for spec in specs if not measures_change(registry.find("metrics", spec.name))]


def default_format(dataset: Dataset, path: str) -> str:
    """Default format of predictions for the dataset, given their path."""
    if dataset.task == "instance" and is_json(path):
        return DEFAULT_FORMATS["instance"]  # results of any instance dataset may be in this single file
    return of_dataset(dataset).format or DEFAULT_FORMATS[dataset.task]


def dataset_parameters(dataset: Dataset) -> dict[str, Any]:
    """Properties of a dataset that constructors may require as parameters of these names."""
    offered = {"classes": len(dataset.classes), "things": sorted(dataset.things)}
    frequencies = of_dataset(dataset).frequencies
    return offered if frequencies is None else {**offered, "frequencies": list(frequencies)}


def built_metric(spec: MetricSpec, name: str, parameters: Mapping[str, Any], offered: Mapping[str, Any]) -> BuiltMetric:
    """Construct a metric of an experiment.

    Args:
        spec: the metric as the experiment has it.
        name, parameters: those of `spec`, with paths resolved where there are any.
        offered: properties of the dataset, see `dataset_parameters`.

    Raises:
        InputError: an unknown metric or parameter, or a value that the constructor refuses.
    """
    filled = fill_parameters("metrics", name, parameters, offered)
    made = registry.build("metrics", name, filled)
    return BuiltMetric(spec.title, made, ("metrics", name, filled), spec.suffix)


def fill_parameters(
    kind: catalogue.Kind, name: str, parameters: Mapping[str, Any], offered: Mapping[str, Any]
) -> dict[str, Any]:
    """Add to the parameters those of `offered` that the constructor requires."""
    accepted = registry.named_parameters(registry.find(kind, name))
    needed = (key for key, parameter in accepted.items() if parameter.default is parameter.empty and key in offered)
    return {**{key: offered[key] for key in needed}, **parameters}
