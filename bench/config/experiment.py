"""Experiment files: validated YAML with overrides and environment variables substituted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, ValidationError, model_validator

from boundary_bench.bench.config.executor import ExecutorSpec
from boundary_bench.bench.config.overrides import NAMES, apply_override, expand_variables, shortened
from boundary_bench.bench.errors import InputError, Problem, did_you_mean
from boundary_bench.bench.io.yaml_file import read_yaml
from boundary_bench.metrics.structures.segmentation import Task

DEFAULT_METRICS: dict[Task, tuple[str | dict[str, Any], ...]] = {
    "semantic": ("mean_iou", "boundary_f", "boundary_iou", "error_distance"),
    "instance": (
        "average_precision",
        {"name": "average_precision", "iou": "boundary"},
        "average_f",
        "instance_error_distance",
        "iou_change",
    ),
    "panoptic": ("panoptic_quality", {"name": "panoptic_quality", "iou": "boundary"}),
    "binary": ("mask_iou", "mask_boundary_iou", "boundary_accuracy", "surface_distance", "trimap"),
    "edges": ("semantic_edges",),
}
"""Metrics by kind of truth, where neither the experiment nor the dataset specifies them."""
DEFAULT_FORMATS: dict[Task, str] = {
    "semantic": "label_maps",
    "instance": "coco_results",
    "panoptic": "coco_panoptic",
    "binary": "binary_masks",
    "edges": "edge_maps",
}
"""Format of predictions by kind of truth, where the experiment does not specify it."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True)


class _WithParameters(BaseModel):
    """Keys that are not fields are passed to the constructor, which checks their names."""

    model_config = ConfigDict(extra="allow", frozen=True, coerce_numbers_to_str=True)

    @property
    def parameters(self) -> dict[str, Any]:
        return dict(self.model_extra or {})


def _default_label(name: str, parameters: Mapping[str, Any]) -> str:
    return " ".join([name, *(f"{key}={value}" for key, value in parameters.items())])


class DatasetSpec(_WithParameters):
    """A split of a dataset; datasets that are a single annotation file need no split."""

    name: str
    split: str | None = None


class SampleSpec(_Strict):
    """A subset of the split: the samples that `ids` names, every n-th of them, then at most the first `first`.

    `ids` is a text file with one sample a line: its id, its image's id or its image's file name.
    """

    ids: str | None = None
    every: int = Field(1, ge=1)
    first: int | None = Field(None, ge=1)


class PredictionSpec(_WithParameters):
    """One prediction set: files in a format, an ensemble of earlier sets, or a registered set.

    Without a format it is the default for the dataset's kind of truth.
    """

    name: str = ""
    format: str | None = None
    registered: str | None = None
    members: tuple[str, ...] | None = None

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        if self.format is not None and self.registered is not None:
            raise ValueError("give either 'format' (with 'name' and 'path') or 'registered'")
        if self.registered is None and not self.name:
            raise ValueError("a prediction set that is not registered needs a 'name'")
        return self

    @property
    def label(self) -> str:
        """Its name in tables."""
        return self.name or self.registered or ""


class RefinerSpec(_WithParameters):
    """A refiner with its parameters, or a chain of several; for all prediction sets, or `only` for some."""

    name: str = ""
    label: str = ""
    chain: tuple[RefinerSpec, ...] = ()
    only: tuple[str, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _bare_name(cls, value: Any) -> Any:
        return {"name": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        if bool(self.name) == bool(self.chain):
            raise ValueError("give either 'name' or 'chain'")
        if self.chain and self.parameters:
            raise ValueError(f"a chain has no parameters of its own, found {', '.join(self.parameters)}")
        if any(stage.only for stage in self.chain):
            raise ValueError("'only' is set in a stage of a chain; allowed: next to 'chain'")
        return self

    @property
    def title(self) -> str:
        """The label; by default the name with its parameters, or the stages of a chain."""
        if self.label:
            return self.label
        if self.chain:
            return " + ".join(stage.title for stage in self.chain)
        return _default_label(self.name, self.parameters)


class MetricSpec(_WithParameters):
    """A metric with its parameters. A label distinguishes its numbers where the same metric is given twice."""

    name: str
    label: str = ""

    @model_validator(mode="before")
    @classmethod
    def _bare_name(cls, value: Any) -> Any:
        return {"name": value} if isinstance(value, str) else value

    @property
    def title(self) -> str:
        """The label; by default the name with its parameters."""
        return self.label or _default_label(self.name, self.parameters)

    @property
    def suffix(self) -> str:
        """Suffix of its numbers' names, to distinguish them from those of a metric of the same name."""
        return f" ({self.label})" if self.label else ""


class BootstrapSpec(_Strict):
    """Settings of intervals: a bootstrap over images or over the dataset's clusters of images; see
    `boundary_bench.bench.analysis.bootstrap`."""

    interval: Literal["logit", "normal", "percentile", "none"] = "logit"
    replicates: int = Field(1000, ge=1)
    seed: int = Field(0, ge=0)
    level: float = Field(0.95, gt=0, lt=1)
    unit: Literal["auto", "image", "cluster"] = "auto"


class Experiment(_Strict):
    """Everything that determines the numbers of a run. Relative paths are relative to `folder`.

    `categories`, names or raw ids, restricts what is scored: objects and segments of others, true and predicted, count
    for nothing.
    `recovery_of` names a refiner, usually an oracle; every other refiner's gain is reported as a share of its gain.
    """

    dataset: DatasetSpec
    samples: SampleSpec = SampleSpec()
    categories: tuple[str, ...] | None = Field(None, min_length=1)
    predictions: tuple[PredictionSpec, ...] = Field(min_length=1)
    refiners: tuple[RefinerSpec, ...] = Field((RefinerSpec(name="identity"),), min_length=1)
    metrics: tuple[MetricSpec, ...] | None = Field(None, min_length=1)
    recovery_of: str | None = None
    missing: Literal["fail", "skip", "empty"] = "fail"
    executor: ExecutorSpec = ExecutorSpec()
    bootstrap: BootstrapSpec = BootstrapSpec()
    output: str | None = None
    _folder: Path = PrivateAttr(default_factory=Path.cwd)
    _document: dict[str, Any] = PrivateAttr(default_factory=dict)

    @model_validator(mode="after")
    def _unique_labels(self) -> Self:
        _require_unique("predictions", [spec.label for spec in self.predictions])
        _require_unique("refiners", [spec.title for spec in self.refiners])
        _require_unique("metrics", [spec.title for spec in self.metrics or ()])
        return self

    @model_validator(mode="after")
    def _known_bound(self) -> Self:
        titles = [spec.title for spec in self.refiners]
        if self.recovery_of is not None and self.recovery_of not in titles:
            raise ValueError(f"recovery_of is {self.recovery_of!r}; allowed: a refiner, {', '.join(titles)}")
        return self

    @property
    def folder(self) -> Path:
        """Folder of the experiment file, to which relative paths are relative."""
        return self._folder

    @property
    def document(self) -> dict[str, Any]:
        """The experiment as written, with overrides applied and `${VAR}` not expanded."""
        return self._document

    def resolve(self, path: str) -> Path:
        """Make a path of this experiment absolute."""
        return (self._folder / Path(path).expanduser()).resolve()

    @property
    def output_folder(self) -> Path:
        """Folder in which the run is stored.

        Raises:
            InputError: the experiment names no output.
        """
        if self.output is None:
            raise InputError(Problem("output", "no folder", "a folder for the run", "set output: FOLDER"))
        return self.resolve(self.output)


def _require_unique(where: str, labels: Sequence[str]) -> None:
    twice = sorted({label for label in labels if labels.count(label) > 1})
    if twice:
        raise ValueError(f"{where}: {', '.join(map(repr, twice))} occurs more than once; labels must differ")


def load_experiment(path: str | Path, overrides: Sequence[str] = ()) -> Experiment:
    """Read an experiment file.

    Args:
        path: a YAML file.
        overrides: each `a.b=value`, with items of lists by index (`predictions.0.path=...`) and values in YAML.

    Raises:
        InputError: no such file, not valid YAML, an unknown key, a value that is not allowed, an unset variable.
    """
    path = Path(path)
    document = read_yaml(path, "a YAML mapping with dataset, predictions and so on", path.name, NAMES)
    return experiment_from(document, path.resolve().parent, overrides=overrides, where=path.name)


def experiment_from(
    document: dict[str, Any], folder: Path, *, overrides: Sequence[str] = (), where: str = "experiment"
) -> Experiment:
    """Validate an experiment that is already a mapping; see `load_experiment`."""
    for override in overrides:
        document = apply_override(document, override)
    try:
        experiment = Experiment.model_validate(expand_variables(document, where))
    except ValidationError as error:
        raise InputError(_problems(error, where)) from error
    experiment._folder = folder
    experiment._document = document
    return experiment


_NESTED: dict[str, type[BaseModel]] = {
    "samples": SampleSpec,
    "executor": ExecutorSpec,
    "bootstrap": BootstrapSpec,
}


def _problems(error: ValidationError, where: str) -> list[Problem]:
    problems = []
    for item in error.errors(include_url=False):
        place = ".".join(str(part) for part in item["loc"])
        at = f"{where}: {place}" if place else where
        if item["type"] == "extra_forbidden":
            model = Experiment if len(item["loc"]) == 1 else _NESTED[str(item["loc"][0])]
            keys = list(model.model_fields)
            hint = did_you_mean(str(item["loc"][-1]), keys)
            problems.append(Problem(at, "an unknown key", ", ".join(keys), hint))
        else:
            problems.append(Problem(at, shortened(item["input"]), item["msg"].removeprefix("Value error, ")))
    return problems
