"""Optional abilities of plug-ins beyond their protocols, and the defaults where a plug-in lacks them.

Plug-ins may derive from these classes, but need not. Where the program needs an ability it calls `of_refiner(plugin)`
and so on, which returns the plug-in itself where it derives from the base, else a view of it with the
defaults filled in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import inf
from pathlib import Path
from types import FunctionType, MethodType
from typing import Any, TypeVar, cast, get_args

from boundary_bench.bench.errors import Problem
from boundary_bench.bench.plugins.protocols import Sample
from boundary_bench.metrics.functional.statistics import Measurement
from boundary_bench.metrics.structures.segmentation import Task

Base = TypeVar("Base")


class RefinerAbilities:
    """Optional abilities of a refiner.

    Attributes:
        needs_probabilities: whether `refine` cannot work from the labels of a semantic map alone.
        oracle: whether the refiner, or one of its stages, receives the truth.
    """

    needs_probabilities: bool = False
    oracle: bool = False

    def count(self, prediction: Any) -> int | None:  # noqa: ARG002 - for others to use
        """Number of patches that it would process, without processing them; None where it has no patches."""
        return None

    def network_parameters(self) -> int | None:
        """Number of learned parameters of its network; None where it has none."""
        return None

    def notes(self, task: Task) -> list[str]:  # noqa: ARG002 - for others to use
        """Remarks about its settings for predictions of a task, allowed but worth reporting."""
        return []

    def check(self, sample_id: str, size: tuple[int, int]) -> None:
        """Raise ValueError or InputError where the files for a sample do not fit an image of (H, W)."""


class MetricAbilities:
    """Optional abilities of a metric.

    Attributes:
        tasks: the kinds of segmentation that it measures; by default all.
    """

    tasks: frozenset[Task] = frozenset(get_args(Task))

    def measure_change(self, *, before: Any, after: Any, truth: Any) -> Measurement:
        """Measure one image given its unrefined prediction, for metrics of what a refiner changed.

        A metric that defines it is called by it instead of by `measure`.
        """
        raise NotImplementedError

    def value_range(self, name: str) -> tuple[float, float]:  # noqa: ARG002 - for others to use
        """The least and the greatest value that a number can have, infinite where there is none; by default both are.

        An interval stays within. Differences need no range of their own.
        """
        return -inf, inf


class DatasetAbilities:
    """Optional abilities of a dataset.

    Attributes:
        metrics: its standard metrics, each a name or a mapping of name and parameters; empty: those of the task.
        format: the usual format of predictions for it; "": that of the task.
        frequencies: for each class, how many training images contain it: `f`, `c` or `r` as in LVIS.
        edge_metrics: the metrics reported for edges drawn from its truth.
        image_ids: id of an image in files -> sample id; None where images have no ids of their own.
        truth_settings: how the truth was made where that is a choice; reported with the numbers.
        ignored: training ids that the truth never holds because they are not scored. A prediction may hold them, and is
            wrong there where the truth is scored; they are left out of every mean.
        prediction_space: a `LabelSpace`, the ids that label files of predictions hold, where the dataset has a rule of
            its own; None: that of the option `label_space`.
    """

    metrics: Sequence[str | Mapping[str, Any]] = ()
    format: str = ""
    frequencies: Sequence[str] | None = None
    edge_metrics: Sequence[str | Mapping[str, Any]] = ()
    image_ids: Mapping[int | str, str] | None = None
    truth_settings: Mapping[str, Any] = {}
    ignored: frozenset[int] = frozenset()
    prediction_space: Any = None

    def has_image(self, sample: Sample) -> bool:  # noqa: ARG002 - for others to use
        """Whether a sample has an image, so that samples without one can be skipped."""
        return True

    def has_truth(self, sample: Sample) -> bool:  # noqa: ARG002 - for others to use
        """Whether a sample has a truth; without one it can be refined but not scored."""
        return True

    def check(self, *, images: bool = False) -> list[Problem]:  # noqa: ARG002 - for others to use
        """What else is wrong: called before a run, after truth and, if `images`, images were decoded and compared."""
        return []

    def notes(self) -> list[str]:
        """Remarks about its files, allowed but worth reporting; called after they were checked."""
        return []

    def coarse_name(self, folder: Path) -> str:  # noqa: ARG002 - for others to use
        """Names of coarse masks that lie beside the truth, such as `{id}_seg.png`; "" for any other folder.

        It may raise InputError for a folder of its own that holds no predictions but the truth.
        """
        return ""

    def image_name(self, sample: Sample) -> str:
        """File name of its image in files of other tools."""
        return f"{sample.id}.png"


class PredictionSetAbilities:
    """Optional abilities of a prediction set."""

    def unmatched(self) -> list[str]:
        """Names of files that belong to no sample."""
        return []

    def notes(self) -> list[str]:
        """Remarks about its files, allowed but worth reporting, collected while they were checked."""
        return []


def of_refiner(refiner: object) -> RefinerAbilities:
    """Abilities of a refiner."""
    return _completed(refiner, RefinerAbilities)


def of_metric(metric: object) -> MetricAbilities:
    """Abilities of a metric."""
    return _completed(metric, MetricAbilities)


def of_dataset(dataset: object) -> DatasetAbilities:
    """Abilities of a dataset."""
    return _completed(dataset, DatasetAbilities)


def of_prediction_set(predictions: object) -> PredictionSetAbilities:
    """Abilities of a prediction set."""
    return _completed(predictions, PredictionSetAbilities)


def checks_files(refiner: object) -> bool:
    """Whether a refiner has a `check` of its own."""
    return _has_own(refiner, RefinerAbilities, "check")


def measures_change(metric: object) -> bool:
    """Whether a metric's `measure_change` replaces `measure`."""
    return _has_own(metric, MetricAbilities, "measure_change")


def patches(refiner: object, load: Callable[[], Any]) -> int | None:
    """Number of patches that a refiner would process; None where it does not count them.

    Args:
        refiner: any.
        load: returns the prediction; called only where the refiner counts.
    """
    if not _has_own(refiner, RefinerAbilities, "count"):
        return None
    found = of_refiner(refiner).count(load())
    return None if found is None else int(found)


class _View:
    """A plug-in whose missing abilities are the defaults of a base class; its own are read when they are needed."""

    def __init__(self, plugin: object, base: type) -> None:
        self._plugin, self._base = plugin, base

    def __getattr__(self, name: str) -> Any:
        own = getattr(self._plugin, name, None)
        if own is not None:
            return own
        default = getattr(self._base, name)
        return MethodType(default, self._plugin) if isinstance(default, FunctionType) else default


def _completed(plugin: object, base: type[Base]) -> Base:
    return plugin if isinstance(plugin, base) else cast(Base, _View(plugin, base))


def _has_own(plugin: object, base: type, name: str) -> bool:
    """Whether a method is the plug-in's own, not absent and not the default that it inherits from the base."""
    own = getattr(plugin, name, None)
    return own is not None and getattr(own, "__func__", own) is not getattr(base, name)
