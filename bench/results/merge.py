"""Run folders of one study, made on several machines or at several times, as one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from boundary_bench.bench.config.overrides import parse_part
from boundary_bench.bench.errors import InputError, Problem
from boundary_bench.bench.io.new_folder import new_folder
from boundary_bench.bench.results.rows import Row
from boundary_bench.bench.results.store import Store

ROWS_PER_SHARD = 20_000

_UNITED = ("predictions", "refiners")
"""Lists of an experiment of which each run may have a part."""
_FREE = ("executor", "output")
"""Keys that may differ: they decide no number. Different `samples` make a run of all samples."""

Name = tuple[str, str, str, str]
"""sample, predictions, refiner, metric."""


def merge(folders: Sequence[Path], out: Path) -> int:
    """Write a run with the measurements of all these runs; returns how many there are.

    Runs may differ in their samples, prediction sets and refiners, as parts of a study do, and overlap. A measurement
    that several have counts once, and before one that failed.

    Args:
        folders: two or more runs.
        out: a new or an empty folder.

    Raises:
        InputError: no run, runs of different experiments, two different measurements of one thing, or `out` is taken.
    """
    stores = [Store.open(folder) for folder in folders]
    manifest = _manifest(stores)
    rows = _rows(stores)
    if notes := [Problem(f"run {s.folder.name}", note, "shards that can be read") for s in stores for note in s.notes]:
        raise InputError(notes)
    with new_folder(out) as staging:
        merged = Store.create(staging, manifest)
        remaining = iter(rows)
        while some := list(islice(remaining, ROWS_PER_SHARD)):
            merged.append(some)
    return len(rows)


def _rows(stores: Sequence[Store]) -> list[Row]:
    found: dict[Name, tuple[Row, Store]] = {}
    conflicts = []
    for store in stores:
        for row in store.rows_by_name():
            name = (row.sample, row.predictions, row.refiner, row.metric)
            row_there, where = found.get(name, (row, store))
            if name not in found or (row_there.status == "failed" and row.status != "failed"):
                found[name] = (row, store)
            elif row.status != "failed" and not _same(row_there, row):
                conflicts.append(_conflict(name, where, store, row_there, row))
    if conflicts:
        raise InputError(conflicts)
    return [row for row, _ in found.values()]


def _same(first: Row, second: Row) -> bool:
    return (
        first.identity == second.identity
        and first.status == second.status
        and first.arrays.keys() == second.arrays.keys()
        and all(np.array_equal(first.arrays[name], second.arrays[name], equal_nan=True) for name in first.arrays)
    )


def _conflict(name: Name, first: Store, second: Store, one: Row, other: Row) -> Problem:
    where = f"run {second.folder.name}: {', '.join(name)}"
    found = f"another measurement than in run {first.folder.name}"
    hint = "inputs, parameters or code differ" if one.identity != other.identity else "its inputs are the same"
    return Problem(where, found, "one for each combination", hint)


def _manifest(stores: Sequence[Store]) -> dict[str, Any]:
    """That of the first run with the experiment that all of them are parts of."""
    first, *others = stores
    manifest = first.manifest()
    experiment = dict(first.experiment())
    problems: list[Problem] = []
    for store in others:
        problems += _unite(experiment, store.experiment(), first, store)
    if problems:
        raise InputError(problems)
    provenance = {**manifest.get("provenance", {}), "merged": [_origin(store) for store in stores]}
    return {**manifest, "experiment": experiment, "provenance": provenance}


def _unite(experiment: dict[str, Any], other: dict[str, Any], first: Store, store: Store) -> Iterator[Problem]:
    """Add the parts that another run has to the experiment; what is not a part of the same one."""
    where = f"run {store.folder.name}"
    for key in dict.fromkeys([*experiment, *other]):
        ours, theirs = experiment.get(key), other.get(key)
        if key in _FREE or ours == theirs:
            continue
        if key == "samples":
            experiment.pop(key, None)
        elif key in _UNITED:
            there = {_label(item, key, first): item for item in ours or ()}
            for item in theirs or ():
                label = _label(item, key, store)
                if there.setdefault(label, item) != item:
                    found = f"other settings of {label} than in run {first.folder.name}"
                    yield Problem(f"{where}: {key}", found, "one meaning for each name")
            experiment[key] = list(there.values())
        else:
            yield Problem(f"{where}: {key}", repr(theirs), f"{ours!r}, as in run {first.folder.name}")


def _label(item: Any, key: str, store: Store) -> str:
    """Label in tables of a prediction set or refiner of an experiment file."""
    from boundary_bench.bench.config.experiment import PredictionSpec, RefinerSpec

    where = f"run {store.folder.name}: {key}"
    if key == "predictions":
        return parse_part(PredictionSpec, item, where).label
    return parse_part(RefinerSpec, item, where).title


def _origin(store: Store) -> dict[str, Any]:
    provenance = store.manifest().get("provenance", {})
    return {"run": store.folder.name, **{key: provenance.get(key) for key in ("git", "code", "versions", "cpu")}}
