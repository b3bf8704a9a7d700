"""The experiment that makes the rows of a table that can be made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from boundary_bench.bench.config.defaults import default_metrics
from boundary_bench.bench.config.experiment import Experiment, experiment_from
from boundary_bench.bench.config.overrides import expand_variables
from boundary_bench.bench.datasets.edges import build_dataset
from boundary_bench.bench.errors import InputError
from boundary_bench.bench.papers.arrangement import TRUTH, Arrangement, Line
from boundary_bench.bench.papers.published import ColumnKey, unique
from boundary_bench.bench.papers.recipes import Stage, averaged_classes
from boundary_bench.bench.papers.spec import UNREFINED, SpecRow
from boundary_bench.bench.plugins.protocols import Dataset


def experiment_of(
    arrangement: Arrangement, *, output: Path, samples: Mapping[str, Any], executor: Mapping[str, Any]
) -> Experiment:
    """Experiment that runs all rows that can be run.

    Args:
        arrangement: a table and what there is.
        output: folder of the run.
        samples, executor: as an experiment has them.

    Raises:
        InputError: no row or no column can be made, or a value that is not allowed.
    """
    lines = [line for line in arrangement.lines if line.cell]
    metrics = [metric for metric in arrangement.metrics if not arrangement.unmeasured(ColumnKey(metric))]
    if not lines or not metrics:
        raise InputError(arrangement.problems)
    document = {
        "dataset": dict(arrangement.materials.dataset),
        "samples": dict(samples),
        "predictions": list(_predictions(arrangement, lines)),
        "refiners": list(_refiners(arrangement, lines)),
        "metrics": _metrics(arrangement, metrics),
        "executor": dict(executor),
        "output": str(output),
    }
    return experiment_from(document, Path.cwd(), where=arrangement.spec.name)


def _predictions(arrangement: Arrangement, lines: Sequence[Line]) -> Iterator[dict[str, Any]]:
    sets = arrangement.materials.sets
    for name in _needed(arrangement, lines):
        if name == TRUTH:
            yield {"name": TRUTH, "format": "boundary_bench.bench.papers.truth:Truth"}
        elif name in sets:
            yield {"name": name, **sets[name]}
        else:
            yield {"name": name, "format": "ensemble", "members": _members(arrangement, name)}


def _needed(arrangement: Arrangement, lines: Sequence[Line]) -> Sequence[str]:
    """Sets of all lines, each after its members."""
    wanted: list[str] = []
    for name in _sets(lines):
        for member in _members(arrangement, name):
            wanted += [*_members(arrangement, member), member]
        wanted.append(name)
    return unique(wanted)


def _members(arrangement: Arrangement, name: str) -> list[str]:
    """Of an ensemble among the materials, or of one that the table makes."""
    sets = arrangement.materials.sets
    if name in sets:
        return list(sets[name].get("members", ()))
    return next((row for line in arrangement.lines if (row := _made_of(arrangement, line, name))), [])


def _made_of(arrangement: Arrangement, line: Line, name: str) -> list[str]:
    together = line.cell is not None and line.cell[0] == name
    return [arrangement.materials.roles[role] for role in line.row.roles] if together else []


def _sets(lines: Sequence[Line]) -> Sequence[str]:
    return unique(line.cell[0] for line in lines if line.cell)


def _refiners(arrangement: Arrangement, lines: Sequence[Line]) -> Iterator[dict[str, Any]]:
    yield {"name": UNREFINED, "only": list(_sets(lines))}
    for label in unique(line.cell[1] for line in lines if line.cell):
        if label == UNREFINED:
            continue
        same = [line for line in lines if line.cell and line.cell[1] == label]
        stages = [_stage(arrangement, stage, same[0]) for stage in same[0].row.stages]
        own = stages[0] if len(stages) == 1 else {"chain": stages}
        yield {"label": label, **own, "only": list(_sets(same))}


def _stage(arrangement: Arrangement, stage: Stage, line: Line) -> dict[str, Any]:
    found: dict[str, Any] = {"name": stage.name, **stage.parameters}
    if stage.network:
        network = arrangement.materials.networks[stage.network]
        found |= {"name": "segfix_offsets"} if "offsets" in network else {}
        found |= network
    if stage.name == "bpr":
        found |= _patches(arrangement, line.row)
    tuned = arrangement.materials.tuned.get(stage.name, {})
    return found | dict(tuned.get(line.cell[0] if line.cell else "", {}))


def _patches(arrangement: Arrangement, row: SpecRow) -> Mapping[str, Any]:
    """Elsewhere networks were trained for other sizes: only what the table compares is set."""
    return row.settings if arrangement.comparable else row.varying


def _metrics(arrangement: Arrangement, metrics: Sequence[str]) -> list[dict[str, Any]]:
    """Each with what the dataset's field, and then what the materials ask of it."""
    described = expand_variables(dict(arrangement.materials.dataset), arrangement.spec.name)
    dataset = build_dataset(described.pop("name"), described)
    usual = default_metrics(dataset)
    found: list[dict[str, Any]] = []
    for metric in metrics:
        measure = arrangement.spec.measured[metric]
        same = (
            s for s in usual if s.name == measure.metric and s.parameters.get("iou") == measure.parameters.get("iou")
        )
        own = next((spec.parameters for spec in same), {})
        asked = arrangement.materials.metrics.get(measure.metric, {})
        averaged = _averaged(arrangement, dataset, metric)
        document = {"name": measure.metric, **own, **measure.parameters, **asked, **averaged}
        if document not in found:
            found.append(document)
    return found


def _averaged(arrangement: Arrangement, dataset: Dataset, metric: str) -> dict[str, Any]:
    """Where mIoU is printed over some classes only, and the dataset has them."""
    chosen = averaged_classes(arrangement.spec.name)
    if metric != "mIoU" or not chosen or not set(chosen) <= set(dataset.classes):
        return {}
    return {
        "name": "boundary_bench.bench.papers.mean_iou_of:MeanIoUOf",
        "averaged": [dataset.classes.index(name) for name in chosen],
    }
