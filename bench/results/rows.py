"""Rows of a run as Parquet tables: one Parquet row for each array of a row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Status = Literal["ok", "empty", "missing", "failed"]
"""ok: measured; empty: nothing was predicted, an all-void map was measured; missing: skipped; failed: see error."""

MEASURED: tuple[Status, ...] = ("ok", "empty")


@dataclass(frozen=True, eq=False)
class Row:
    """One metric of one sample of one cell.

    Attributes:
        identity: digest of everything that decides the measurement; the names beside it are for people.
        seconds: time that the refiner took.
        memory_bytes: by how much the process grew at most while it refined; None where that is not known.
        patches: how many it looked at; None of refiners without a `count`.
        arrays: the measurement; empty unless measured. Integers keep their dtype and are exact below 2**53.
    """

    identity: str
    sample: str
    cluster: str | None
    predictions: str
    refiner: str
    metric: str
    status: Status
    error: str | None = None
    seconds: float = 0.0
    memory_bytes: int | None = None
    patches: int | None = None
    arrays: dict[str, NDArray[Any]] = field(default_factory=dict)


_PER_ROW = ("identity", "sample", "cluster", "predictions", "refiner", "metric", "status", "error", "seconds")
_COSTS = ("memory_bytes", "patches")
"""Per row too, but runs of earlier versions lack them."""


def table_of(rows: Sequence[Row]) -> Any:
    """One Parquet row for each array of each row; one without an array where there is none."""
    import pyarrow as pa

    flat = [(row, name, array) for row in rows for name, array in _arrays(row)]
    columns = {name: [getattr(row, name) for row, _, _ in flat] for name in (*_PER_ROW, *_COSTS)}
    values = [np.ravel(array).astype(np.float64) for _, _, array in flat]
    offsets = np.cumsum([0, *(len(value) for value in values)], dtype=np.int32)
    text = [name for name in _PER_ROW if name != "seconds"]
    arrays = {name: pa.array(columns[name], pa.string()) for name in text}
    return pa.table(
        {
            **arrays,
            "seconds": pa.array(columns["seconds"], pa.float64()),
            **{name: pa.array(columns[name], pa.int64()) for name in _COSTS},
            "array": pa.array([name for _, name, _ in flat], pa.string()),
            "dtype": pa.array([array.dtype.str for _, _, array in flat], pa.string()),
            "shape": pa.array([array.shape for _, _, array in flat], pa.list_(pa.int32())),
            # From the buffer: a NaN stays a NaN instead of becoming null.
            "values": pa.ListArray.from_arrays(pa.array(offsets), pa.array(np.concatenate(values))),
        }
    )


def _arrays(row: Row) -> Iterator[tuple[str | None, NDArray[Any]]]:
    if row.arrays:
        yield from row.arrays.items()
    else:
        yield None, np.empty(0)


def rows_of(table: Any) -> Iterator[Row]:
    """The rows of a table, whose arrays lie together."""
    there = [*_PER_ROW, *(name for name in _COSTS if name in table.column_names)]
    columns = {name: table.column(name).to_pylist() for name in (*there, "array", "dtype", "shape")}
    lists = table.column("values").combine_chunks()
    offsets, values = lists.offsets.to_numpy(), lists.values.to_numpy(zero_copy_only=False)
    row: Row | None = None
    for index, identity in enumerate(columns["identity"]):
        if row is None or row.identity != identity or columns["array"][index] in row.arrays:
            if row is not None:
                yield row
            row = Row(**{name: columns[name][index] for name in there})
        if columns["array"][index] is not None:
            flat = values[offsets[index] : offsets[index + 1]]
            with np.errstate(invalid="ignore"):  # Integers above 2**53 may have been rounded up beyond their dtype.
                typed = flat.astype(columns["dtype"][index])
            row.arrays[columns["array"][index]] = typed.reshape(columns["shape"][index])
    if row is not None:
        yield row
