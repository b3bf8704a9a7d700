"""A small world to run experiments in: drawn label maps, predictions in .npy files, and plug-ins of every kind."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from boundary_bench.bench.io.hashing import array_digest, file_digest
from boundary_bench.bench.plugins.protocols import Sample
from boundary_bench.metrics.functional.statistics import Summary, divide, weighted_sum
from boundary_bench.metrics.structures.segmentation import SemanticMap
from tests.void import VOID

SIZE = (6, 8)
CLASSES = ("left", "middle", "right")


class Drawn:
    """Truth and images from a seed. The first pixel of an image is the number of its sample, modulo 256."""

    name = "drawn"
    task = "semantic"
    things: frozenset[int] = frozenset()
    classes = CLASSES
    colours = np.array([(255, 0, 0), (0, 255, 0), (0, 0, 255)], dtype=np.uint8)
    label_ids: ClassVar[dict[int, int]] = {}

    def __init__(
        self, split: str, samples: int = 5, clusters: int = 0, images: bool = True, without_image: Sequence[str] = ()
    ) -> None:
        self.split, self._count, self._clusters, self._images = split, samples, clusters, images
        self._without_image = without_image

    def samples(self) -> Sequence[Sample]:
        return [
            Sample(f"s{i}", cluster=f"c{i % self._clusters}" if self._clusters else None) for i in range(self._count)
        ]

    def size(self, sample: Sample) -> tuple[int, int]:
        return SIZE

    def has_image(self, sample: Sample) -> bool:
        return self._images and sample.id not in self._without_image

    def image(self, sample: Sample) -> Any:
        if not self.has_image(sample):
            raise FileNotFoundError("there is no image")
        image = np.zeros((*SIZE, 3), np.uint8)
        image[0, 0] = _number(sample) % 256
        return image

    def truth(self, sample: Sample) -> SemanticMap:
        labels = np.random.default_rng(_number(sample)).integers(0, len(CLASSES), SIZE).astype(np.uint8)
        labels[0] = VOID
        return SemanticMap(labels)

    def digest(self, sample: Sample) -> str:
        return array_digest(self.truth(sample).labels)

    def check(self, *, images: bool = True) -> list[Any]:
        return []


class Saved:
    """Predictions, one .npy file of labels a sample."""

    task = "semantic"

    def __init__(self, path: str | Path, *, dataset: Any, name: str, add: int = 0, probabilities: bool = False) -> None:
        self.name, self._path, self._add, self.has_probabilities = name, Path(path), add, probabilities
        if not self._path.is_dir():
            raise ValueError(f"path is {self._path.name}; allowed: a folder")

    def has(self, sample: Sample) -> bool:
        return self._file(sample).exists()

    def load(self, sample: Sample) -> SemanticMap:
        labels = (np.load(self._file(sample)) + self._add) % len(CLASSES)
        return SemanticMap(labels.astype(np.uint8))

    def digest(self, sample: Sample) -> str:
        return file_digest(self._file(sample))

    def check(self, sample: Sample, size: tuple[int, int]) -> list[Any]:
        self.load(sample)
        return []

    def describe(self) -> dict[str, Any]:
        return {"format": "saved"}

    def _file(self, sample: Sample) -> Path:
        return self._path / f"{sample.id}.npy"


def save_predictions(folder: Path, samples: int = 5, wrong: float = 0.4, seed: int = 0) -> Path:
    """The truth of `Drawn` with a share of its pixels replaced."""
    folder.mkdir(parents=True, exist_ok=True)
    for sample in Drawn("any", samples).samples():
        rng = np.random.default_rng((seed, _number(sample)))
        labels = Drawn("any").truth(sample).labels % len(CLASSES)
        noise = rng.integers(0, len(CLASSES), SIZE)
        np.save(folder / f"{sample.id}.npy", np.where(rng.random(SIZE) < wrong, noise, labels).astype(np.uint8))
    return folder


class Fill:
    """Sets the last rows to one class; fails for one sample, known by its image, if asked to."""

    tasks = frozenset({"semantic"})

    def __init__(self, rows: int = 2, fails_on: int = -1, dies_on: int = -1) -> None:
        if rows < 0:
            raise ValueError(f"rows is {rows}; allowed: 0 or more")
        self._rows, self._fails_on, self._dies_on = rows, fails_on, dies_on

    def refine(self, image: Any, prediction: SemanticMap) -> SemanticMap:
        if image[0, 0, 0] == self._fails_on:
            raise ZeroDivisionError("asked to")
        if image[0, 0, 0] == self._dies_on:
            import os

            os._exit(3)
        labels = prediction.labels.copy()
        labels[SIZE[0] - self._rows :] = 1
        return SemanticMap(labels)


class Copy:
    """An oracle: half of the truth."""

    tasks = frozenset({"semantic"})

    def refine_with_truth(self, image: Any, prediction: SemanticMap, truth: SemanticMap) -> SemanticMap:
        labels = prediction.labels.copy()
        labels[:, :4] = np.where(truth.labels == VOID, labels, truth.labels)[:, :4]
        return SemanticMap(labels)


class FromFile:
    """Fills the map with the class that a file per sample names; an oracle in disguise if asked to."""

    tasks = frozenset({"semantic"})

    def __init__(self, folder: str | Path, cheats: bool = False) -> None:
        self._folder, self._cheats = Path(folder), cheats

    def for_sample(self, sample_id: str) -> Any:
        if self._cheats:
            return Copy()
        return _Constant(int(self.files(sample_id)[0].read_text()))

    def files(self, sample_id: str) -> Sequence[Path]:
        file = self._folder / f"{sample_id}.txt"
        if not file.exists():
            raise ValueError(f"no file for {sample_id}; allowed: {file.name}")
        return [file]


class Checked(FromFile):
    """Refuses the files of images of another size than it knows."""

    def __init__(self, folder: str | Path, height: int) -> None:
        super().__init__(folder)
        self._height = height

    def check(self, sample_id: str, size: tuple[int, int]) -> None:
        if size[0] != self._height:
            raise ValueError(f"{sample_id}.txt is for {self._height} rows; allowed: {size[0]}")


class _Constant:
    tasks = frozenset({"semantic"})

    def __init__(self, label: int) -> None:
        self._label = label

    def refine(self, image: Any, prediction: SemanticMap) -> SemanticMap:
        return SemanticMap(np.full_like(prediction.labels, self._label))


class NeedsProbabilities(Fill):
    needs_probabilities = True


class OnlyEdges(Fill):
    tasks = frozenset({"edges"})  # type: ignore[assignment]


class Accuracy:
    """Hits over pixels, whole and by true class."""

    def __init__(self, classes: int) -> None:
        self._classes = classes

    def definition(self) -> dict[str, Any]:
        return {"metric": "hits over pixels"}

    def measure(self, *, prediction: SemanticMap, truth: SemanticMap) -> dict[str, Any]:
        of_class = [truth.labels == k for k in range(self._classes)]
        hits = [int((prediction.labels[mask] == k).sum()) for k, mask in enumerate(of_class)]
        return {"hits": np.array(hits), "pixels": np.array([int(mask.sum()) for mask in of_class])}

    def summarise(self, measurements: Sequence[Any], weights: Any = None) -> Summary:
        hits, pixels = (weighted_sum(measurements, key, weights) for key in ("hits", "pixels"))
        return Summary(
            values={"accuracy": divide(np.asarray(hits.sum(-1)), np.asarray(pixels.sum(-1)))},
            per_class={"accuracy": divide(hits, pixels)},
            curves={"hits": {"class": np.arange(self._classes), "hits": hits}},
            scored={"accuracy": self._classes},
            undefined={"accuracy": 0},
        )


def _number(sample: Sample) -> int:
    return int(sample.id[1:])
