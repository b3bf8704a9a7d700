"""Protocols that plug-ins satisfy. A plug-in need not import anything from here: matching signatures are enough.

Optional abilities and their defaults are in `boundary_bench.bench.plugins.abilities`.

Before a run, several threads check the files of a dataset and of prediction sets, each thread a different sample.
A check that raises anything but an `InputError` is retried alone. Training also reads examples in threads; everything
else uses one thread per process.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from boundary_bench.bench.errors import Problem
from boundary_bench.metrics.functional.statistics import Measurement, Summary
from boundary_bench.metrics.structures.segmentation import Task

Image = NDArray[np.uint8]
"""RGB, uint8 (H, W, 3)."""
Progress = Callable[[int, int], None]
"""Called with (done, total)."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One image of a split.

    Attributes:
        id: unique in the split and stable between machines, e.g. `frankfurt_000000_000294`; where
            files lie in folders it may be their path below these, `rec_000/000017`, with forward slashes.
        group: folder below the split where the layout has one (a city), else "".
        cluster: shared by images that are not independent of each other (a stretch of video, a city); None where
            the dataset declares no dependence.
    """

    id: str
    group: str = ""
    cluster: str | None = None


class Dataset(Protocol):
    """Images and truth of one split.

    Attributes:
        name: catalogue name.
        split: as given by the user.
        task: the kind of truth that `truth` returns.
        classes: names of the training ids 0..K-1.
        colours: uint8 (K, 3) RGB, one per class.
        label_ids: raw ids in files of this dataset -> training ids; empty where both are the same. A raw id that is
            not scored maps to -1, or any number outside 0..K-1. The same holds for category ids of objects and
            segments.
        things: training ids of countable classes; empty for semantic truth.
    """

    name: str
    split: str
    task: Task
    classes: Sequence[str]
    colours: NDArray[np.uint8]
    label_ids: Mapping[int, int]
    things: frozenset[int]

    def samples(self) -> Sequence[Sample]:
        """All samples of the split in a fixed order."""

    def size(self, sample: Sample) -> tuple[int, int]:
        """(H, W) of the truth, without decoding it."""

    def image(self, sample: Sample) -> Image:
        """The image, RGB."""

    def truth(self, sample: Sample) -> Any:
        """The truth in training ids: the class of `boundary_bench.metrics.structures.segmentation` that `task`
        names."""

    def digest(self, sample: Sample) -> str:
        """Hex digest of the contents behind image and truth."""


class PredictionSet(Protocol):
    """Saved predictions of one model for one dataset split.

    Attributes:
        name: its name in tables.
        task: the kind of segmentation that `load` returns.
        has_probabilities: whether the maps that `load` returns have probabilities.
    """

    name: str
    task: Task
    has_probabilities: bool

    def has(self, sample: Sample) -> bool:
        """Whether there is a prediction for the sample."""

    def load(self, sample: Sample) -> Any:
        """The prediction in training ids: the class of `boundary_bench.metrics.structures.segmentation` that `task`
        names."""

    def digest(self, sample: Sample) -> str:
        """Hex digest of the contents behind the prediction."""

    def check(self, sample: Sample, size: tuple[int, int]) -> list[Problem]:
        """Everything wrong with this sample's files, which exist according to `has`; decodes them."""

    def describe(self) -> dict[str, Any]:
        """Format, label space and settings, for provenance; JSON-able, without absolute paths."""


class Refiner(Protocol):
    """Refines a prediction using only the image."""

    tasks: frozenset[Task]

    def refine(self, image: Image, prediction: Any) -> Any:
        """Same kind in, same kind out; never writes to its inputs."""


@runtime_checkable
class OracleRefiner(Protocol):
    """The only kind of refiner that receives the truth; every table marks its rows."""

    tasks: frozenset[Task]

    def refine_with_truth(self, image: Image, prediction: Any, truth: Any) -> Any:
        """Like `Refiner.refine`, given the truth."""


@runtime_checkable
class FileRefiner(Protocol):
    """Reads precomputed files per sample, such as SegFix offsets."""

    tasks: frozenset[Task]

    def for_sample(self, sample_id: str) -> Refiner | OracleRefiner:
        """The refiner for one sample."""

    def files(self, sample_id: str) -> Sequence[Path]:
        """Files that `for_sample` reads; part of the identity of the result."""


class Metric(Protocol):
    """Maps each image to sufficient statistics, and reduces those of a set to numbers.

    A metric of what a refiner changed also has `measure_change(*, before, after, truth)`, which is called instead of
    `measure`, with the unrefined prediction as `before`.

    Attributes:
        tasks: the kinds of segmentation that it measures.
    """

    tasks: frozenset[Task]

    def definition(self) -> dict[str, Any]:
        """Tolerance, band, void and averaging rules, source; reported with every number."""

    def measure(self, *, prediction: Any, truth: Any) -> Measurement:
        """Measure one image; prediction and truth are of the same kind, one of `tasks`."""

    def summarise(self, measurements: Sequence[Measurement], weights: NDArray[np.float64] | None = None) -> Summary:
        """Summarise the whole set. weights: float64 (N,) or (R, N), one per image (and replicate); None: all 1."""
