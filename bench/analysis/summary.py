"""From stored measurements to numbers: values, intervals, and paired differences to the unrefined predictions."""

from __future__ import annotations

from typing import Any

import numpy as np

from boundary_bench.bench.analysis.bootstrap import cluster_numbers
from boundary_bench.bench.analysis.records import Records
from boundary_bench.bench.analysis.rows import RunRows, rows_of_plan
from boundary_bench.bench.analysis.scores import PairedScores
from boundary_bench.bench.config.defaults import dataset_parameters
from boundary_bench.bench.engine.plan import Plan
from boundary_bench.bench.io.json_file import plain
from boundary_bench.bench.plugins.abilities import of_dataset
from boundary_bench.bench.results.store import Store
from boundary_bench.bench.results.table import COLUMNS, Results, frame

DESCRIBED = ("name", "split", "samples", "truth")
"""Keys of the dataset in an evaluation's JSON."""


def summarise_run(store: Store, plan: Plan) -> Results:
    """Numbers of a finished run.

    The bootstrap draws the same replicates for every cell, so that differences are paired. A cell's own numbers are
    over all samples that it has; its difference to the identity is over those that both have.

    Args:
        store: the run.
        plan: of the same experiment.

    Raises:
        InputError: rows of the plan are not in the store (the run is not finished, or inputs or code have changed
            since), nothing was measured at all, or two metrics give a number the same name.
    """
    rows = rows_of_plan(store, plan)
    records = Records(plan, PairedScores(rows))
    table = [record for cell in plan.cells for record in records.of(cell)]
    return Results(
        numbers=frame({name: [record[name] for record in table] for name in COLUMNS}),
        curves={(cell.predictions, cell.refiner): records.curves(cell) for cell in plan.cells},
        definitions=records.definitions(),
        dataset=_dataset(plan, rows),
        refused=[vars(each) for each in plan.refused],
        provenance=_provenance(store, plan, rows),
    )


def evaluation_json(results: Results, predictions: str) -> dict[str, Any]:
    """The unrefined numbers of one prediction set, JSON-able: as stored, null where undefined.

    Keys: schema, dataset (name, split, samples; truth, where there are settings of it), predictions, metrics (value,
    interval, no_interval (why there is none), scored, undefined, failed, missing, definition), per_class (metric ->
    class -> value), curves.
    """
    numbers = results.numbers
    chosen = numbers[numbers["predictions"] == predictions]
    chosen = chosen[chosen["refiner"] == chosen["refiner"].iloc[0]]
    metrics: dict[str, Any] = {}
    per_class: dict[str, dict[str, Any]] = {}
    for record in chosen.to_dict("records"):
        name = str(record["metric"])
        if record["class"] is None:
            defined = not np.isnan(record["low"])
            metrics[name] = {
                "value": record["value"],
                "interval": [record["low"], record["high"]] if defined else None,
                "no_interval": record["no_interval"],
                **{key: record[key] for key in ("scored", "undefined", "failed", "missing")},
                "definition": results.definitions[name],
            }
        else:
            per_class.setdefault(name, {})[str(record["class"])] = record["value"]
    described = results.provenance.get("predictions", {}).get(predictions, {})
    document = {
        "schema": 1,
        "dataset": {key: results.dataset[key] for key in DESCRIBED if key in results.dataset},
        "predictions": {"name": predictions, **described},
        "metrics": metrics,
        "per_class": per_class,
        "curves": results.curves[predictions, str(chosen["refiner"].iloc[0])],
    }
    found: dict[str, Any] = plain(document)
    return found


def _dataset(plan: Plan, rows: RunRows) -> dict[str, Any]:
    return {
        "name": plan.dataset.name,
        "split": plan.dataset.split,
        "task": plan.dataset.task,
        "samples": len(plan.samples),
        "sample_ids": list(rows.samples),
        "clusters": len(set(cluster_numbers(rows.clusters).tolist())) if rows.is_clustered else None,
        "classes": list(plan.dataset.classes),
        "offered": dataset_parameters(plan.dataset),
        "colours": np.asarray(plan.dataset.colours, dtype=np.uint8),
        **({"truth": settings} if (settings := _truth(plan)) else {}),
    }


def _truth(plan: Plan) -> dict[str, Any]:
    """Settings of the truth, and which categories are scored where it is not all of them."""
    settings = dict(of_dataset(plan.dataset).truth_settings)
    if plan.categories is not None:
        settings["scored_categories"] = [plan.dataset.classes[train] for train in sorted(plan.categories)]
    return settings


def _provenance(store: Store, plan: Plan, rows: RunRows) -> dict[str, Any]:
    manifest = store.manifest()
    return {
        **manifest.get("provenance", {}),
        "experiment": manifest.get("experiment"),
        "bootstrap": {**plan.experiment.bootstrap.model_dump(), "unit": rows.unit},
    }
