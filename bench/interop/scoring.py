"""Metrics of an experiment over maps that are in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from boundary_bench.bench.analysis.units import unit_of
from boundary_bench.bench.config.defaults import built_metric
from boundary_bench.bench.config.experiment import MetricSpec
from boundary_bench.bench.errors import InputError, Problem
from boundary_bench.bench.plugins.abilities import measures_change
from boundary_bench.metrics.functional.statistics import Measurement
from boundary_bench.metrics.structures.segmentation import Task

Wanted = Sequence[str | Mapping[str, Any]]
"""Metrics as experiments name them: a name, or a mapping of `name`, parameters and, to tell two apart, `label`."""
OF_MAPS: Wanted = ("mean_iou", "boundary_f", "boundary_iou")
OF_OBJECTS: Wanted = ("average_precision", {"name": "average_precision", "iou": "boundary"})


class Scoring:
    """Measures image by image, then sums up.

    Args:
        task: the kind of what is measured.
        wanted: the metrics.
        classes: number of classes K.

    Raises:
        InputError: an unknown metric or parameter, or a metric of another kind.
    """

    def __init__(self, task: Task, wanted: Wanted, classes: int) -> None:
        specs = [MetricSpec.model_validate(each) for each in wanted]
        self._suffixes = [each.suffix for each in specs]
        self._metrics = [_built(task, each, classes) for each in specs]

    def measure(self, prediction: Any, truth: Any) -> list[Measurement]:
        """One image, by every metric."""
        return [metric.measure(prediction=prediction, truth=truth) for metric in self._metrics]

    def values(self, images: Sequence[list[Measurement]]) -> dict[str, float]:
        """The values of all images by name, in their units, mostly per cent; NaN where undefined.

        Raises:
            ValueError: no images.
        """
        if not images:
            raise ValueError("no images were measured; allowed: one or more")
        found: dict[str, float] = {}
        for metric, suffix, measured in zip(self._metrics, self._suffixes, zip(*images, strict=True), strict=True):
            values = metric.summarise(measured).values
            found |= {name + suffix: unit_of(name).factor * float(value) for name, value in values.items()}
        return found


def _built(task: Task, spec: MetricSpec, classes: int) -> Any:
    metric = built_metric(spec, spec.name, spec.parameters, {"classes": classes}).metric
    if task not in metric.tasks or measures_change(metric):
        found = f"a metric of {', '.join(sorted(metric.tasks))} maps or of their changes"
        raise InputError(Problem(f"metrics: {spec.title}", found, f"metrics of {task} maps"))
    return metric
