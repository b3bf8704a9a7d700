"""Options for tables of single objects and images, which other programs read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from boundary_bench.bench.errors import InputError, Problem

if TYPE_CHECKING:
    from boundary_bench.bench.engine.plan import Plan
    from boundary_bench.bench.engine.runner import Outcome
    from boundary_bench.bench.results.table import Results

METRICS = ("object_scores", "boundary_errors")
"""What rows of objects are made of."""
LABEL = "per object"
HELP = "Write a row {each}, as .parquet or .csv."


@dataclass(frozen=True)
class DataFiles:
    """Values of these options; None where one was not given."""

    per_object: Annotated[
        Path | None,
        typer.Option(
            "--per-object", metavar="FILE", help=HELP.format(each="an object, and a prediction that found none")
        ),
    ] = None
    per_image: Annotated[
        Path | None, typer.Option("--per-image", metavar="FILE", help=HELP.format(each="an image"))
    ] = None

    def require(self) -> None:
        """Raise InputError unless these files can be written."""
        from boundary_bench.bench.results.data_file import require_data_file

        for path, option in ((self.per_object, "--per-object"), (self.per_image, "--per-image")):
            if path is not None:
                require_data_file(path, option)

    def with_metrics(self, specs: Sequence[Any], changes: Mapping[str, Any], dataset: Any) -> list[Any]:
        """Metrics of an experiment, and those that are needed for rows of objects beside them.

        Raises:
            InputError: rows of objects of a truth that has none.
        """
        from boundary_bench.bench.cli.metric_choice import accepted_changes
        from boundary_bench.bench.plugins import registry

        if self.per_object is None:
            return list(specs)
        if dataset.task != "instance":
            raise InputError(Problem("--per-object", f"{dataset.task} truth", "instance truth, which has objects"))
        added = []
        for name in METRICS:
            own = accepted_changes(registry.find("metrics", name), changes)
            added.append({"name": name, "label": f"{name} {LABEL}", **own})
        return [*added, *specs]

    def shown(self, plan: Plan) -> Plan:
        """The plan without the metrics that were added."""
        return plan.of_metrics([label for label in plan.metrics if not label.endswith(f" {LABEL}")])

    def write(self, outcome: Outcome, results: Results) -> None:
        """Write the files of a run that is finished."""
        if self.per_object is None and self.per_image is None:
            return
        from boundary_bench.bench.analysis.rows import rows_of_plan
        from boundary_bench.bench.results.data_file import write_data_file

        rows = rows_of_plan(outcome.store, outcome.plan)
        about = {"provenance": results.provenance}
        if self.per_object is not None:
            from boundary_bench.bench.analysis.tables.object_table import object_table

            definitions = {label: each.metric.definition() for label, each in outcome.plan.metrics.items()}
            of_objects = {name: card for name, card in definitions.items() if name.endswith(f" {LABEL}")}
            write_data_file(object_table(rows, outcome.plan), self.per_object, {**about, "definitions": of_objects})
        if self.per_image is not None:
            from boundary_bench.bench.analysis.tables.image_table import image_table

            write_data_file(
                image_table(rows, self.shown(outcome.plan)),
                self.per_image,
                {**about, "definitions": results.definitions},
            )


NO_FILES = DataFiles()
