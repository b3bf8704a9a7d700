"""Tables of the same true objects under several models, and the slice of them that meets a condition."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from boundary_bench.bench.analysis.slices.expression import Condition
from boundary_bench.bench.errors import InputError, Problem
from boundary_bench.bench.results.data_file import KEY

if TYPE_CHECKING:
    import pandas as pd

NEEDED = ("sample", "kind", "category", "annotation_id", "matched", "crowd", "area_px", "iou", "boundary_iou")
SAME = ("sample", "annotation_id", "category", "area_px")
"""By these objects of two tables are known to be the same."""
HINT = "write it with `bench evaluate --per-object FILE`"


def read_objects(path: Path) -> pd.DataFrame:
    """A table that `bench evaluate --per-object` wrote.

    Raises:
        InputError: no such file, or another table.
    """
    frame = read_table(path)
    if absent := [name for name in NEEDED if name not in frame]:
        raise InputError(Problem(str(path), f"no column {', '.join(absent)}", ", ".join(NEEDED), HINT))
    return frame


def read_table(path: Path) -> pd.DataFrame:
    """Any table, Parquet or CSV.

    Raises:
        InputError: no such file, or none of these.
    """
    import pandas as pd

    if not path.is_file():
        raise InputError(Problem(str(path), "no such file", "a table, .parquet or .csv"))
    try:
        if path.suffix.lower() == ".parquet":
            return pd.read_parquet(path)
        return pd.read_csv(path, dtype={"sample": str, "category": str})
    except (ValueError, OSError) as error:
        found = f"not a table ({str(error).splitlines()[0]})"
        raise InputError(Problem(str(path), found, "Parquet or CSV with a line of names")) from error


def of_clusters(path: Path) -> bool:
    """Whether a table says that its images are in clusters, which it does not hold."""
    import json

    import pyarrow.parquet as pq

    if path.suffix.lower() != ".parquet":
        return False
    about = json.loads((pq.read_schema(path).metadata or {}).get(KEY, b"{}"))
    return bool(about.get("provenance", {}).get("bootstrap", {}).get("unit") == "cluster")


def true_objects(frames: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Of each table the true objects, crowds left out, the same ones in the same order.

    Args:
        frames: tables by the labels of their models.

    Raises:
        InputError: tables of different objects.
    """
    found = {label: _real(frame) for label, frame in frames.items()}
    first, *others = found
    for other in others:
        _require_same(first, found[first], other, found[other])
    return found


def with_columns(objects: dict[str, pd.DataFrame], path: Path) -> tuple[dict[str, pd.DataFrame], int]:
    """Objects with the columns of a table of one's own, joined by `annotation_id`; and how many it has no row for.

    Raises:
        InputError: a table without that column, with an id twice, or with columns that are there already.
    """
    own, where = read_table(path), f"--objects {path}"
    if "annotation_id" not in own or own["annotation_id"].duplicated().any():
        found = "ids twice" if "annotation_id" in own else "no column annotation_id"
        raise InputError(Problem(where, found, "a row an object, each with its annotation_id"))
    first = next(iter(objects.values()))
    if twice := [name for name in own if name in first and name != "annotation_id"]:
        raise InputError(Problem(where, f"columns that there are: {', '.join(map(str, twice))}", "other names"))
    if first["annotation_id"].duplicated().any():
        raise InputError(Problem(where, "annotations of the truth that share an id", "an id for each annotation"))
    ids = own["annotation_id"]
    absent = int((~first["annotation_id"].isin(ids)).sum())
    if absent == len(first):
        raise InputError(Problem(where, "no id of any object", f"ids such as {first['annotation_id'].iloc[0]}"))
    return {label: frame.merge(own, "left", "annotation_id") for label, frame in objects.items()}, absent


def in_slice(objects: Mapping[str, pd.DataFrame], where: str | None) -> dict[str, pd.DataFrame]:
    """The objects that meet a condition; all without one.

    Raises:
        InputError: a condition on what a model made of the objects, which would select others for each; or one that
            no object meets.
    """
    if where is None:
        return dict(objects)
    condition = Condition(where)
    first, *others = objects.values()
    columns = {str(name): first[name].to_numpy(object) for name in first if all(name in other for other in others)}
    same = {
        name: column
        for name, column in columns.items()
        if all(_equal(column, other[name].to_numpy(object)) for other in others)
    }
    if differing := [name for name in condition.names if name in columns and name not in same]:
        found = f"{differing[0]}, which differs between the models"
        raise InputError(Problem(f"--where {where}", found, ", ".join(same), "a slice holds the same objects for both"))
    chosen = condition.of(same)
    if not chosen.any():
        raise InputError(Problem(f"--where {where}", f"none of {len(chosen)} objects", "a condition that some meet"))
    return {label: frame[chosen].reset_index(drop=True) for label, frame in objects.items()}


def _real(frame: pd.DataFrame) -> pd.DataFrame:
    crowd = frame["crowd"].to_numpy(object) == True  # noqa: E712
    real: pd.DataFrame = frame[(frame["kind"] == "object").to_numpy() & ~crowd]
    return real.reset_index(drop=True)


def _require_same(label: str, one: pd.DataFrame, other_label: str, other: pd.DataFrame) -> None:
    images = [frame["sample"].nunique() for frame in (one, other)]
    counts = [len(frame) for frame in (one, other)]
    for what, (first, second) in (("images", images), ("true objects", counts)):
        if first != second:
            found = f"{second} {what}, and {first} in {label}"
            raise InputError(Problem(other_label, found, "tables of the same images and the same truth"))
    for name in SAME:
        if not _equal(one[name].to_numpy(object), other[name].to_numpy(object)):
            found = f"another {name} of some objects than in {label}"
            raise InputError(Problem(other_label, found, "tables of the same images and the same truth"))


def _equal(one: Any, other: Any) -> bool:
    import pandas as pd

    lacking, lacking_too = (np.asarray(pd.isna(side)) for side in (one, other))
    return bool(np.array_equal(lacking, lacking_too) and (one[~lacking] == other[~lacking]).all())


def boundary_columns(frames: Sequence[pd.DataFrame]) -> list[str]:
    """Names of the boundary F-scores that all tables have."""
    return [
        name for name in map(str, frames[0]) if name.startswith("boundary_f_") and all(name in each for each in frames)
    ]
