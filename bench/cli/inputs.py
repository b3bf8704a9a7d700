"""Options of the command line as an experiment, so that every command checks and builds its inputs in the same way."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from boundary_bench.bench.cli.annotations import dataset_of
from boundary_bench.bench.cli.own_data import NONE, OwnData
from boundary_bench.bench.errors import InputError, Problem

if TYPE_CHECKING:
    from boundary_bench.bench.config.experiment import Experiment
    from boundary_bench.bench.engine.plan import Plan
LIST, SUBSET = ".txt", "subset"
"""`SUBSET` among categories: leave out predictions of those that the truth does not list, whatever their ids."""


@dataclass(frozen=True)
class Inputs:
    """A dataset split, and where a command needs them saved predictions for it.

    Attributes:
        dataset, split: None for somebody's own folders of truth or images, and for single files of annotations.
        predictions: folder, file or registered name, if there are any.
        format: catalogue name of the predictions' format; None takes the usual one.
        label_space, probabilities: of the format `label_maps`.
        workers, executor: as `executor_document` takes them.
        task, annotations, truth, images: of datasets that take them.
        dataset_param: further parameters of the dataset, `key=value` each.
        resize, further: other parameters of the predictions' format.
        own: options of somebody's own files; `ids` of any dataset.
        categories: names or raw ids of those that are scored, and `SUBSET`; None for all.
    """

    dataset: str | None
    split: str | None = None
    root: Path | None = None
    predictions: str | None = None
    name: str | None = None
    format: str | None = None
    label_space: str | None = None
    probabilities: Path | None = None
    missing: str = "fail"
    every: int = 1
    first: int | None = None
    workers: int | None = None
    task: str | None = None
    annotations: Path | None = None
    truth: Path | None = None
    images: Path | None = None
    dataset_param: tuple[str, ...] = ()
    resize: bool = False
    executor: str | None = None
    own: OwnData = NONE
    categories: Sequence[str] | None = None
    further: Mapping[str, Any] = field(default_factory=dict, hash=False)  # so that inputs can be kept by caches

    def __post_init__(self) -> None:
        """Take a text file in the place of the images' folder as a list of images."""
        if self.images is None or self.images.suffix.lower() != LIST:
            return
        if self.own.ids is not None:
            raise InputError(Problem("--ids, --images", "two lists of images", "one of them"))
        object.__setattr__(self, "own", replace(self.own, ids=self.images))
        object.__setattr__(self, "images", None)

    @property
    def dataset_name(self) -> str:
        """The dataset; where none is named that of the annotations' form, or `folder` for folders of truth or images.

        Raises:
            InputError: none of these.
        """
        if self.dataset is not None:
            return self.dataset
        if self.annotations is not None:
            return dataset_of(self.annotations)
        if self.truth is None and self.images is None:
            allowed = "--truth FOLDER of label maps, --annotations FILE, or --dataset NAME (see bench list datasets)"
            raise InputError(Problem("the truth", "neither --truth nor --annotations nor --dataset", allowed))
        return "folder"

    def experiment(
        self,
        *,
        refiners: Sequence[Any] = ("identity",),
        metrics: Sequence[Any] | None = None,
        output: Path | None = None,
        bootstrap: dict[str, Any] | None = None,
        also: Sequence[Inputs] = (),
    ) -> Experiment:
        """The experiment that these options describe; relative paths are relative to the current folder.

        `also` are options of further predictions for the same dataset.

        Raises:
            InputError: a value that is not allowed.
        """
        from boundary_bench.bench.config.experiment import experiment_from

        document: dict[str, Any] = {
            "dataset": self._dataset(),
            "samples": given(ids=self._listed_samples(), every=self.every, first=self.first),
            "predictions": [each.prediction_set() for each in (self, *also)],
            "refiners": list(refiners),
            "missing": self.missing,
            "executor": executor_document(self.executor, self.workers),
        }
        document |= given(categories=self._scored(), metrics=metrics, output=_text(output), bootstrap=bootstrap or None)
        return experiment_from(document, Path.cwd(), where="options")

    def built_dataset(self, *, whole: bool = True) -> Any:
        """The dataset by itself.

        Args:
            whole: whether all of its samples are going to be used, so that a list of some must be refused.

        Raises:
            InputError: an unknown dataset, or files that do not hold it.
        """
        if whole:
            self.require_whole()
        from boundary_bench.bench.datasets.edges import build_dataset

        parameters = self._dataset()
        return build_dataset(parameters.pop("name"), parameters)

    def require_whole(self) -> None:
        """Raise InputError where there is a list of samples that the dataset does not read by itself."""
        if (path := self._listed_samples()) is not None:
            allowed = "a list of your own data's samples, or a command that scores or refines"
            raise InputError(Problem(f"--ids {path}", f"a list for {self.dataset_name}", allowed))

    def prediction_set(self) -> dict[str, Any]:
        """The predictions as an experiment names them."""
        assert self.predictions is not None
        if self._is_registered():
            return given(registered=self.predictions, name=self.name, resize=self.resize or None)
        from boundary_bench.bench.formats.file_index import folder_name

        name = self.name or folder_name(self.predictions, self.split or "")
        return given(
            name=name,
            format=self.format,
            path=self.predictions,
            label_space=self.label_space,
            probabilities=_text(self.probabilities),
            resize=self.resize or None,
            categories=SUBSET if SUBSET in (self.categories or ()) else None,
            **self.settings(),
        )

    def settings(self) -> dict[str, Any]:
        """Further parameters of the predictions' format; ids to ignore are the dataset's where it takes them."""
        ignored = None if "ignore" in self._accepted() else self.own.ignored()
        return given(ignore=ignored, **self.own.of_predictions(), **self.further)

    def _dataset(self) -> dict[str, Any]:
        paths = {"root": self.root, "annotations": self.annotations, "truth": self.truth, "images": self.images}
        named = given(name=self.dataset_name, split=self.split, task=self._task())
        named |= given(**{key: _text(path) for key, path in paths.items()}, **self._own())
        return named | parameters(self.dataset_param, "--dataset-param")

    def _own(self) -> dict[str, Any]:
        """Options of somebody's own data as parameters of the dataset; a layout that has its own takes none.

        Raises:
            InputError: an option that the dataset does not have.
        """
        wanted, accepted = self.own.of_dataset(), self._accepted()
        for key in wanted.keys() - accepted.keys() - {"ignore", "ids"}:
            option = f"--{key.replace('_', '-')}"
            hint = "without --dataset the truth is somebody's own: --truth FOLDER"
            raise InputError(Problem(option, f"no option of {self.dataset_name}", ", ".join(accepted), hint))
        return {key: value for key, value in wanted.items() if key in accepted}

    def _scored(self) -> list[str] | None:
        """Categories that are named, apart from the word for those that the truth has."""
        return [each for each in self.categories or () if each != SUBSET] or None

    def _listed_samples(self) -> str | None:
        """The list of samples, unless the dataset reads it by itself."""
        return None if "ids" in self._accepted() else _text(self.own.ids)

    def _accepted(self) -> Mapping[str, Any]:
        from boundary_bench.bench.plugins import registry

        return registry.named_parameters(registry.find("datasets", self.dataset_name))

    def _task(self) -> str | None:
        """The task where the dataset takes one; a dataset of one task is not told."""
        from boundary_bench.bench.plugins import registry

        if self.dataset_name == "folder" and (self.task, self.truth) == (None, None):
            return "binary" if self.own.shows_masks(self.predictions) else None
        constructor = registry.find("datasets", self.dataset_name)
        if self.task is None or "task" in self._accepted():
            return self.task
        only = getattr(constructor, "task", self.task)
        if self.task == "edges" and only in ("semantic", "panoptic"):
            return self.task  # drawn from its truth
        if only != self.task:
            raise InputError(Problem(f"--task, dataset {self.dataset_name}", repr(self.task), str(only)))
        return None

    def _is_registered(self) -> bool:
        from boundary_bench.bench.predictions.registered import registered

        name = str(self.predictions)
        return not Path(name).exists() and name in {known.name for known in registered()}


def executor_document(name: str | None, workers: int | None) -> dict[str, Any]:
    """The executor as an experiment names it; None leaves a choice to the machine, and one worker needs no process."""
    if name is None and workers == 1:
        return {"name": "serial"}
    return given(name=name, workers=workers)


def checked_plan(inputs: Inputs, *, refiners: Sequence[Any], images: bool) -> Plan:
    """The plan of an experiment whose files have all been looked at.

    Raises:
        InputError: everything that is wrong with them.
    """
    from boundary_bench.bench.engine.plan import plan

    planned = plan(inputs.experiment(refiners=refiners))
    require_in_order(planned, images=images)
    return planned


def require_in_order(planned: Plan, *, images: bool, truth: bool = True, unneeded: Collection[str] = ()) -> None:
    """Look at all files of a plan, and at the images among them on demand, but not at those that are not needed.

    Raises:
        InputError: everything that is wrong with them.
    """
    from boundary_bench.bench.cli.progress import note, progress
    from boundary_bench.bench.plugins.validation import check_run, require

    with progress("check") as step:
        report = check_run(
            planned.dataset,
            list(planned.prediction_sets.values()),
            missing=planned.experiment.missing,
            images=images,
            unneeded=unneeded,
            truth=truth,
            samples=planned.samples,
            progress=step,
        )
    for each in report.notes:
        note(each)
    require(report)


def parameters(options: Sequence[str], option: str = "--param") -> dict[str, Any]:
    """`key=value` options as parameters, values in YAML; option is what messages call them.

    Raises:
        InputError: one without `=`, or a value that is not YAML.
    """
    from boundary_bench.bench.io.yaml_file import parse_yaml

    found = {}
    for text in options:
        key, equals, value = text.partition("=")
        if not key or not equals:
            raise InputError(Problem(f"{option} {text}", "no '='", "key=value"))
        found[key] = parse_yaml(value, "a YAML value", f"{option} {text}")
    return found


def require_new_folder(folder: Path, option: str = "--out") -> None:
    """Raise InputError unless a folder that is to be written is absent or empty."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        found = "a folder with something in it" if folder.is_dir() else "a file"
        raise InputError(Problem(f"{option} {folder}", found, "a new or an empty folder"))


def given(**values: Any) -> dict[str, Any]:
    """Those of the values that are not None."""
    return {key: value for key, value in values.items() if value is not None}


def require_torch(command: str, more: str = "") -> None:
    """Raise InputError unless what networks need is installed; more is added to the hint."""
    from boundary_bench.refiners.networks.device import INSTALL, PACKAGES, absent_packages

    if absent := absent_packages():
        raise InputError(Problem(command, f"no {' and no '.join(absent)}", " and ".join(PACKAGES), INSTALL + more))


def _text(path: Path | None) -> str | None:
    return str(path) if path else None
