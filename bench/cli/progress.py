"""How far the work is: a bar with the time left on a terminal, a line now and then elsewhere. Always on stderr."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Step = Callable[[int, int], None]
"""Told (done, total)."""

LINES = 10
"""How many lines a whole piece of work prints where there is no terminal."""


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
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _plain(title: str) -> Step:
    last = 0

    def step(done: int, total: int) -> None:
        nonlocal last
        tenth = LINES * done // max(total, 1)
        if tenth > last:
            last = tenth
            print(f"{title}: {done} of {total}", file=sys.stderr, flush=True)

    return step


def note(text: str) -> None:
    """Something worth knowing that is no error."""
    print(f"note: {text}", file=sys.stderr)
