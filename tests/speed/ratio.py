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
class Section:
    """A further table of the speed page: its title, what to know, and the headings of its columns."""

    title: str
    text: str
    columns: tuple[str, ...]


ROWS: list[Row] = []
SECTIONS: dict[Section, list[tuple[str, ...]]] = {}


def measure_ratio(benchmark: Any, ours: Callable[[], Any], theirs: Callable[[], Any], *, rounds: int = 7) -> Ratio:
    """Time both, the peer before each of our rounds, after one warm-up each. `benchmark`: the fixture of that name."""
    times: list[float] = []
    benchmark.pedantic(ours, setup=lambda: times.append(_seconds(theirs)), rounds=rounds, warmup_rounds=1)
    return Ratio(benchmark.stats.stats.min, min(times))


def record(name: str, ratio: Ratio, goal: float | None, *, peer: str) -> None:
    """Keep a line for the speed table."""
    ROWS.append(Row(name, peer, ratio, goal))


def record_line(section: Section, *cells: str) -> None:
    """Keep a line for a table of its own."""
    if len(cells) != len(section.columns):
        raise ValueError(f"{len(cells)} cells; {section.title!r} has {len(section.columns)} columns")
    SECTIONS.setdefault(section, []).append(cells)


def best_s(run: Callable[[], Any], rounds: int = 2) -> float:
    """Seconds of the fastest of some runs after one that compiles."""
    run()
    return min(_seconds(run) for _ in range(rounds))


def _seconds(run: Callable[[], Any]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start
