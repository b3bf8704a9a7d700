"""Fingerprints of stored rows: digests of everything that determines a row, never a name or a path."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Mapping
from functools import cache, cached_property, partial
from pathlib import Path
from typing import Any
from uuid import uuid4

from boundary_bench.bench.engine.measuring_code import code_digest
from boundary_bench.bench.io.hashing import combined, file_digest, files_digest
from boundary_bench.bench.plugins import catalogue, registry
from boundary_bench.bench.plugins.components import BuiltMetric, BuiltRefiner, PluginSpec
from boundary_bench.bench.plugins.protocols import Dataset, FileRefiner, PredictionSet, Sample
from boundary_bench.bench.plugins.validation import Missing, lacks_image

_NAMES = ("root", "path", "name", "split")
"""Parameters of inputs that say where something lies or what it is called; they digest their contents themselves."""


@cache
def class_digest(constructor: Callable[..., Any]) -> str:
    """Digest of a class's code: that of the project for its own, else of its file, or the package it lies in."""
    module = inspect.getmodule(constructor)
    name = getattr(constructor, "__qualname__", repr(constructor))
    if module is not None and module.__name__.startswith(f"{__package__.partition('.')[0]}."):
        return combined(module.__name__, name, code_digest())
    source = inspect.getsourcefile(constructor)
    if source is None:
        return combined(name)
    folder = Path(source).parent
    if (folder / "__init__.py").exists():
        return combined(name, files_digest(folder, folder.rglob("*.py")), code_digest())
    return combined(name, file_digest(source), code_digest())


def recipe_digest(recipe: PluginSpec) -> str:
    """Digest of a class and its parameters; files and folders among these, and in lists, count by their contents."""
    kind, name, parameters = recipe
    parts = [class_digest(registry.find(kind, name))]
    is_input = kind in ("datasets", "predictions")
    for key, value in sorted(parameters.items()):
        if not (is_input and (key in _NAMES or isinstance(value, Path))):
            parts += [key, _value_digest(value)]
    return combined(*parts)


def _value_digest(value: Any) -> str:
    if isinstance(value, Path):
        if value.is_dir():
            return files_digest(value, (f for f in value.rglob("*") if f.is_file()))
        return file_digest(value) if value.is_file() else "nothing there"
    if isinstance(value, list) and any(isinstance(item, Path) for item in value):
        return combined("with files", *map(_value_digest, value))
    if isinstance(value, list | tuple) and value and all(_is_recipe(item) for item in value):
        return combined("stages", *(recipe_digest(stage) for stage in value))
    return json.dumps(value, sort_keys=True, default=str)


def _is_recipe(value: Any) -> bool:
    return isinstance(value, tuple) and len(value) == 3 and value[0] in catalogue.BUILT_IN


class Fingerprints:
    """Fingerprints of the rows of one plan. Every file is read once; later changes of it go unseen.

    Args:
        dataset, prediction_sets, refiners, metrics, recipes: as those of the plan.
        missing: what becomes of samples without a prediction.
        categories: training ids of those that are scored; None for all.
    """

    def __init__(
        self,
        dataset: Dataset,
        prediction_sets: Mapping[str, PredictionSet],
        refiners: Mapping[str, BuiltRefiner],
        metrics: Mapping[str, BuiltMetric],
        recipes: Mapping[str, PluginSpec],
        missing: Missing,
        categories: frozenset[int] | None = None,
    ) -> None:
        self._dataset, self._prediction_sets, self._missing = dataset, prediction_sets, missing
        self._built_refiners, self._built_metrics, self._recipes = refiners, metrics, recipes
        # Nothing where all are scored, as in runs from before there was a choice.
        self._scored = () if categories is None else (f"categories {sorted(categories)}",)
        self._contents: dict[tuple[str, str, str], str] = {}

    def row(self, sample: Sample, predictions: str, refiner: BuiltRefiner, metric: BuiltMetric) -> str:
        """Fingerprint of one metric of one sample of one cell."""
        return combined(
            self._readers[""],
            self.truth(sample),
            self._readers[predictions],
            self.prediction(sample, predictions),
            self._refiners[refiner.label],
            self.files(sample, refiner),
            self._metrics[metric.label],
            *self._scored,
        )

    def truth(self, sample: Sample) -> str:
        """Digest of the contents of image and truth; where there is no image, of what then happens too."""
        return self._once("truth", "", sample, lambda: self._truth(sample))

    def _truth(self, sample: Sample) -> str:
        found = self._dataset.digest(sample)
        return combined(found, f"no image, {self._missing}") if lacks_image(self._dataset, sample) else found

    def prediction(self, sample: Sample, predictions: str) -> str:
        """Digest of the contents of a prediction; where there is none, what then happens."""
        one, none = self._prediction_sets[predictions], f"none, {self._missing}"
        return self._once("prediction", predictions, sample, lambda: one.digest(sample) if one.has(sample) else none)

    def files(self, sample: Sample, refiner: BuiltRefiner) -> str:
        """Digest of the contents of what a refiner reads for the sample."""
        reads = self._reading.get(refiner.label)
        if reads is None:
            return ""
        paths = partial(reads.files, sample.id)
        return self._once("files", refiner.label, sample, lambda: combined(*map(file_digest, paths())))

    @cached_property
    def _reading(self) -> Mapping[str, FileRefiner]:
        # Asked once each: whether an object satisfies a protocol takes longer than a digest.
        built = {label: each.refiner for label, each in self._built_refiners.items()}
        return {label: refiner for label, refiner in built.items() if isinstance(refiner, FileRefiner)}

    def _once(self, what: str, label: str, sample: Sample, digest: Callable[[], str]) -> str:
        key = (what, label, sample.id)
        if key not in self._contents:
            self._contents[key] = _readable(digest)
        return self._contents[key]

    @cached_property
    def _readers(self) -> Mapping[str, str]:
        return {label: recipe_digest(recipe) for label, recipe in self._recipes.items()}

    @cached_property
    def _refiners(self) -> Mapping[str, str]:
        return {label: recipe_digest(built.recipe) for label, built in self._built_refiners.items()}

    @cached_property
    def _metrics(self) -> Mapping[str, str]:
        return {
            label: combined(recipe_digest(built.recipe), _value_digest(built.metric.definition()))
            for label, built in self._built_metrics.items()
        }


def _readable(digest: Callable[[], str]) -> str:
    # The job will meet the same error, fail alone and be counted. Never the same twice, so that should the job
    # succeed after all, no later run takes its result for that of some other contents.
    try:
        return digest()
    except Exception:
        return f"unreadable {uuid4().hex}"
