"""Rows of a run as Parquet tables: one Parquet row for each array of a row."""

from __future__ import annotations

from collections.abc import Sequence
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

    flat = [item for row in rows for item in row.arrays.items() or _NO_ARRAY]
    arrays = [array for _, array in flat]
    of_row = pa.array(np.repeat(np.arange(len(rows)), [max(1, len(row.arrays)) for row in rows]))
    types = {"seconds": pa.float64(), **dict.fromkeys(_COSTS, pa.int64())}
    return pa.table(
        {
            **{
                name: pa.array([getattr(row, name) for row in rows], types.get(name, pa.string())).take(of_row)
                for name in (*_PER_ROW, *_COSTS)
            },
            "array": pa.array([name for name, _ in flat], pa.string()),
            "dtype": pa.array([array.dtype.str for array in arrays], pa.string()),
            "shape": _lists([array.shape for array in arrays], pa.int32()),
            # From the buffer: a NaN stays a NaN instead of becoming null.
            "values": _lists([array.reshape(-1) for array in arrays], pa.float64()),
        }
    )


_NO_ARRAY = ((None, np.empty(0)),)


def _lists(items: Sequence[Any], dtype: Any) -> Any:
    """Each of the sequences of numbers as one list of a column."""
    import pyarrow as pa

    offsets = np.cumsum([0, *map(len, items)], dtype=np.int32)
    values = np.concatenate([np.empty(0), *items], dtype=dtype.to_pandas_dtype(), casting="unsafe")
    return pa.ListArray.from_arrays(pa.array(offsets), pa.array(values, dtype))


def rows_of(table: Any) -> list[Row]:
    """The rows of a table, whose arrays lie together."""
    identities, names = (table.column(name).to_pylist() for name in ("identity", "array"))
    first = _first_places(identities, names)
    there = [*_PER_ROW, *(name for name in _COSTS if name in table.column_names)]
    columns = zip(*(table.column(name).take(first).to_pylist() for name in there), strict=True)
    rows = [Row(**dict(zip(there, values, strict=True))) for values in columns]
    ends = [*first[1:], len(names)]
    arrays = _arrays(table)
    for row, start, end in zip(rows, first, ends, strict=True):
        row.arrays.update((names[place], arrays[place]) for place in range(start, end) if names[place] is not None)
    return rows


def _first_places(identities: Sequence[str], names: Sequence[str | None]) -> list[int]:
    """Where rows begin: with another identity, with an array that the row before has already, or after one of none."""
    first: list[int] = []
    seen = set[str | None]()
    for place, name in enumerate(names):
        if not first or identities[place] != identities[place - 1] or name in seen or None in seen:
            first.append(place)
            seen.clear()
        seen.add(name)
    return first


def _arrays(table: Any) -> list[NDArray[Any]]:
    """The arrays of a table, typed and shaped."""
    lists = table.column("values").combine_chunks()
    offsets, values = lists.offsets.to_numpy(), lists.values.to_numpy(zero_copy_only=False)
    dtypes, shapes = (table.column(name).to_pylist() for name in ("dtype", "shape"))
    spans = zip(offsets.tolist(), offsets[1:].tolist(), strict=False)
    with np.errstate(invalid="ignore"):  # Integers above 2**53 may have been rounded up beyond their dtype.
        return [
            values[start:end].astype(dtype).reshape(shape)
            for (start, end), dtype, shape in zip(spans, dtypes, shapes, strict=True)
        ]
