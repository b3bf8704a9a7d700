"""What fuzzing feeds: a reader of files as a function of their bytes, and helpers to make one."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from boundary_bench.bench.errors import InputError
from boundary_bench.bench.plugins.protocols import Dataset, PredictionSet
from boundary_bench.metrics.structures.segmentation import EdgeMaps
from tests.bench.label_files import MemoryDataset
from tests.fuzz.mutations import Mutation

SIZE = (6, 8)
LABELS = np.arange(48, dtype=np.uint8).reshape(SIZE) // 20
PROBABILITIES = np.full((3, *SIZE), 1 / 3, np.float32)


@dataclass(frozen=True)
class Target:
    """A reader.

    Attributes:
        seeds: valid files.
        read: of the bytes of a file; raises nothing, however broken they are.
        mutation: how valid files are changed.
    """

    seeds: Sequence[bytes]
    read: Callable[[bytes], None]
    mutation: Mutation


class Edges(MemoryDataset):
    """One image with edges of three classes."""

    task: Any = "edges"

    def truth(self, sample: Any) -> Any:
        return EdgeMaps(np.zeros((1, 3, *self.size(sample)), np.bool_))


@contextmanager
def own_errors(*more: type[Exception]) -> Any:
    """Swallows what users are told; the message has to be one that can be printed."""
    try:
        yield
    except (InputError, *more) as error:
        str(error).encode("utf-8", "surrogatepass")


def use(predictions: PredictionSet, dataset: Dataset) -> None:
    """Check, and where nothing is wrong load and digest, which then must work."""
    for sample in dataset.samples():
        if predictions.has(sample) and not predictions.check(sample, dataset.size(sample)):
            must(lambda: (predictions.load(sample), predictions.digest(sample)))  # noqa: B023


def must(work: Callable[[], object]) -> None:
    try:
        work()
    except InputError as error:
        raise AssertionError(f"what was checked cannot be read: {error}") from error


def saved(make: Callable[[io.BytesIO], object]) -> bytes:
    stream = io.BytesIO()
    make(stream)
    return stream.getvalue()


def written(make: Callable[[Path], object], path: Path) -> bytes:
    path.parent.mkdir(parents=True, exist_ok=True)
    make(path)
    return path.read_bytes()


def memory() -> MemoryDataset:
    return MemoryDataset({"a": LABELS})


def of_file(folder: Path, name: str, dataset: Dataset, make: Callable[[], PredictionSet], seed: bytes) -> Any:
    """A reader of a prediction set that is one file for each image: it is opened once, its file read each time."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(seed)
    opened = make()

    def read(data: bytes) -> None:
        path.write_bytes(data)
        with own_errors():
            use(opened, dataset)

    return read
