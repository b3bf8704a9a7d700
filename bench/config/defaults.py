"""Defaults that come from the dataset: metrics, the format of predictions, parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from boundary_bench.bench.config.experiment import DEFAULT_FORMATS, DEFAULT_METRICS, Experiment, MetricSpec
from boundary_bench.bench.plugins import registry
from boundary_bench.bench.plugins.abilities import of_dataset
from boundary_bench.bench.plugins.protocols import Dataset


def metric_specs(experiment: Experiment, dataset: Dataset) -> Sequence[MetricSpec]:
    """The metrics that the experiment names, or else the usual ones."""
    return experiment.metrics or default_metrics(dataset)


def default_metrics(dataset: Dataset) -> Sequence[MetricSpec]:
    """The metrics that the dataset's field reports, or those of its kind of truth."""
    usual = of_dataset(dataset).metrics or DEFAULT_METRICS[dataset.task]
    return [MetricSpec.model_validate(one) for one in usual]


def default_format(dataset: Dataset, path: str) -> str:
    """The format in which predictions for the dataset are usually saved, given where these lie."""
    if dataset.task == "instance" and path.endswith(".json"):
        return DEFAULT_FORMATS["instance"]  # other datasets' folders, too, have results in this one file
    return of_dataset(dataset).format or DEFAULT_FORMATS[dataset.task]


def offered_by(dataset: Dataset) -> dict[str, Any]:
    """Properties of a dataset that constructors may ask for by these names."""
    offered = {"classes": len(dataset.classes), "things": sorted(dataset.things)}
    frequencies = of_dataset(dataset).frequencies
    return offered if frequencies is None else {**offered, "frequencies": list(frequencies)}


def with_offered(
    kind: registry.Kind, name: str, parameters: Mapping[str, Any], offered: Mapping[str, Any]
) -> dict[str, Any]:
    """Parameters, and what of `offered` the constructor cannot do without."""
    accepted = registry.named_parameters(registry.find(kind, name))
    needed = (key for key, parameter in accepted.items() if parameter.default is parameter.empty and key in offered)
    return {**{key: offered[key] for key in needed}, **parameters}
