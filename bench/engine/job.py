"""One job: load a sample's truth and predictions once, refine, measure. What fails, fails alone."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import groupby
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from boundary_bench.bench.engine.once import Once
from boundary_bench.bench.engine.peak_memory import with_peak
from boundary_bench.bench.engine.plan import Plan
from boundary_bench.bench.engine.scored import scored_prediction, scored_truth
from boundary_bench.bench.plugins.abilities import measures_change, of_metric, patches
from boundary_bench.bench.plugins.components import BuiltRefiner, Cell
from boundary_bench.bench.plugins.protocols import FileRefiner, Image, OracleRefiner, Sample
from boundary_bench.bench.plugins.validation import lacks_image
from boundary_bench.bench.results.rows import Row
from boundary_bench.metrics.functional.statistics import Measurement
from boundary_bench.metrics.structures.binary_mask import BinaryMask
from boundary_bench.metrics.structures.masks import Masks
from boundary_bench.metrics.structures.segmentation import (
    EdgeMaps,
    InstanceSet,
    PanopticMap,
    Segmentation,
    SemanticMap,
    Task,
)

_EXACT = 2**53
"""Integers up to here survive being stored as float64."""

_NOTHING: dict[Task, Callable[[Any], Segmentation | EdgeMaps]] = {
    "semantic": lambda truth: SemanticMap(np.full_like(truth.labels, truth.void)),
    "instance": lambda truth: InstanceSet(Masks.from_runs(truth.size, []), np.zeros(0, np.int64), np.zeros(0)),
    "panoptic": lambda truth: PanopticMap(np.zeros(truth.size, np.int32), np.zeros(0, np.int32), np.zeros(0, np.int64)),
    "binary": lambda truth: BinaryMask(np.zeros(truth.size, np.bool_)),
    "edges": lambda truth: EdgeMaps(np.zeros((truth.classes, *truth.size), np.uint8)),
}
"""The empty prediction that stands for a missing one, given the truth."""

AnySegmentation = Segmentation | EdgeMaps
T = TypeVar("T")


@dataclass(frozen=True)
class Todo:
    """One row to be made: a metric, by its label, of a cell."""

    cell: Cell
    metric: str
    identity: str


@dataclass(frozen=True)
class Job:
    """Rows to measure for one sample. Rows of one prediction set, and of one cell, are adjacent."""

    sample: Sample
    todo: tuple[Todo, ...]


def todos(plan: Plan, sample: Sample) -> Iterator[Todo]:
    """All rows of a sample, in the order of the plan."""
    for cell in plan.cells:
        refiner = plan.refiners[cell.refiner]
        for label, metric in plan.metrics.items():
            yield Todo(cell, label, plan.fingerprints.row(sample, cell.predictions, refiner, metric))


def process_sample(plan: Plan, sample: Sample, todo: Sequence[Todo]) -> list[Row]:
    """Make the rows of one sample.

    Truth and image are read once, the image only for a refiner other than the identity; each prediction once.
    Whatever goes wrong in one cell is stored with its rows, status `failed`; the others go on.

    Args:
        plan: what the labels in `todo` refer to.
        sample: one of the plan's.
        todo: rows to make, those of one cell next to each other, likewise those of one prediction set.

    Returns:
        One row for each of `todo`, in its order.
    """
    inputs = _inputs(plan, sample)
    rows: list[Row] = []
    for predictions, of_set in groupby(todo, key=lambda each: each.cell.predictions):
        load = Once(partial(_load, plan, sample, predictions, inputs))
        for cell, of_cell in groupby(of_set, key=lambda each: each.cell):
            rows += _process_cell(plan, sample, cell, list(of_cell), load, inputs)
    return rows


@dataclass(frozen=True, eq=False)
class Opened:
    """One image looked at again.

    Attributes:
        refined: its prediction after each refiner, by label.
    """

    image: Image
    truth: AnySegmentation
    refined: dict[str, AnySegmentation]


def open_again(plan: Plan, sample: Sample, predictions: str, refiners: Iterable[str]) -> Opened:
    """Load a sample and refine its prediction as `process_sample` does; nothing is measured.

    Raises:
        FileNotFoundError: there is no prediction for the sample.
        Exception: whatever loading and refining raise.
    """
    inputs = _inputs(plan, sample)
    loaded = _load(plan, sample, predictions, inputs)
    if loaded.prediction is None or not loaded.is_there:
        raise FileNotFoundError(f"{predictions} has no prediction for {sample.id}")
    refined = {label: _refine(plan.refiners[label], sample, loaded.prediction, inputs)[0] for label in refiners}
    return Opened(inputs.image.get(), inputs.truth.get(), refined)


def lost_rows(sample: Sample, todo: Sequence[Todo]) -> list[Row]:
    """Failed rows for a sample whose workers died, once for each of `todo`."""
    error = RuntimeError("the worker process died every time it was tried, often of too little memory")
    blank = [
        Row(each.identity, sample.id, sample.cluster, each.cell.predictions, each.cell.refiner, each.metric, "failed")
        for each in todo
    ]
    return [_failed(row, error) for row in blank]


@dataclass(frozen=True)
class _Inputs:
    """Attributes:
    scored: what of the truth is scored.
    """

    image: Once[Image]
    truth: Once[AnySegmentation]
    scored: Once[AnySegmentation]


def _inputs(plan: Plan, sample: Sample) -> _Inputs:
    truth: Once[AnySegmentation] = Once(lambda: plan.dataset.truth(sample))
    scored: Once[AnySegmentation] = Once(lambda: scored_truth(plan, truth.get()))
    return _Inputs(Once(lambda: plan.dataset.image(sample)), truth, scored)


@dataclass(frozen=True)
class _Loaded:
    """A prediction as loaded; nothing where there is none and it is skipped."""

    prediction: AnySegmentation | None
    is_there: bool


@dataclass(frozen=True)
class _Cost:
    """Cost of refining, by the column names of rows; reading is not included."""

    seconds: float = 0.0
    memory_bytes: int | None = None
    patches: int | None = None


@dataclass(frozen=True)
class _Pair:
    """A prediction before and after its refinement."""

    before: AnySegmentation
    after: AnySegmentation


def _load(plan: Plan, sample: Sample, predictions: str, inputs: _Inputs) -> _Loaded:
    one = plan.prediction_sets[predictions]
    if one.has(sample):
        prediction = one.load(sample)
        require_alike(prediction, inputs.truth.get(), "prediction")
        return _Loaded(prediction, True)
    missing = plan.experiment.missing
    if missing == "fail":
        raise FileNotFoundError(f"{predictions} has no prediction for {sample.id}")
    if missing == "skip":
        return _Loaded(None, False)
    return _Loaded(_NOTHING[one.task](inputs.truth.get()), False)


def _process_cell(
    plan: Plan, sample: Sample, cell: Cell, todo: Sequence[Todo], load: Once[_Loaded], inputs: _Inputs
) -> Iterable[Row]:
    names = (sample.id, sample.cluster, cell.predictions, cell.refiner)
    rows = [Row(each.identity, *names, each.metric, "ok") for each in todo]
    cost = _Cost()
    try:
        loaded = load.get()
        if loaded.prediction is None or _left_out(plan, sample, cell):
            return [replace(row, status="missing") for row in rows]
        truth, refined = inputs.scored.get(), loaded.prediction
        if loaded.is_there:
            refined, cost = _refine(plan.refiners[cell.refiner], sample, loaded.prediction, inputs)
    except Exception as error:
        return [_failed(row, error) for row in rows]
    if not loaded.is_there:
        # There is nothing to refine: the empty map stands for every refiner's result.
        rows = [replace(row, status="empty") for row in rows]
    pair = _Pair(*(scored_prediction(plan, each) for each in (loaded.prediction, refined)))
    return [_measured(plan, row, pair, truth, cost) for row in rows]


def _left_out(plan: Plan, sample: Sample, cell: Cell) -> bool:
    """Whether a refiner has no image to look at and may do without the sample."""
    may = plan.experiment.missing == "skip" and not plan.refiners[cell.refiner].identity
    return may and lacks_image(plan.dataset, sample)


def _refine(
    built: BuiltRefiner, sample: Sample, prediction: AnySegmentation, inputs: _Inputs
) -> tuple[AnySegmentation, _Cost]:
    """The refined map, and what refining took."""
    if built.identity:
        return prediction, _Cost()
    refiner = built.refiner.for_sample(sample.id) if isinstance(built.refiner, FileRefiner) else built.refiner
    image, truth = inputs.image.get(), inputs.truth.get()
    if isinstance(refiner, OracleRefiner):
        if not built.oracle:
            raise TypeError(f"{built.label} wants the truth without being known as an oracle; set oracle = True")
        work = partial(refiner.refine_with_truth, image, prediction, truth)
    else:
        work = partial(refiner.refine, image, prediction)
    (refined, seconds), memory = with_peak(lambda: _timed(work))
    require_alike(refined, prediction, f"result of {built.label}")
    return refined, _Cost(seconds, memory, _patches(built.refiner, prediction))


def _patches(refiner: Any, prediction: AnySegmentation) -> int | None:
    """How many it looked at, of refiners that can say so."""
    try:
        return patches(refiner, lambda: prediction)
    except Exception:  # what was refined is worth more than its price; `bench estimate` tells of such a failure
        return None


def _timed(work: Callable[[], T]) -> tuple[T, float]:
    """Result and seconds."""
    start = time.perf_counter()
    result = work()
    return result, time.perf_counter() - start


def require_alike(found: Any, wanted: AnySegmentation, what: str) -> None:
    """Refuse what is not of the kind and the size of `wanted`.

    Raises:
        TypeError, ValueError: another kind, or another size.
    """
    if type(found) is not type(wanted):
        raise TypeError(f"the {what} is a {type(found).__name__}; allowed: a {type(wanted).__name__}")
    if found.size != wanted.size:
        raise ValueError(f"the {what} is {found.size}; allowed: {wanted.size}")


def _measured(plan: Plan, row: Row, pair: _Pair, truth: AnySegmentation, cost: _Cost) -> Row:
    metric = plan.metrics[row.metric].metric
    try:
        if measures_change(metric):
            measurement = of_metric(metric).measure_change(before=pair.before, after=pair.after, truth=truth)
        else:
            measurement = metric.measure(prediction=pair.after, truth=truth)
        return replace(row, **vars(cost), arrays=_arrays(measurement))
    except Exception as error:
        return _failed(replace(row, **vars(cost)), error)


def _failed(row: Row, error: Exception) -> Row:
    return replace(row, status="failed", error=f"{type(error).__name__}: {error}")


def _arrays(measurement: Measurement) -> dict[str, NDArray[Any]]:
    """The measurement as arrays that can be stored without loss."""
    arrays = {name: np.asarray(value) for name, value in measurement.items()}
    for name, array in arrays.items():
        if array.dtype.kind not in "biuf" or array.dtype.itemsize > 8:
            raise TypeError(f"measurement {name!r} is {array.dtype}; allowed: bool, int, float up to 64 bits")
        if array.dtype.kind in "iu" and array.size and max(int(array.max()), -int(array.min())) > _EXACT:
            raise ValueError(f"measurement {name!r} exceeds 2**53, beyond which it cannot be stored exactly")
    return arrays
