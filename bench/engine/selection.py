"""What of a split is scored: samples, by a list of them, and categories."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from pathlib import Path, PurePosixPath

from boundary_bench.bench.config.experiment import Experiment
from boundary_bench.bench.datasets.own_files import id_lines
from boundary_bench.bench.errors import InputError, Problem, did_you_mean, examples
from boundary_bench.bench.formats.image_ids import raw_ids
from boundary_bench.bench.plugins.abilities import of_dataset
from boundary_bench.bench.plugins.protocols import Dataset, PredictionSet, Sample
from boundary_bench.metrics.functional.categories import is_of

COUNTABLE = ("instance", "panoptic")
"""Kinds of truth that consist of objects or segments."""


def selected_samples(experiment: Experiment, dataset: Dataset) -> Sequence[Sample]:
    """The samples that an experiment asks for, in the dataset's order.

    Raises:
        InputError: there are none, or a list that names what is no sample; clusters where there are none.
    """
    chosen, spec = list(dataset.samples()), experiment.samples
    if spec.ids is not None:
        named = listed_samples(experiment.resolve(spec.ids), dataset)
        chosen = [sample for sample in chosen if sample.id in named]
    chosen = chosen[:: spec.every][: spec.first]
    if not chosen:
        where = f"dataset {dataset.name}, split {dataset.split}"
        raise InputError(Problem(where, "no samples", "at least one image with its truth"))
    if experiment.bootstrap.unit == "cluster" and all(sample.cluster is None for sample in chosen):
        where = f"bootstrap.unit, dataset {dataset.name}"
        raise InputError(Problem(where, "'cluster', but it declares no clusters", "auto or image"))
    return chosen


def listed_samples(path: Path, dataset: Dataset) -> frozenset[str]:
    """Ids of the samples that a text file names, one a line, by their ids, their images' ids or their file names.

    Raises:
        InputError: no readable file, or lines that name no sample, or several.
    """
    names = _names(dataset)
    lines = id_lines(path)
    found = {line: names.get(line) or names.get(_stem(line), frozenset()) for line in lines}
    problems = []
    if unknown := [line for line, meant in found.items() if not meant]:
        said = f"{len(unknown)} of {len(lines)} lines name no image: {examples(unknown)}"
        hint = did_you_mean(unknown[0], names) or "are they of another split?"
        problems.append(
            Problem(str(path), said, f"images such as {examples(each.id for each in dataset.samples())}", hint)
        )
    for line, meant in found.items():
        if len(meant) > 1:
            allowed = "names of one image each, such as paths of their files"
            problems.append(Problem(str(path), f"{line!r}, which is {' and '.join(sorted(meant))}", allowed))
    if problems:
        raise InputError(problems)
    return frozenset().union(*found.values())


def _names(dataset: Dataset) -> Mapping[str, frozenset[str]]:
    """What the samples of a dataset may be called -> their ids; several where a name could mean each of them."""
    found: dict[str, set[str]] = defaultdict(set)
    abilities = of_dataset(dataset)
    for sample in dataset.samples():
        path = PurePosixPath(abilities.image_name(sample).replace("\\", "/"))
        for name in (sample.id, str(path), path.name, _stem(str(path))):
            found[name].add(sample.id)
    for image, sample_id in (abilities.image_ids or {}).items():
        found[str(image)].add(sample_id)
    return {name: frozenset(meant) for name, meant in found.items()}


def _stem(line: str) -> str:
    return PurePosixPath(line.replace("\\", "/")).stem


def selected_categories(experiment: Experiment, dataset: Dataset) -> frozenset[int] | None:
    """Training ids of the categories that an experiment names, by name or raw id; None where it names none.

    Raises:
        InputError: a name of none, of several, or of one that the dataset does not score; a truth without objects.
    """
    if experiment.categories is None:
        return None
    if dataset.task not in COUNTABLE:
        hint = "--ignore leaves ids of your own label maps out" if dataset.task == "semantic" else ""
        raise InputError(Problem("categories", f"{dataset.task} truth", "instance or panoptic truth", hint))
    found = {name: _categories_of(name, dataset) for name in experiment.categories}
    if wrong := [name for name, meant in found.items() if len(meant) != 1]:
        raise InputError(_category_problem(name, found[name], dataset) for name in wrong)
    return frozenset().union(*found.values())


def _categories_of(name: str, dataset: Dataset) -> set[int]:
    named = {train for train, each in enumerate(dataset.classes) if each == name}
    return named or {train for raw, train in raw_ids(dataset).items() if str(raw) == name and train >= 0}


def _category_problem(name: str, meant: Set[int], dataset: Dataset) -> Problem:
    if meant:
        return Problem("categories", f"{name!r}, the name of {len(meant)} categories", "ids, which differ")
    allowed = f"names or ids of categories, such as {examples(dataset.classes)}"
    return Problem("categories", repr(name), allowed, did_you_mean(name, dataset.classes))


def left_out_notes(
    sets: Iterable[PredictionSet], samples: Sequence[Sample], categories: frozenset[int] | None
) -> list[str]:
    """How many predictions are of categories that are not asked for, a note for each set that has some."""
    notes = []
    for one in sets if categories is not None else ():
        assert categories is not None
        predicted = (is_of(one.load(sample), categories) for sample in samples if one.has(sample))
        counts = [(len(kept), int(kept.sum())) for kept in predicted]
        whole, kept_ = (sum(column) for column in zip(*counts, strict=True)) if counts else (0, 0)
        if kept_ < whole:
            notes.append(f"{one.name}: {whole - kept_} of {whole} predictions are of other categories; left out")
    return notes
