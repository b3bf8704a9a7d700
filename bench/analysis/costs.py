"""Cost of refining in a stored run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import fmean

from boundary_bench.bench.analysis.rows import RunRows
from boundary_bench.bench.plugins.components import Cell
from boundary_bench.bench.results.rows import Row


@dataclass(frozen=True)
class Spent:
    """Of one refiner on one prediction set; None where it is not known.

    Attributes:
        images: that were refined.
        seconds_per_image: in the worker, reading not included.
        patches_per_image: of refiners that count them.
        parameters: numbers that its networks have learned; 0 where it has none.
        memory_bytes: by how much a worker grew at most over an image; main memory alone.
    """

    predictions: str
    refiner: str
    images: int
    seconds_per_image: float | None
    patches_per_image: float | None
    parameters: int
    memory_bytes: int | None


def spent(rows: RunRows, parameters: Mapping[str, int]) -> tuple[Spent, ...]:
    """Of every cell of the run.

    Args:
        rows: of the run.
        parameters: refiner -> how many numbers its networks have learned, as its provenance has them.
    """
    return tuple(_spent(cell, _refined(rows, cell), parameters.get(cell.refiner, 0)) for cell in rows.cells)


def _refined(rows: RunRows, cell: Cell) -> list[Row]:
    """One row for each image that was refined: those of one metric, since all have the same costs."""
    found = next(filter(None, (rows.of(cell, label).rows for label in rows.metrics)), {})
    return [row for row in found.values() if row.status == "ok"]


def _spent(cell: Cell, rows: list[Row], parameters: int) -> Spent:
    patches = [row.patches for row in rows if row.patches is not None]
    memory = [row.memory_bytes for row in rows if row.memory_bytes is not None]
    return Spent(
        cell.predictions,
        cell.refiner,
        len(rows),
        fmean(row.seconds for row in rows) if rows else None,
        fmean(patches) if patches else None,
        parameters,
        max(memory, default=None),
    )
