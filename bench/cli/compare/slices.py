"""The same objects under several models, those that meet a condition."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from boundary_bench.bench.cli.compare.labels import labels_of, require_different
from boundary_bench.bench.errors import InputError, Problem

if TYPE_CHECKING:
    import pandas as pd

    from boundary_bench.bench.cli.compare.output import Output
    from boundary_bench.bench.cli.inputs import Inputs

SUFFIXES = (".parquet", ".csv")
CLUSTERED = (
    "the dataset has clusters of images, which tables do not hold: images count as independent, and intervals and p "
    "are too small where those of a cluster are alike; compare the files of predictions with --where instead"
)


def are_tables(paths: Sequence[str]) -> bool:
    """Whether these are files of objects and not of predictions."""
    return all(Path(path).suffix.lower() in SUFFIXES and not Path(path).is_dir() for path in paths)


def compare_tables(paths: Sequence[str], how: Mapping[str, Any], output: Output, **wanted: Any) -> None:
    """Compare tables that `bench evaluate --per-object` wrote; the rest as of `compare_objects`.

    Raises:
        InputError: what is wrong with them.
    """
    from boundary_bench.bench.analysis.slices.objects import of_clusters, read_objects
    from boundary_bench.bench.cli.progress import note

    require_different(paths)
    tables = {label: read_objects(Path(path)) for label, path in zip(labels_of(paths, ""), paths, strict=True)}
    for label, table in tables.items():
        if table["predictions"].nunique() > 1 or table["refiner"].nunique() > 1:
            raise InputError(Problem(label, "several prediction sets or refiners", "a table of one"))
    if any(of_clusters(Path(path)) for path in paths):
        note(CLUSTERED)
    compare_objects(tables, how, output, **wanted)


def compare_predictions(
    paths: Sequence[str], inputs: Inputs, changes: dict[str, Any], how: Mapping[str, Any], output: Output, **wanted: Any
) -> None:
    """The same of saved predictions, whose objects are scored first.

    Raises:
        InputError: what is wrong with them.
    """
    from boundary_bench.bench.analysis.rows import rows_of_plan
    from boundary_bench.bench.analysis.tables.object_table import object_table
    from boundary_bench.bench.cli.compare.models import each_of
    from boundary_bench.bench.cli.metric_choice import accepted_changes, require_used
    from boundary_bench.bench.cli.scoring import scored
    from boundary_bench.bench.plugins import registry

    base, *others = each_of(paths, inputs)
    dataset = inputs.built_dataset(whole=False)
    if dataset.task != "instance":
        raise InputError(Problem("--where", f"{dataset.task} truth", "instance truth, which has objects"))
    specs = [{"name": "object_scores", **accepted_changes(registry.find("metrics", "object_scores"), changes)}]
    require_used(changes, specs, dataset.task)
    experiment = base.experiment(metrics=specs, bootstrap={**how, "interval": "none"}, also=others)
    outcome = scored(experiment, dataset)
    rows = rows_of_plan(outcome.store, outcome.plan)
    table = object_table(rows, outcome.plan)
    names = dict.fromkeys(str(each.name) for each in (base, *others))
    tables = {name: table[table["predictions"] == name] for name in names}
    clusters = dict(zip(rows.samples, rows.clusters, strict=True))
    compare_objects(tables, how, output, clusters=clusters, **wanted)


def compare_objects(
    tables: Mapping[str, pd.DataFrame],
    how: Mapping[str, Any],
    output: Output,
    *,
    where: str | None,
    objects: Path | None,
    metric: Sequence[str] | None,
    permutations: int,
    worst: int,
    clusters: Mapping[str, str | None] | None = None,
) -> None:
    """Print how the means over the objects of a slice differ.

    Args:
        tables: by label; the first is subtracted.
        how: the interval, where given.
        output: how to show it.
        where: the condition; None takes all objects.
        objects: a table with more columns.
        metric: names of the means; None or none takes all.
        permutations, worst: of the comparison.
        clusters: of images, where they have any.

    Raises:
        InputError: tables of different objects, or a condition that cannot be.
    """
    from boundary_bench.bench.analysis.compared import Wanted
    from boundary_bench.bench.analysis.contrasts import contrasts
    from boundary_bench.bench.analysis.scores import PairedScores
    from boundary_bench.bench.analysis.slices.objects import in_slice, true_objects, with_columns
    from boundary_bench.bench.analysis.slices.scores import LABEL, class_names, slice_results, slice_rows
    from boundary_bench.bench.cli.progress import note
    from boundary_bench.bench.config.experiment import BootstrapSpec

    found = true_objects(tables)
    if objects is not None:
        found, absent = with_columns(found, objects)
        if absent:
            note(f"--objects {objects}: no row for {absent} objects, for which its columns are missing")
    whole = len(next(iter(found.values())))
    found = in_slice(found, where)
    rows = slice_rows(found, BootstrapSpec(), clusters or {})
    scores = PairedScores(rows, how.get("interval"))
    count = len(next(iter(found.values())))
    what = f"{count} of {whole}" + (f" where {where}" if where else "")
    classes = class_names(found)
    results = slice_results(rows, classes, what, scores.interval)
    names = rows.metrics[LABEL].metric.names  # type: ignore[attr-defined]
    if unknown := [name for name in metric or () if name not in names]:
        raise InputError(Problem("--metric", repr(unknown[0]), ", ".join(names)))
    wanted = Wanted([next(iter(found))], tuple(metric or names), classes, permutations, worst, "predictions")
    output.show(results, contrasts(scores, wanted), (), wanted)
