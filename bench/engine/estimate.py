"""Estimate the cost of a run from a few of its images, by the jobs of the run with nothing stored."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from statistics import fmean
from tempfile import TemporaryDirectory
from typing import Any

from boundary_bench.bench.config.experiment import Experiment
from boundary_bench.bench.engine.executors import Processes, Serial
from boundary_bench.bench.engine.job import Todo, process_sample
from boundary_bench.bench.engine.plan import Plan
from boundary_bench.bench.engine.plan_task import PlanTask
from boundary_bench.bench.errors import InputError, Problem
from boundary_bench.bench.plugins.abilities import patches
from boundary_bench.bench.plugins.components import Cell
from boundary_bench.bench.plugins.protocols import Progress, Sample


@dataclass(frozen=True)
class Cost:
    """Cost of refining one prediction set with one refiner.

    Attributes:
        oracle: whether the refiner knows the truth.
        images: with a prediction, in all.
        seconds_per_image: of refining, in one worker; None where no image could be refined.
        patches_per_image: of refiners that have a `count`.
        seconds: of refining all images, by all workers.
        error: of the first image that failed; empty where none did.
    """

    predictions: str
    refiner: str
    oracle: bool
    images: int
    seconds_per_image: float | None
    patches_per_image: float | None
    seconds: float | None
    error: str


@dataclass(frozen=True)
class Estimate:
    """Cost of a run, assuming that its workers do not slow each other down.

    Attributes:
        tried: ids of the images that were timed.
        images: of the run, with a prediction from at least one set.
        workers: of the run.
        costs: of each cell of the plan, in its order.
        other_per_image: seconds in one worker of all but refining: reading and measuring, for all cells.
        other_seconds: of the same for all images, by all workers.
        seconds: of the run, without cells of which every image failed.
    """

    tried: tuple[str, ...]
    images: int
    workers: int
    costs: tuple[Cost, ...]
    other_per_image: float
    other_seconds: float
    seconds: float


@dataclass(frozen=True)
class Trial:
    """One cell of one image; seconds is None where it could not be refined."""

    seconds: float | None
    patches: int | None
    error: str


@contextmanager
def empty_cache() -> Iterator[None]:
    """Let refiners find nothing in `$XDG_CACHE_HOME` that was kept earlier, and leave nothing there.

    To be in force when the plan is built. Otherwise what a few images cost would say nothing about the others: they
    may be kept from the last estimate.
    """
    before = os.environ.get("XDG_CACHE_HOME")
    with TemporaryDirectory() as folder:
        os.environ["XDG_CACHE_HOME"] = folder
        try:
            yield
        finally:
            del os.environ["XDG_CACHE_HOME"]
            if before is not None:
                os.environ["XDG_CACHE_HOME"] = before


def estimate(planned: Plan, images: int, step: Progress) -> Estimate:
    """Refine and measure a few evenly spaced images, as the run's own workers would, and extrapolate.

    An image before them, which no time is taken of, warms up; a split of one image is tried twice. What fails in a
    cell is noted with it, and the others go on.

    Args:
        planned: the run.
        images: how many to try; fewer where there are fewer.
        step: called with how many are done.

    Raises:
        InputError: no image has a prediction of every set; a worker died.
    """
    sets = planned.prediction_sets
    there = {name: {each.id for each in planned.samples if sets[name].has(each)} for name in sets}
    common = [each for each in planned.samples if all(each.id in ids for ids in there.values())]
    if not common:
        raise InputError(Problem(", ".join(sets), "no image that every set has a prediction for", "at least one"))
    chosen = evenly_spaced(common, images + 1)
    timed = chosen[1:] or chosen
    found = _tried(planned, [chosen[0], *timed], step)
    count = len(set[str]().union(*there.values()))
    workers = _workers(planned.experiment, count)
    trials = zip(*(each for _, each in found), strict=True)
    costs = tuple(
        _cost(planned, cell, list(of_cell), len(there[cell.predictions]), workers)
        for cell, of_cell in zip(planned.cells, trials, strict=True)
    )
    other = fmean(wall - sum(each.seconds or 0.0 for each in of_image) for wall, of_image in found)
    other_seconds = other * count / workers
    whole = other_seconds + sum(cost.seconds or 0.0 for cost in costs)
    return Estimate(tuple(each.id for each in timed), count, workers, costs, other, other_seconds, whole)


def evenly_spaced(samples: Sequence[Sample], count: int) -> list[Sample]:
    """So many of them, the middles of parts of equal length; all where there are not more."""
    count = min(count, len(samples))
    return [samples[(2 * part + 1) * len(samples) // (2 * count)] for part in range(count)]


class TrialTask(PlanTask):
    """Tries one image."""

    def __call__(self, job: tuple[int, Sample]) -> tuple[int, float, list[Trial]]:
        """The number of the job, seconds of everything, and a trial of each cell."""
        planned, (place, sample) = self.planned(), job
        todo = [Todo(cell, metric, "") for cell in planned.cells for metric in planned.metrics]
        start = time.perf_counter()
        rows = process_sample(planned, sample, todo)
        wall = time.perf_counter() - start
        pairs = groupby(zip(todo, rows, strict=True), key=lambda pair: pair[0].cell)
        return place, wall, [_trial(planned, cell, sample, [row for _, row in some]) for cell, some in pairs]


def _trial(planned: Plan, cell: Cell, sample: Sample, rows: Sequence[Any]) -> Trial:
    error = next((row.error for row in rows if row.status == "failed"), "")
    # A job that cannot be refined takes no time; one that cannot be measured has taken its time.
    lost = rows[0].seconds == 0 and all(row.status in ("failed", "missing") for row in rows)
    try:
        load = partial(planned.prediction_sets[cell.predictions].load, sample)
        count = patches(planned.refiners[cell.refiner].refiner, load)
    except Exception as failure:  # a plug-in's failure is a finding like others
        count, error = None, error or f"{type(failure).__name__}: {failure}"
    return Trial(None if lost else rows[0].seconds, count, error)


def _tried(planned: Plan, samples: Sequence[Sample], step: Progress) -> list[tuple[float, list[Trial]]]:
    """Seconds of everything and a trial of each cell, of each image but the first."""
    # As many threads as in the run: a worker process has one.
    executor = Serial() if planned.experiment.executor.name == "serial" else Processes(1)
    found: dict[int, tuple[float, list[Trial]]] = {}
    for place, wall, trials in executor.map(TrialTask(planned), list(enumerate(samples))):
        found[place] = (wall, trials)
        step(len(found), len(samples))
    return [found[place] for place in range(1, len(samples))]


def _cost(planned: Plan, cell: Cell, trials: Sequence[Trial], images: int, workers: int) -> Cost:
    built = planned.refiners[cell.refiner]
    seconds = _mean([each.seconds for each in trials])
    return Cost(
        cell.predictions,
        cell.refiner,
        built.oracle,
        images,
        seconds,
        _mean([each.patches for each in trials]),
        None if seconds is None else seconds * images / workers,
        next((each.error for each in trials if each.error), ""),
    )


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return fmean(known) if known else None


def _workers(experiment: Experiment, images: int) -> int:
    spec = experiment.executor
    # How many a cluster has is not known before it is asked; the estimate then is that of one of them.
    return min(Processes(spec.workers).workers, images) if spec.name in ("processes", "dask-local") else 1
