"""Means over the objects of a slice as rows of a run, so that they are compared as everything else is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from boundary_bench.bench.analysis.bootstrap import cluster_numbers
from boundary_bench.bench.analysis.rows import CellRows, RunRows
from boundary_bench.bench.analysis.slices.objects import boundary_columns
from boundary_bench.bench.config.experiment import BootstrapSpec
from boundary_bench.bench.plugins.components import BuiltMetric, Cell
from boundary_bench.bench.results.rows import Row
from boundary_bench.bench.results.table import COLUMNS, Results, frame
from boundary_bench.metrics.functional.statistics import Measurement, Summary, divide, weighted_sum
from boundary_bench.metrics.structures.segmentation import Task

if TYPE_CHECKING:
    import pandas as pd

REFINER = "identity"
LABEL = "objects"
NO_CLUSTERS: Mapping[str, str | None] = {}
MOST_CLASSES = 100
"""Of more there are no numbers by class: these would need memory for each image and class."""


class ObjectMeans:
    """Means over true objects: of scores of the prediction that found each, 0 for one that none found, and recall.

    A measurement of an image has `objects` float64 (K,), how many there are of each class, and `sums` float64 (K, M).
    """

    tasks: frozenset[Task] = frozenset({"instance"})

    def __init__(self, names: Sequence[str]) -> None:
        self.names = tuple(names)

    def definition(self) -> dict[str, Any]:
        """Definition of the numbers."""
        return {
            "metric": "means over the true objects of a slice",
            "missed": "an object that no prediction found counts 0",
            "crowd": "left out",
            "averaging": "over the objects of all images, each once, whatever its class",
            "recall": "share of the objects that were found",
        }

    def measure(self, *, prediction: Any, truth: Any) -> Measurement:
        """Made of tables alone."""
        raise NotImplementedError

    def value_range(self, _name: str) -> tuple[float, float]:
        """Of all: shares."""
        return 0.0, 1.0

    def summarise(self, measurements: Sequence[Measurement], weights: NDArray[np.float64] | None = None) -> Summary:
        """The means, also by class."""
        objects = weighted_sum(measurements, "objects", weights)
        sums = weighted_sum(measurements, "sums", weights)
        return Summary(
            {name: divide(sums[..., m].sum(-1), objects.sum(-1)) for m, name in enumerate(self.names)},
            {name: divide(sums[..., m], objects) for m, name in enumerate(self.names)},
        )


def slice_rows(
    objects: Mapping[str, pd.DataFrame], bootstrap: BootstrapSpec, clusters: Mapping[str, str | None] = NO_CLUSTERS
) -> RunRows:
    """Images as a run has them.

    Args:
        objects: of each model, the same ones, at least one.
        bootstrap: how intervals are made.
        clusters: of images by their ids; those that are not there are units of their own.
    """
    frames = list(objects.values())
    columns = {
        "object_iou": "iou",
        "object_boundary_iou": "boundary_iou",
        **{name.replace("boundary_f_", "object_boundary_f@"): name for name in boundary_columns(frames)},
    }
    metric = ObjectMeans((*columns, "recall"))
    samples = tuple(dict.fromkeys(frames[0]["sample"].tolist()))
    classes = class_names(objects)
    cells = tuple(Cell(label, REFINER) for label in objects)
    found = {}
    for cell, table in zip(cells, frames, strict=True):
        rows = {
            place: Row("", sample, None, cell.predictions, REFINER, LABEL, "ok", arrays=arrays)
            for place, (sample, arrays) in enumerate(_measured(table, [*columns.values()], samples, classes))
        }
        found[cell, LABEL] = CellRows(rows)
    built = BuiltMetric(LABEL, metric, ("metrics", LABEL, {}), "")
    return RunRows(samples, tuple(map(clusters.get, samples)), bootstrap, {LABEL: built}, cells, found)


def class_names(objects: Mapping[str, pd.DataFrame]) -> list[str]:
    """Categories of the objects, in the order in which they occur; one for all where there are too many."""
    names = list(dict.fromkeys(map(str, next(iter(objects.values()))["category"].tolist())))
    return names if len(names) <= MOST_CLASSES else ["all"]


def _measured(table: pd.DataFrame, columns: Sequence[str], samples: Sequence[str], classes: Sequence[str]) -> Any:
    matched = table["matched"].to_numpy(object) == True  # noqa: E712
    scores = np.stack([table[name].to_numpy(np.float64, na_value=np.nan) for name in columns], axis=1)
    values = np.column_stack([np.where(matched[:, None], scores, 0.0), matched])
    places = {name: k for k, name in enumerate(classes)}
    of_class = np.array([places.get(str(name), 0) for name in table["category"]])
    order = {sample: k for k, sample in enumerate(samples)}
    of_image = np.array([order[sample] for sample in table["sample"]])
    for place, sample in enumerate(samples):
        here = of_image == place
        sums = np.zeros((len(classes), values.shape[1]))
        np.add.at(sums, of_class[here], values[here])
        yield sample, {"objects": np.bincount(of_class[here], minlength=len(classes)).astype(float), "sums": sums}


def slice_results(rows: RunRows, classes: Sequence[str], what: str, method: str) -> Results:
    """What reports need to know of the slice; `what` says which it is, `method` how intervals are made."""
    metric = rows.metrics[LABEL].metric
    drawn = rows.bootstrap.model_dump()
    summaries = {cell: metric.summarise([r.arrays for r in rows.of(cell, LABEL).rows.values()]) for cell in rows.cells}
    nothing = {name: np.nan if kind == "float64" else None if kind == "object" else 0 for name, kind in COLUMNS.items()}
    records = [
        {
            **nothing, "predictions": cell.predictions, "refiner": cell.refiner, "oracle": False, "metric": name,
            "class": class_name, "value": float(value), "samples": len(rows.samples), "scored": len(classes),
        }
        for cell, summary in summaries.items()
        for name in summary.values
        for class_name, value in [(None, summary.values[name]), *zip(classes, summary.per_class[name], strict=True)]
    ]  # fmt: skip
    return Results(
        numbers=frame({name: [record[name] for record in records] for name in COLUMNS}),
        curves={},
        definitions={name: metric.definition() for name in metric.names},  # type: ignore[attr-defined]
        dataset={
            "name": "objects", "split": what, "task": "instance", "samples": len(rows.samples),
            "clusters": len(set(cluster_numbers(rows.clusters).tolist())) if rows.is_clustered else None,
            "sample_ids": list(rows.samples), "classes": list(classes), "offered": {},
        },
        refused=[],
        provenance={"experiment": None, "bootstrap": {**drawn, "interval": method, "unit": rows.unit}},
    )  # fmt: skip
