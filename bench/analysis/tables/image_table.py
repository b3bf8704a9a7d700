"""One row for each image, with the numbers that a set of this image alone would have."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from boundary_bench.bench.analysis.rows import RunRows
from boundary_bench.bench.analysis.tables.image_columns import ImageColumns
from boundary_bench.bench.engine.plan import Plan
from boundary_bench.bench.plugins.components import Cell

if TYPE_CHECKING:
    import pandas as pd


def image_table(rows: RunRows, plan: Plan) -> pd.DataFrame:
    """A row for each image of each cell, in the order of the dataset.

    Columns: `predictions`, `refiner`, `sample`, `image_id`, `file_name`, `height_px`, `width_px`, `measured` (False
    where the image failed or was left out), and every number by its name, a fraction; null where it is undefined for
    the image, such as AP where there is no true object.

    Args:
        rows: of a run.
        plan: of the same run.
    """
    import pandas as pd

    frame = pd.DataFrame([row for cell in plan.cells for row in _rows(rows, plan, cell)])
    if not isinstance(next(iter(frame["image_id"].dropna()), 0), str):
        frame["image_id"] = frame["image_id"].astype("Int64")
    return frame


def _rows(rows: RunRows, plan: Plan, cell: Cell) -> Iterator[dict[str, Any]]:
    images = ImageColumns(plan)
    for place, sample in enumerate(plan.samples):
        height, width = plan.dataset.size(sample)
        numbers = _numbers(rows, plan, cell, place)
        yield {
            "predictions": cell.predictions,
            "refiner": cell.refiner,
            **images.of(sample),
            "height_px": height,
            "width_px": width,
            "measured": bool(numbers),
            **numbers,
        }


def _numbers(rows: RunRows, plan: Plan, cell: Cell, place: int) -> dict[str, float]:
    """Every overall number of one image, by the name that it has in tables."""
    found: dict[str, float] = {}
    for label, built in plan.metrics.items():
        row = rows.of(cell, label).rows.get(place)
        if row is not None:
            values = built.metric.summarise([row.arrays]).values
            found |= {name + built.suffix: float(value) for name, value in values.items()}
    return found
