"""Which source files make measurements: their digest is part of the fingerprint of every row."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

from boundary_bench import bench, metrics, refiners
from boundary_bench.bench.io.hashing import combined, files_digest

FLOORS: Final = {floor.__name__.rpartition(".")[2]: Path(floor.__path__[0]) for floor in (metrics, refiners, bench)}
"""Floor -> its folder."""

ROOMS: Final = (
    "metrics",
    "refiners",
    "bench/formats",
    "bench/datasets",
    "bench/predictions",
    "bench/io/json_spans.py",
    "bench/io/json_values.py",
    "bench/engine/job.py",
    "bench/engine/once.py",
    "bench/engine/scored.py",
)
"""Rooms, and single files, that decide what is measured. All others decide how a run is made, compared or shown."""

NOT_MEASURING: Final = (
    "refiners/transfer",
    "bench/formats/conversion/convert.py",
    "bench/formats/conversion/writers.py",
)
"""Within these: where networks start from, and what other tools read."""

LEARNING: Final = ("training", "tuning", "losses", "loss_log", "augmentation")
"""How names of modules end whose work is over when a refiner is run: its checkpoint or preset counts by contents."""


@cache
def code_digest() -> str:
    """Digest of the source files that make measurements, by their contents and their places."""
    return combined(*(files_digest(folder, measuring_files(floor)) for floor, folder in FLOORS.items()))


def measuring_files(floor: str) -> Iterator[Path]:
    """Every source file of a floor that makes measurements."""
    for path in FLOORS[floor].rglob("*.py"):
        place = f"{floor}/{path.relative_to(FLOORS[floor]).as_posix()}"
        if _in(place, ROOMS) and not _in(place, NOT_MEASURING) and not path.stem.endswith(LEARNING):
            yield path


def _in(place: str, rooms: tuple[str, ...]) -> bool:
    return any(place == room or place.startswith(f"{room}/") for room in rooms)
