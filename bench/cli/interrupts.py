"""Handle interrupts: finished work is kept, and a message says how to resume."""

from __future__ import annotations

import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from boundary_bench.bench.cli.termination import Terminated

if TYPE_CHECKING:
    from boundary_bench.bench.cli.progress import Step


class Interruptible:
    """Says, where the work in a `with` block is interrupted, what is kept and how to go on; then exits.

    Args:
        folder: of the run.
        again: the call that goes on with what is kept.
    """

    def __init__(self, folder: Path, again: str) -> None:
        self._folder, self._again = folder, again
        self._done: tuple[int, int] | None = None

    def counting(self, step: Step) -> Step:
        """The step of a run's progress, which tells that there is a run and how far it is."""

        def counted(done: int, total: int) -> None:
            self._done = (done, total)
            step(done, total)

        return counted

    def __enter__(self) -> Interruptible:
        return self

    def __exit__(self, _kind: Any, error: BaseException | None, _trace: Any) -> None:
        if isinstance(error, KeyboardInterrupt):
            print(self._message(), file=sys.stderr)
            # As shells count: 128 and the number of the signal.
            sys.exit(128 + (signal.SIGTERM if isinstance(error, Terminated) else signal.SIGINT))

    def _message(self) -> str:
        if self._done is None:
            return "interrupted before the first image: nothing was written"
        done, total = self._done
        return f"interrupted: {done} of {total} images are done and kept in {self._folder}\nresume with: {self._again}"


def resuming(arguments: Sequence[str]) -> list[str]:
    """The call of `bench` that goes on where one with these arguments was interrupted."""
    kept = [argument for argument in arguments if argument not in ("--overwrite", "--resume")]
    return ["bench", *kept, "--resume"]
