"""Tables for other programs: Parquet, which remembers what made it, or CSV."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from boundary_bench.bench.errors import InputError, Problem
from boundary_bench.bench.io.json_file import plain
from boundary_bench.refiners.files.atomic_write import replace_file

if TYPE_CHECKING:
    import pandas as pd

SUFFIXES = (".parquet", ".csv")
KEY = b"boundary_bench"
"""Of the metadata in a Parquet file, a JSON object."""


def require_data_file(path: Path, option: str) -> None:
    """Raise InputError unless the name of a file says how it is to be written, and its folder exists."""
    if path.suffix.lower() not in SUFFIXES:
        raise InputError(Problem(f"{option} {path}", repr(path.suffix), f"a file named {' or '.join(SUFFIXES)}"))
    if not path.parent.is_dir():
        raise InputError(Problem(f"{option} {path}", "no such folder", "a file in a folder that exists"))


def write_data_file(frame: pd.DataFrame, path: Path, about: Mapping[str, Any]) -> None:
    """Write a table; what it is about goes into the metadata of a Parquet file, CSV has no place for it.

    Args:
        frame: the table; NaN and None become null, or nothing in CSV.
        path: a name as `require_data_file` wants it.
        about: JSON-able.
    """
    if path.suffix.lower() == ".csv":
        replace_file(path, frame.to_csv(index=False, lineterminator="\n").encode())
        return
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.Table.from_pandas(frame, preserve_index=False)
    metadata = {**(table.schema.metadata or {}), KEY: json.dumps(plain(dict(about))).encode()}
    stream = io.BytesIO()
    pq.write_table(table.replace_schema_metadata(metadata), stream, compression="zstd")
    replace_file(path, stream.getvalue())
