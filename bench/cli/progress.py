"""How far the work is: a bar with the time left on a terminal, a line now and then elsewhere. Always on stderr."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Step = Callable[[int, int], None]
"""Told (done, total)."""

LINE_SECONDS = 10.0
"""How often a line is printed where there is no terminal; work that is done before prints none."""


@contextmanager
def progress(title: str) -> Iterator[Step]:
    """Show one piece of work for as long as the block runs."""
    if not sys.stderr.isatty():
        yield _plain(title)
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
    from rich.progress import TimeRemainingColumn as Remaining

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), Remaining())
    bar = Progress(*columns, console=Console(stderr=True), transient=True)
    task = bar.add_task(title, total=None)

    def step(done: int, total: int) -> None:
        # Only while there is work: a terminal has room for one bar, and checks come before jobs.
        bar.start()
        bar.update(task, completed=done, total=total)
        if done >= total:
            bar.stop()

    try:
        yield step
    finally:
        bar.stop()


def _plain(title: str) -> Step:
    printed = time.monotonic()

    def step(done: int, total: int) -> None:
        nonlocal printed
        now = time.monotonic()
        if now - printed >= LINE_SECONDS:
            printed = now
            print(f"{title}: {done} of {total}", file=sys.stderr, flush=True)

    return step


def note(text: str) -> None:
    """Something worth knowing that is no error."""
    print(f"note: {text}", file=sys.stderr)
