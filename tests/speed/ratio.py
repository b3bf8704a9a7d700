"""Speed as ratios: ours and the peer run alternately in one process, and the best time of each is compared."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Ratio:
    """Best times in seconds, and how many times faster we are."""

    ours_s: float
    theirs_s: float

    @property
    def ratio(self) -> float:
        return self.theirs_s / self.ours_s


@dataclass(frozen=True)
class Row:
    """One line of the speed table. `goal` is a ratio to reach, or None where there is none."""

    name: str
    peer: str
    ratio: Ratio
    goal: float | None


@dataclass(frozen=True)
class Growth:
    """What one number of images took: wall clock in seconds and peak memory in MB of one process."""

    name: str
    images: int
    seconds: float
    megabytes: float


@dataclass(frozen=True)
class Stages:
    """Where the time of a DenseCRF goes, in seconds."""

    size: tuple[int, int]
    classes: int
    threads: int
    lattices: float
    unary: float
    iteration: float
    ten_iterations: float


ROWS: list[Row] = []
STAGES: list[Stages] = []
GROWTH: list[Growth] = []


def measure_ratio(benchmark: Any, ours: Callable[[], Any], theirs: Callable[[], Any], *, rounds: int = 7) -> Ratio:
    """Time both, the peer before each of our rounds, after one warm-up each. `benchmark`: the fixture of that name."""
    times: list[float] = []
    benchmark.pedantic(ours, setup=lambda: times.append(_seconds(theirs)), rounds=rounds, warmup_rounds=1)
    return Ratio(benchmark.stats.stats.min, min(times))


def record(name: str, ratio: Ratio, goal: float | None, *, peer: str) -> None:
    """Keep a line for the speed table."""
    ROWS.append(Row(name, peer, ratio, goal))


def record_growth(growth: Growth) -> None:
    """Keep a line for the table of growth."""
    GROWTH.append(growth)


def record_stages(stages: Stages) -> None:
    """Keep a line for the table of stages."""
    STAGES.append(stages)


def _seconds(run: Callable[[], Any]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start
