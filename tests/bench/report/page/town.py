"""A run of small drawn images whose every name would break a page that did not escape it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from boundary_bench.bench.analysis.summary import summarise_run
from boundary_bench.bench.config.experiment import experiment_from
from boundary_bench.bench.engine.runner import run
from boundary_bench.bench.io.hashing import array_digest
from boundary_bench.bench.plugins.protocols import Sample
from boundary_bench.metrics.structures.segmentation import SemanticMap

SIZE = (60, 80)
EVIL = "<script>alert(1)</script>"
WORSE = "\"'><img src=x onerror=alert(2)>"
CLASSES = ("sky & sea", EVIL, WORSE)
REFINERS = ("mend", EVIL, WORSE, "oracle")
HERE = "tests.bench.report.page.town"


class Town:
    """A disk of one class before two others; it lies elsewhere in each image."""

    name = "town <b>"
    task = "semantic"
    things: frozenset[int] = frozenset()
    classes = CLASSES
    colours = np.array([(90, 160, 220), (200, 60, 40), (70, 150, 70)], dtype=np.uint8)
    label_ids: ClassVar[dict[int, int]] = {}

    def __init__(self, split: str, count: int = 6) -> None:
        self.split, self._count = split, count

    def samples(self) -> Sequence[Sample]:
        return [Sample(f"{WORSE}{number}") for number in range(self._count)]

    def size(self, sample: Sample) -> tuple[int, int]:
        return SIZE

    def image(self, sample: Sample) -> Any:
        noise = np.random.default_rng(_number(sample)).integers(0, 40, (*SIZE, 3))
        return (self.colours[self.truth(sample).labels] // 2 + noise).astype(np.uint8)

    def truth(self, sample: Sample) -> SemanticMap:
        rows, columns = np.indices(SIZE)
        labels = np.where(rows < 30, 0, 1)
        labels[(rows - 28) ** 2 + (columns - 20 - 6 * _number(sample)) ** 2 < 150] = 2
        return SemanticMap(labels.astype(np.uint8))

    def digest(self, sample: Sample) -> str:
        return array_digest(self.truth(sample).labels)

    def check(self, *, images: bool = True) -> list[Any]:
        return []


class Shifted:
    """The truth, moved to the right."""

    task = "semantic"
    has_probabilities = False

    def __init__(self, *, dataset: Any, name: str, by: int = 3) -> None:
        self.name, self._dataset, self._by = name, dataset, by

    def has(self, sample: Sample) -> bool:
        return True

    def load(self, sample: Sample) -> SemanticMap:
        return SemanticMap(np.roll(self._dataset.truth(sample).labels, self._by, axis=1))

    def digest(self, sample: Sample) -> str:
        return array_digest(self.load(sample).labels)

    def check(self, sample: Sample, size: tuple[int, int]) -> list[Any]:
        return []

    def describe(self) -> dict[str, Any]:
        return {"format": "shifted"}


class Move:
    """Moves all labels; right for a prediction that was moved the other way, wrong for others."""

    tasks = frozenset({"semantic"})

    def __init__(self, by: int = -1, rows: int = 60) -> None:
        self._by, self._rows = by, rows

    def refine(self, image: Any, prediction: SemanticMap) -> SemanticMap:
        # Bright noise decides by how much: some images gain, some lose.
        by = self._by if int(image[0, 0, 0]) % 2 else -self._by
        labels = prediction.labels.copy()
        labels[: self._rows] = np.roll(labels, by, axis=1)[: self._rows]
        return SemanticMap(labels)


class Know:
    """The truth."""

    tasks = frozenset({"semantic"})

    def refine_with_truth(self, image: Any, prediction: SemanticMap, truth: SemanticMap) -> SemanticMap:
        return SemanticMap(truth.labels.copy())


def build(folder: Path, count: int = 6) -> Path:
    """Run it; returns the run's folder."""
    document = {
        "dataset": {"name": f"{HERE}:Town", "split": "all <i>", "count": count},
        "predictions": [
            {"name": WORSE, "format": f"{HERE}:Shifted"},
            {"name": "far", "format": f"{HERE}:Shifted", "by": 9},
        ],
        "refiners": [
            "identity",
            {"name": f"{HERE}:Move", "by": -2, "label": REFINERS[0]},
            {"name": f"{HERE}:Move", "by": -1, "label": REFINERS[1]},
            {"name": f"{HERE}:Move", "by": 2, "rows": 35, "label": REFINERS[2]},
            {"name": f"{HERE}:Know", "label": REFINERS[3]},
        ],
        "metrics": ["mean_iou", {"name": "boundary_f", "tolerances_px": [1, 2, 3]}, "error_distance"],
        "executor": {"name": "serial"},
        "bootstrap": {"replicates": 50},
        "recovery_of": REFINERS[3],
        "output": "run",
    }  # fmt: skip
    outcome = run(experiment_from(document, folder))
    assert not outcome.failures
    summarise_run(outcome.store, outcome.plan).save(outcome.store.folder)
    return outcome.store.folder


def _number(sample: Sample) -> int:
    return int(sample.id[len(WORSE) :])
