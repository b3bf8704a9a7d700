"""Losses of a training, every step: one JSON object a line, and curves where TensorBoard is installed."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from statistics import fmean
from typing import IO, TYPE_CHECKING

from torch import Tensor

from boundary_bench.refiners.files.atomic_write import replace_file

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter

LOSSES = "losses.jsonl"
REPORT_SECONDS = 10.0


class LossLog:
    """Collects losses, and writes them now and then: reading each at once would make a GPU wait.

    Args:
        lines: the file of all losses.
        curves: None where TensorBoard is not installed.
    """

    def __init__(self, lines: IO[str], curves: SummaryWriter | None) -> None:
        self._lines, self._curves = lines, curves
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
            self._draw(step, row)
        self._waiting.clear()
        self._lines.flush()
        if self._curves:
            self._curves.flush()
        self._written = time.monotonic()
        return {name: fmean(row[name] for _, row in rows) for name in rows[0][1]}

    def _draw(self, step: int, row: dict[str, float]) -> None:
        if self._curves:
            for name, value in row.items():
                self._curves.add_scalar(name, value, step)


@contextmanager
def loss_log(folder: Path, first: int) -> Iterator[LossLog]:
    """The log of a training that goes on from a step; what was logged after its checkpoint will be done again."""
    kept = [json.dumps(row) + "\n" for row in read_losses(folder) if row["step"] < first]
    replace_file(folder / LOSSES, "".join(kept).encode())
    with _curves(folder, first) as curves, (folder / LOSSES).open("a", encoding="utf-8") as lines:
        yield LossLog(lines, curves)


def read_losses(folder: Path) -> list[dict[str, float]]:
    """Every step so far, with `step` and its losses by name; empty where nothing was trained.

    Raises:
        ValueError: a line that is none. The message starts with the path.
    """
    path = folder / LOSSES
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True) if path.exists() else []
    # Whoever was stopped while writing left half a line.
    return [_row(path, line) for line in lines if line.endswith("\n")]


def _curves(folder: Path, first: int) -> AbstractContextManager[SummaryWriter | None]:
    """Writer of curves from a step on, in a file of its own beside those of earlier parts of the training."""
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        return nullcontext()
    # Points of steps that will be done again are not shown twice.
    return SummaryWriter(str(folder), purge_step=first)


def _row(path: Path, line: str) -> dict[str, float]:
    try:
        row: dict[str, float] = json.loads(line)
        if not all(isinstance(value, int | float) for value in (row["step"], *row.values())):
            raise ValueError("values that are no numbers")
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"{path}: holds {line[:80]!r} ({error}); allowed: a step and its losses a line") from error
    return row
