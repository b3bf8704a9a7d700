"""Optional abilities of plug-ins, with the defaults of those that do not define them.

These classes are bases to derive from, for who likes that; nobody has to. Wherever the program wants an ability it
asks `of_refiner(plugin)` and so on, which is the plug-in itself where it derives from the base, else its abilities.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar, get_args

from boundary_bench.bench.plugins.protocols import FileRefiner, Sample
from boundary_bench.metrics.functional.statistics import Measurement
from boundary_bench.metrics.structures.segmentation import Task

Base = TypeVar("Base")


class RefinerAbilities:
    """Of a refiner.

    Attributes:
        needs_probabilities: whether `refine` cannot work from labels alone.
        oracle: whether it is handed the truth, by itself or by a stage of it.
    """

    needs_probabilities: bool = False
    oracle: bool = False

    def count(self, prediction: Any) -> int | None:  # noqa: ARG002 - for others to use
        """How many patches it has to look at, without looking at them; None where it has none."""
        return None

    def network_parameters(self) -> int | None:
        """How many numbers its network has learned; None where it has none."""
        return None

    def check(self, sample_id: str, size: tuple[int, int]) -> None:
        """Raise ValueError or InputError where the files for a sample do not fit an image of (H, W)."""


class MetricAbilities:
    """Of a metric.

    Attributes:
        tasks: the kinds of segmentation that it measures; all where it does not say.
        measures_change: whether `measure_change` takes the place of `measure`.
    """

    tasks: frozenset[Task] = frozenset(get_args(Task))
    measures_change: bool = False

    def measure_change(self, *, before: Any, after: Any, truth: Any) -> Measurement:
        """One image with its unrefined prediction, of metrics of what a refiner changed."""
        raise NotImplementedError


class DatasetAbilities:
    """Of a dataset.

    Attributes:
        metrics: what its field reports, each a name or a mapping of name and parameters; empty leaves it to the task.
        format: how predictions for it are usually saved; "" leaves it to the task.
        frequencies: of each class, how many images of the training split have it: `f`, `c` or `r` as LVIS has them.
        edge_metrics: what is reported of edges that are drawn from its truth.
        image_ids: id of an image in files -> sample id; None where images have no ids of their own.
        truth_settings: how the truth was made where that is a choice; goes with the numbers.
    """

    metrics: Sequence[str | Mapping[str, Any]] = ()
    format: str = ""
    frequencies: Sequence[str] | None = None
    edge_metrics: Sequence[str | Mapping[str, Any]] = ()
    image_ids: Mapping[int | str, str] | None = None
    truth_settings: Mapping[str, Any] = {}

    def has_image(self, sample: Sample) -> bool:  # noqa: ARG002 - for others to use
        """Whether a sample has an image, so that samples without one can be left out."""
        return True

    def image_name(self, sample: Sample) -> str:
        """Name of its image in files of other tools."""
        return f"{sample.id}.png"


class PredictionSetAbilities:
    """Of a set of predictions."""

    def notes(self) -> list[str]:
        """Notes from checking its files: allowed, but worth knowing."""
        return []


def of_refiner(refiner: object) -> RefinerAbilities:
    """Abilities of a refiner; one of files without a `check` is checked by looking into them."""
    found = _completed(refiner, RefinerAbilities)
    if isinstance(refiner, FileRefiner) and not hasattr(refiner, "check"):
        setattr(found, "check", lambda sample_id, _size: refiner.for_sample(sample_id))  # noqa: B010
    return found


def patches(refiner: object, prediction: Any) -> int | None:
    """How many patches a refiner has to look at; None of one that does not count them."""
    found = of_refiner(refiner).count(prediction)
    return None if found is None else int(found)


def of_metric(metric: object) -> MetricAbilities:
    """Abilities of a metric; one with `measure_change` measures changes."""
    found = _completed(metric, MetricAbilities)
    found.measures_change = found.measures_change or hasattr(metric, "measure_change")
    return found


def of_dataset(dataset: object) -> DatasetAbilities:
    """Abilities of a dataset."""
    return _completed(dataset, DatasetAbilities)


def of_prediction_set(predictions: object) -> PredictionSetAbilities:
    """Abilities of a set of predictions."""
    return _completed(predictions, PredictionSetAbilities)


def _completed(plugin: object, base: type[Base]) -> Base:
    if isinstance(plugin, base):
        return plugin
    found = base()
    for name in vars(base):
        if not name.startswith("_") and (own := getattr(plugin, name, None)) is not None:
            setattr(found, name, own)
    return found
