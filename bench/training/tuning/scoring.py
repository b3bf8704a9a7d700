"""Scores of many settings of a refiner on saved predictions, as a run would compute them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from boundary_bench.bench.config.experiment import MetricSpec, RefinerSpec
from boundary_bench.bench.engine.executors import Executor
from boundary_bench.bench.engine.job import Job, Todo
from boundary_bench.bench.engine.plan import Plan, plan
from boundary_bench.bench.engine.runner import SampleTask
from boundary_bench.bench.errors import InputError, Problem
from boundary_bench.bench.plugins.protocols import Progress, Sample
from boundary_bench.bench.results.rows import Row
from boundary_bench.metrics.functional.statistics import Measurement
from boundary_bench.metrics.structures.segmentation import Task

METRICS: Final[Mapping[Task, Sequence[Any]]] = {
    "semantic": ("mean_iou", {"name": "boundary_f", "tolerances_px": [1]}),
    "binary": ("mask_iou", "boundary_accuracy"),
}
"""By task, of those that can be tuned for."""


class Scores:
    """Measures each refiner on each image once, and sums up what it has measured.

    Args:
        planned: names the samples and one prediction set, of a task in `METRICS`; its own refiners and metrics play no
            part.
        executor: where images are worked on. No score depends on it.
        total: how many maps will be measured.
        step: called with how many of them have been.
    """

    def __init__(self, planned: Plan, executor: Executor, total: int, step: Progress) -> None:
        metrics = tuple(MetricSpec.model_validate(metric) for metric in METRICS[planned.dataset.task])
        self._experiment = planned.experiment.model_copy(update={"metrics": metrics})
        self._executor, self._total, self._step = executor, total, step
        self._measured: dict[tuple[str, str, str], Measurement] = {}
        self._rows = 0

    def values(self, refiners: Sequence[RefinerSpec], images: Sequence[int]) -> list[dict[str, float]]:
        """What the metrics of the task report of each refiner, such as mIoU, as fractions by name.

        Args:
            refiners: known by their titles from call to call.
            images: numbers of the samples.

        Raises:
            InputError: a refiner that cannot be built, that is not for these predictions, or that failed.
        """
        planned = plan(self._experiment.model_copy(update={"refiners": tuple(refiners)}))
        if planned.refused:
            refused = planned.refused[0]
            raise InputError(Problem(refused.predictions, refused.reason, "predictions that it can refine"))
        samples = [planned.samples[image] for image in images]
        self._measure(
            planned, [Job(sample, todo) for sample in samples if (todo := tuple(self._left(planned, sample)))]
        )
        return [self._summary(planned, refiner.title, samples) for refiner in refiners]

    def _left(self, planned: Plan, sample: Sample) -> Iterator[Todo]:
        for cell in planned.cells:
            for metric in planned.metrics:
                if (cell.refiner, metric, sample.id) not in self._measured:
                    yield Todo(cell, metric, identity="")

    def _measure(self, planned: Plan, jobs: Sequence[Job]) -> None:
        results = self._executor.map(SampleTask(planned), jobs)
        try:
            for rows in results:
                for row in rows:
                    self._measured[row.refiner, row.metric, row.sample] = _arrays(row)
                self._rows += len(rows)
                self._step(self._rows // len(planned.metrics), self._total)
        finally:
            # Ctrl-C too: what has not begun is not begun.
            if hasattr(results, "close"):
                results.close()

    def _summary(self, planned: Plan, refiner: str, samples: Sequence[Sample]) -> dict[str, float]:
        found: dict[str, float] = {}
        for label, built in planned.metrics.items():
            measurements = [self._measured[refiner, label, sample.id] for sample in samples]
            summary = built.metric.summarise(measurements)
            found |= {name: float(value) for name, value in summary.values.items()}
        return found


def _arrays(row: Row) -> Measurement:
    if row.status != "ok":
        raise InputError(Problem(f"{row.sample}: {row.refiner}", row.error or row.status, "a refiner that works"))
    return row.arrays
