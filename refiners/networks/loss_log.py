"""Losses of a training, every step: one JSON object a line for programs, and curves for TensorBoard."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import fmean
from typing import IO

from torch import Tensor

from boundary_bench.refiners.files.atomic_write import replace_file
from boundary_bench.refiners.networks.event_file import EventFile

LOSSES = "losses.jsonl"
REPORT_SECONDS = 10.0


class LossLog:
    """Collects losses, and writes them now and then: reading each at once would make a GPU wait."""

    def __init__(self, lines: IO[str], events: EventFile) -> None:
        self._lines, self._events = lines, events
        self._waiting: list[tuple[int, dict[str, Tensor]]] = []
        self._written = time.monotonic()

    def add(self, step: int, losses: dict[str, Tensor]) -> None:
        """The losses of a step, scalars by name."""
        self._waiting.append((step, losses))

    def is_due(self) -> bool:
        """Whether it is time to write."""
        return time.monotonic() - self._written >= REPORT_SECONDS

    def write(self) -> dict[str, float]:
        """Writes what waits; returns its means by name.

        Raises:
            FloatingPointError: a loss that is not finite.
        """
        rows = [(step, {name: float(value) for name, value in losses.items()}) for step, losses in self._waiting]
        for step, row in rows:
            if not math.isfinite(row["loss"]):
                raise FloatingPointError(f"the loss of step {step} is {row['loss']}; allowed: a finite one")
            self._lines.write(json.dumps({"step": step, **row}) + "\n")
            self._events.add(step, row)
        self._waiting.clear()
        self._lines.flush()
        self._events.flush()
        self._written = time.monotonic()
        return {name: fmean(row[name] for _, row in rows) for name in rows[0][1]}


@contextmanager
def loss_log(folder: Path, first: int) -> Iterator[LossLog]:
    """The log of a training that goes on from a step; what was logged after its checkpoint will be done again."""
    kept = [json.dumps(row) + "\n" for row in read_losses(folder) if row["step"] < first]
    replace_file(folder / LOSSES, "".join(kept).encode())
    events = EventFile(folder / f"events.out.tfevents.{first:010d}")
    with events, (folder / LOSSES).open("a", encoding="utf-8") as lines:
        yield LossLog(lines, events)


def read_losses(folder: Path) -> list[dict[str, float]]:
    """Every step so far, with `step` and its losses by name; empty where nothing was trained.

    Raises:
        ValueError: a line that is none. The message starts with the path.
    """
    path = folder / LOSSES
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True) if path.exists() else []
    # Whoever was stopped while writing left half a line.
    return [_row(path, line) for line in lines if line.endswith("\n")]


def _row(path: Path, line: str) -> dict[str, float]:
    try:
        row: dict[str, float] = json.loads(line)
        if not all(isinstance(value, int | float) for value in (row["step"], *row.values())):
            raise ValueError("values that are no numbers")
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"{path}: holds {line[:80]!r} ({error}); allowed: a step and its losses a line") from error
    return row
