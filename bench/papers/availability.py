"""Availability of tables: on which stand-ins each can be made, and what is missing even with the papers' data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from boundary_bench.bench.papers.arrangement import Arrangement
from boundary_bench.bench.papers.inputs import has_stand_ins, stand_ins, worlds
from boundary_bench.bench.papers.published import ColumnKey, unique
from boundary_bench.bench.papers.recipes import CLOSED, DATASETS, ELSEWHERE, WITHHELD
from boundary_bench.bench.papers.spec import TableSpec
from boundary_bench.bench.plugins import registry


def standing_in(spec: TableSpec) -> Iterator[tuple[str, int, int]]:
    """Stand-ins that make at least one of the rows that matter: name, rows that are made, rows in all.

    What matters is what a table compares: its refined rows where it has any.
    """
    for world in worlds():
        if not has_stand_ins(world, spec.task):
            continue
        arrangement = Arrangement(spec, stand_ins(world, spec.task).with_sets(spec.simulated))
        made = [line for line in arrangement.lines if line.cell]
        refined = any(line.row.stages for line in arrangement.lines)
        measured = any(arrangement.unmeasured(ColumnKey(metric)) is None for metric in arrangement.metrics)
        if measured and any(line.row.stages or not refined for line in made):
            yield world, len(made), len(arrangement.lines)


def missing(spec: TableSpec) -> Sequence[str]:
    """Parts that are missing, whatever data a user has.

    Datasets, refiners and metrics that are not in the catalogue, networks that do not come with the package, withheld
    truth, closed models, columns that other commands measure.
    """
    rows = [row.key for row in spec.rows]
    found = [f"dataset {name}" for key in rows if not _in_catalogue(name := DATASETS[key.dataset][0])]
    stages = unique(stage.name for row in spec.rows for stage in row.stages)
    found += [f"refiner {name}" for name in stages if not registry.is_known("refiners", name)]
    found += [f"network {name}: to be trained" for name in spec.networks if not _is_shipped(name, spec)]
    metrics = unique(measure.metric for measure in spec.measured.values())
    found += [f"metric {name}" for name in metrics if not registry.is_known("metrics", name)]
    found += [f"truth of {key.dataset} {key.split}" for key in rows if (key.dataset, key.split) in WITHHELD]
    found += [f"{key.baseline}: closed" for key in rows if key.baseline in CLOSED]
    found += [f"{c.metric}: {ELSEWHERE[c.metric]}" for c in spec.columns if c.metric in ELSEWHERE]
    return unique(found)


def needed(spec: TableSpec) -> Sequence[str]:
    """Inputs that a user brings, one per line: the dataset, predictions of each role, trained networks."""
    origins = unique(f"{row.key.dataset} {row.key.split}" for row in spec.rows)
    roles = [
        f"predictions of {role}{' with probabilities' if full else ''}"
        for role, full in spec.roles.items()
        if role not in spec.simulated
    ]
    networks = [f"network {name}{_or_offsets(name)}" for name in spec.networks]
    return [*(f"dataset {origin}" for origin in origins), *roles, *networks]


def _or_offsets(network: str) -> str:
    return ", or its offset files" if network.startswith("segfix") else ""


def _is_shipped(network: str, spec: TableSpec) -> bool:
    """Whether some stand-in has a network of that name."""
    able = [world for world in worlds() if has_stand_ins(world, spec.task)]
    return any(network in stand_ins(world, spec.task).networks for world in able)


def _in_catalogue(dataset: str) -> bool:
    return registry.is_known("datasets", dataset)
