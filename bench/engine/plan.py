"""From a validated experiment to objects: dataset, prediction sets, refiners, metrics, and the cells of the table."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from boundary_bench.bench.config.defaults import (
    built_metric,
    dataset_parameters,
    default_format,
    fill_parameters,
    metric_specs,
)
from boundary_bench.bench.config.experiment import DatasetSpec, Experiment, MetricSpec, PredictionSpec, RefinerSpec
from boundary_bench.bench.datasets.edges import build_dataset
from boundary_bench.bench.engine.fingerprints import Fingerprints
from boundary_bench.bench.engine.selection import selected_categories, selected_samples
from boundary_bench.bench.errors import InputError, Problem, did_you_mean
from boundary_bench.bench.plugins import catalogue, registry
from boundary_bench.bench.plugins.abilities import of_metric, of_refiner
from boundary_bench.bench.plugins.components import AnyRefiner, BuiltMetric, BuiltRefiner, Cell, PluginSpec, Refused
from boundary_bench.bench.plugins.protocols import (
    Dataset,
    FileRefiner,
    OracleRefiner,
    PredictionSet,
    Sample,
)
from boundary_bench.metrics.structures.segmentation import Task


@dataclass(frozen=True, eq=False)
class Plan:
    """Everything that a run works with.

    Attributes:
        samples: those of the split that the experiment selects, in the dataset's order.
        prediction_sets, refiners, metrics: by label, in the experiment's order.
        recipes: of the dataset ("") and of the prediction sets, by label.
        categories: training ids of those that are scored; None for all.
        cells: prediction set x refiner, without the refused ones.
    """

    experiment: Experiment
    dataset: Dataset
    samples: Sequence[Sample]
    prediction_sets: Mapping[str, PredictionSet]
    refiners: Mapping[str, BuiltRefiner]
    metrics: Mapping[str, BuiltMetric]
    recipes: Mapping[str, PluginSpec]
    cells: Sequence[Cell]
    refused: Sequence[Refused]
    categories: frozenset[int] | None = None

    @cached_property
    def fingerprints(self) -> Fingerprints:
        """Fingerprints of the rows of this plan, cached so that each file is digested once."""
        return Fingerprints(
            self.dataset, self.prediction_sets, self.refiners, self.metrics, self.recipes, self.experiment.missing,
            self.categories,
        )  # fmt: skip

    def of_metrics(self, labels: Collection[str]) -> Plan:
        """The same plan with some of its metrics alone; no file is digested again."""
        some = replace(self, metrics={label: each for label, each in self.metrics.items() if label in labels})
        some.__dict__["fingerprints"] = self.fingerprints
        return some


def plan(experiment: Experiment, dataset: Dataset | None = None) -> Plan:
    """Build the objects of an experiment. Reads no image; lists the dataset's samples.

    Args:
        experiment: a validated one.
        dataset: the experiment's, where it is built already: large annotations take long to read.

    Raises:
        InputError: an unknown name or parameter, an empty selection of samples, or nothing left to run.
    """
    recipes = {"": _dataset_recipe(experiment)}
    dataset = build_dataset(*recipes[""][1:]) if dataset is None else dataset
    samples, categories = selected_samples(experiment, dataset), selected_categories(experiment, dataset)
    sets: dict[str, PredictionSet] = {}
    for spec in experiment.predictions:
        recipes[spec.label], sets[spec.label] = _prediction_set(experiment, spec, dataset, sets, recipes)
    offered = dataset_parameters(dataset)
    refiners = {spec.title: _refiner(experiment, spec, offered) for spec in experiment.refiners}
    metrics = {
        spec.title: _metric(experiment, spec, dataset.task, offered) for spec in metric_specs(experiment, dataset)
    }
    wanted = list(_wanted(experiment, sets))
    refused = [Refused(p, r, reason) for p, r in wanted if (reason := _reason(sets[p], refiners[r].refiner))]
    out = {(each.predictions, each.refiner) for each in refused}
    cells = [Cell(p, r) for p, r in wanted if (p, r) not in out]
    if not cells:
        problems = [Problem(f"{e.predictions} x {e.refiner}", e.reason, "a refiner that can do it") for e in refused]
        raise InputError(problems)
    return Plan(experiment, dataset, samples, sets, refiners, metrics, recipes, cells, refused, categories)


def _dataset_recipe(experiment: Experiment) -> PluginSpec:
    spec = experiment.dataset
    return "datasets", *_resolved("datasets", spec.name, {**spec.parameters, **_split(spec)}, experiment)


def _split(spec: DatasetSpec) -> dict[str, str]:
    return {} if spec.split is None else {"split": spec.split}


def _prediction_set(
    experiment: Experiment,
    spec: PredictionSpec,
    dataset: Dataset,
    earlier: Mapping[str, PredictionSet],
    recipes: Mapping[str, PluginSpec],
) -> tuple[PluginSpec, PredictionSet]:
    if spec.registered is not None:
        return _registered(spec, dataset)
    format_ = spec.format or default_format(dataset, str(spec.parameters.get("path", "")))
    name, parameters = _resolved("predictions", format_, spec.parameters, experiment)
    recipe: PluginSpec = ("predictions", name, dict(parameters))
    if spec.members is not None:
        recipe[2]["members"] = [recipes[member] for member in spec.members if member in earlier]
        parameters["members"] = [_member(member, spec, earlier) for member in spec.members]
    parameters.update(_offered(name, spec.label, dataset))
    return recipe, registry.build("predictions", name, parameters)


def _member(name: str, spec: PredictionSpec, earlier: Mapping[str, PredictionSet]) -> PredictionSet:
    if name not in earlier:
        where = f"predictions: {spec.label}: members"
        hint = did_you_mean(name, earlier)
        raise InputError(Problem(where, repr(name), ", ".join(earlier) or "sets that are named before it", hint))
    return earlier[name]


def _refiner(experiment: Experiment, spec: RefinerSpec, offered: Mapping[str, Any]) -> BuiltRefiner:
    if spec.chain:
        stages = [_refiner(experiment, stage, offered) for stage in spec.chain]
        chained = registry.build("refiners", "chain", {"stages": [stage.refiner for stage in stages]})
        leaves = tuple(leaf for stage in stages for leaf in stage.stages)
        recipe: PluginSpec = ("refiners", "chain", {"stages": [stage.recipe for stage in stages]})
        return BuiltRefiner(spec.title, chained, recipe, any(s.oracle for s in stages), identity=False, stages=leaves)
    name, parameters = _resolved("refiners", spec.name, spec.parameters, experiment)
    parameters = fill_parameters("refiners", name, parameters, offered)
    refiner: AnyRefiner = registry.build("refiners", name, parameters)
    oracle = isinstance(refiner, OracleRefiner) or of_refiner(refiner).oracle
    identity = catalogue.REFINERS["identity"] == f"{type(refiner).__module__}:{type(refiner).__qualname__}"
    if isinstance(refiner, FileRefiner):
        # Its files count one by one, sample by sample: a new file must not redo the others.
        parameters = {k: v for k, v in parameters.items() if not (isinstance(v, Path) and v.is_dir())}
    return BuiltRefiner(spec.title, refiner, ("refiners", name, parameters), oracle, identity, (refiner,))


def _metric(experiment: Experiment, spec: MetricSpec, task: Task, offered: Mapping[str, Any]) -> BuiltMetric:
    built = built_metric(spec, *_resolved("metrics", spec.name, spec.parameters, experiment), offered)
    if task not in (tasks := of_metric(built.metric).tasks):
        found = f"a metric of {', '.join(sorted(tasks))} truth"
        raise InputError(Problem(f"metrics: {spec.title}", found, f"metrics of {task} truth"))
    return built


def _wanted(experiment: Experiment, sets: Mapping[str, PredictionSet]) -> Iterator[tuple[str, str]]:
    """Prediction set and refiner of each cell that the experiment asks for."""
    for spec in experiment.refiners:
        for name in spec.only:
            if name not in sets:
                where = f"refiners: {spec.title}: only"
                raise InputError(Problem(where, repr(name), ", ".join(sets), did_you_mean(name, sets)))
    for label in sets:
        yield from ((label, spec.title) for spec in experiment.refiners if not spec.only or label in spec.only)


def _reason(predictions: PredictionSet, refiner: AnyRefiner) -> str:
    if predictions.task not in refiner.tasks:
        return f"refines {', '.join(sorted(refiner.tasks))} predictions; these are {predictions.task}"
    # Of objects, segments and masks every refiner can work from labels.
    bare = predictions.task == "semantic" and not predictions.has_probabilities
    if bare and of_refiner(refiner).needs_probabilities:
        return "needs class probabilities; these predictions have labels only"
    return ""


def _resolved(
    kind: catalogue.Kind, name: str, parameters: Mapping[str, Any], experiment: Experiment
) -> tuple[str, dict[str, Any]]:
    """Name and parameters with the paths among them made absolute, relative to the experiment file."""
    place, colon, attribute = name.rpartition(":")
    if place.endswith(".py"):
        name = f"{experiment.resolve(place)}{colon}{attribute}"
    accepted = registry.named_parameters(registry.find(kind, name))
    absolute = {}
    for key, value in parameters.items():
        annotation = str(accepted[key].annotation) if key in accepted else ""
        is_path = isinstance(value, str) and (key in ("root", "path") or _is_path(value, annotation, experiment))
        absolute[key] = experiment.resolve(value) if is_path else _with_paths(value, annotation, experiment)
    return name, absolute


def _with_paths(value: Any, annotation: str, experiment: Experiment) -> Any:
    """A list with those of its texts made paths that are meant as such; anything else as it is."""
    if not isinstance(value, list):
        return value
    # Links are not followed: a program may know by the place it is called at what it is, as a venv's python does.
    return [
        Path(os.path.abspath(experiment.folder / Path(item).expanduser()))
        if isinstance(item, str) and _is_path(item, annotation, experiment)
        else item
        for item in value
    ]


def _is_path(value: str, annotation: str, experiment: Experiment) -> bool:
    if "Path" in annotation:
        return True
    # A class may say nothing about its types: then a separator or a suffix, and something lying there, tell.
    return ("/" in value or "." in value) and "Literal" not in annotation and experiment.resolve(value).exists()


def _registered(spec: PredictionSpec, dataset: Dataset) -> tuple[PluginSpec, PredictionSet]:
    from boundary_bench.bench.predictions import registered

    assert spec.registered is not None
    known = registered.load(spec.registered)
    same_name = known.dataset.name.replace("-", "_") == dataset.name
    if not same_name or known.dataset.split not in (None, dataset.split):
        where = f"predictions: {spec.label}"
        found = f"registered for {known.dataset.name}/{known.dataset.split}"
        raise InputError(Problem(where, found, f"predictions for {dataset.name}/{dataset.split}"))
    if spec.parameters or spec.members:
        given = ", ".join([*spec.parameters, *(["members"] if spec.members else [])])
        raise InputError(Problem(f"predictions: {spec.label}", given, "registered and name; the rest is registered"))
    parameters = known.parameters()
    built = registry.build("predictions", known.format, {**parameters, **_offered(known.format, spec.label, dataset)})
    return ("predictions", known.format, parameters), built


def _offered(name: str, label: str, dataset: Dataset) -> dict[str, Any]:
    """Parameters passed to a prediction format if its constructor accepts them."""
    accepted = registry.named_parameters(registry.find("predictions", name))
    return {key: value for key, value in (("dataset", dataset), ("name", label)) if key in accepted}
