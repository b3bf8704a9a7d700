"""One row for each true object, and for each prediction that found none: for filters of one's own.

Columns:

====================  =================================================================================================
`predictions`         name of the prediction set
`refiner`             `identity` for predictions as they are
`sample`              id of the image here
`image_id`            its id in the files; null where images have none
`file_name`           its file
`kind`                `object` (a true one), or `unmatched` (a prediction that found none)
`category`            name
`category_id`         id in the files
`annotation_id`       of a true object; null for `unmatched`
`result_id`           place of the prediction in its file, from 1 on; null for an object that nothing found
`matched`             whether a prediction found the object; False for `unmatched`
`crowd`               the object stands for many, and is neither found nor missed
`excused`             an `unmatched` prediction inside a crowd, which is no false positive
`score`               of the prediction; null where there is none
`area_px`             px of the mask: of the object's, or of the prediction's for `unmatched`
`iou`                 mask IoU of object and prediction; of `unmatched` the highest with an object of its category
`any_iou`             of `unmatched`, the highest with an object of any category
`boundary_iou`        of object and prediction
`boundary_f_1px`      boundary F-score of the two, by the tolerance
`dice`                of object and prediction
`hd95_px`             95th percentile of the distances of their surfaces, the larger of both directions
`assd_px`             mean distance of both surfaces to each other
`thinness`            of the object: 1 for a square, more for thinner masks
`band_share`          share of the object that lies in its inner band; 1 where boundary IoU is mask IoU
====================  =================================================================================================

And of a run with the metric `BoundaryErrors`, whose pairs reach down to a mask IoU of 0.1, of true objects:

====================  =================================================================================================
`error`               what is worst: `category`, `moved`, `too_large`, `too_small`, `hole`, `missing_part`,
                      `extra_part`, `ragged` or `missed`; null where nothing is wrong, and for crowds
`moved_y_px`          px by which the prediction lies too far down (below 0: up); all of these 0 where it is missed
`moved_x_px`          px by which it lies too far to the right
`grown_px`            px by which it is too large on all sides; below 0 too small
`hole_area_px`        px in holes
`missing_area_px`     px in missing parts
`extra_area_px`       px in extra parts
`ragged_area_px`      px of what is left
====================  =================================================================================================
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from boundary_bench.bench.analysis.rows import RunRows
from boundary_bench.bench.analysis.tables.image_columns import ImageColumns
from boundary_bench.bench.engine.plan import Plan
from boundary_bench.bench.plugins.components import Cell
from boundary_bench.metrics.functional.statistics import Measurement
from boundary_bench.metrics.instance.boundary_errors import ORDER, BoundaryErrors
from boundary_bench.metrics.instance.object_scores import ObjectScores

if TYPE_CHECKING:
    import pandas as pd

Columns = dict[str, Any]
ERRORS = {
    "moved_y_px": "moved_y",
    "moved_x_px": "moved_x",
    "grown_px": "grown_px",
    "hole_area_px": "hole_area",
    "missing_area_px": "missing_area",
    "extra_area_px": "extra_area",
    "ragged_area_px": "ragged_area",
}
"""Column -> array of `BoundaryErrors`."""
WHOLE = ("image_id", "category_id", "annotation_id", "result_id", "area_px", *ERRORS)
"""Columns of whole numbers, in which null is possible."""


def object_table(rows: RunRows, plan: Plan) -> pd.DataFrame:
    """The table of all cells and images, see the module's docstring; none of images that failed or were left out.

    Args:
        rows: of a run with the metric `ObjectScores`.
        plan: of the same run.

    Raises:
        ValueError: the run did not measure `ObjectScores`.
    """
    import pandas as pd

    naming = _Naming(plan)
    parts = [part for cell in plan.cells for part in _parts(rows, plan, cell, naming)]
    joined = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]} if parts else {}
    frame = pd.DataFrame(joined)
    for name in WHOLE:
        if name in frame and not isinstance(next(iter(frame[name].dropna()), 0), str):
            frame[name] = frame[name].astype("Int64")
    return frame


class _Naming:
    """How metrics, images, categories and columns are called.

    Raises:
        ValueError: a plan without the metric that the table is made of.
    """

    def __init__(self, plan: Plan) -> None:
        metrics = {type(built.metric): label for label, built in reversed([*plan.metrics.items()])}
        if ObjectScores not in metrics:
            raise ValueError("the run has no metric object_scores; allowed: a run that measured it")
        self.scores, self.errors = metrics[ObjectScores], metrics.get(BoundaryErrors)
        self.boundary_f = f"boundary_f_{plan.metrics[self.scores].metric.tolerance_px}px"  # type: ignore[attr-defined]
        self.images = ImageColumns(plan)
        self.classes = np.array([*plan.dataset.classes, ""], object)
        # Of several ids for one class the first; without any, files hold training ids.
        ids = {train: raw for raw, train in reversed([*plan.dataset.label_ids.items()])}
        self.category_ids = np.array([ids.get(k, None if ids else k) for k in range(len(plan.dataset.classes))], object)


def _parts(rows: RunRows, plan: Plan, cell: Cell, naming: _Naming) -> Iterator[Columns]:
    """The columns of each image that was measured: its objects, then its predictions without one."""
    for place, row in rows.of(cell, naming.scores).rows.items():
        image = {"predictions": cell.predictions, "refiner": cell.refiner, **naming.images.of(plan.samples[place])}
        for columns in (_objects(row.arrays, naming), _unmatched(row.arrays, naming)):
            count = len(columns["matched"])
            named = {name: np.full(count, value, object) for name, value in image.items()}
            yield {**named, **columns, **_errors(rows, cell, place, naming, columns)}


def _errors(rows: RunRows, cell: Cell, place: int, naming: _Naming, columns: Columns) -> Columns:
    """What is wrong with objects, in the order of `columns`; null for predictions without one."""
    if naming.errors is None:
        return {}
    row = rows.of(cell, naming.errors).rows.get(place)
    count = len(columns["kind"])
    if row is None or not (columns["kind"] == "object").all() or len(row.arrays["kind"]) != count:
        return {"error": np.full(count, None, object), **{name: np.full(count, None, object) for name in ERRORS}}
    kinds = np.array([*ORDER, None], object)[row.arrays["kind"]]
    return {"error": kinds, **{name: row.arrays[array].astype(object) for name, array in ERRORS.items()}}


def _objects(arrays: Measurement, naming: _Naming) -> Columns:
    found = arrays["found"] >= 0
    return {
        **_category(arrays["true_category"], naming, "object"),
        "annotation_id": arrays["true_id"].astype(object),
        "result_id": np.where(found, arrays["result_id"].astype(object), np.full(len(found), None, object)),
        "matched": found,
        "crowd": arrays["crowd"],
        "excused": np.zeros(len(found), np.bool_),
        "score": arrays["score"],
        "area_px": arrays["true_area"].astype(object),
        "iou": arrays["iou"],
        "any_iou": _nothing(len(found)),
        "boundary_iou": arrays["boundary_iou"],
        naming.boundary_f: arrays["boundary_f"],
        "dice": 2 * arrays["iou"] / (1 + arrays["iou"]),
        "hd95_px": arrays["hd95_px"],
        "assd_px": arrays["assd_px"],
        "thinness": arrays["thinness"],
        "band_share": arrays["band_share"],
    }


def _unmatched(arrays: Measurement, naming: _Naming) -> Columns:
    count = len(arrays["unmatched"])
    no = np.zeros(count, np.bool_)
    return {
        **_category(arrays["unmatched_category"], naming, "unmatched"),
        "annotation_id": np.full(count, None, object),
        "result_id": arrays["unmatched_id"].astype(object),
        "matched": no,
        "crowd": no,
        "excused": arrays["unmatched_excused"],
        "score": arrays["unmatched_score"],
        "area_px": arrays["unmatched_area"].astype(object),
        "iou": arrays["unmatched_iou"],
        "any_iou": arrays["unmatched_any_iou"],
        "boundary_iou": _nothing(count),
        naming.boundary_f: _nothing(count),
        "dice": _nothing(count),
        "hd95_px": _nothing(count),
        "assd_px": _nothing(count),
        "thinness": _nothing(count),
        "band_share": _nothing(count),
    }


def _category(categories: NDArray[Any], naming: _Naming, kind: str) -> Mapping[str, NDArray[Any]]:
    return {
        "kind": np.full(len(categories), kind, object),
        "category": naming.classes[categories],
        "category_id": naming.category_ids[categories],
    }


def _nothing(count: int) -> NDArray[np.float64]:
    return np.full(count, np.nan)
