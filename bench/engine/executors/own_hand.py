"""The part of the work that the process which starts workers does itself: starting them must pay."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import Any

START_SECONDS = 3.0
"""What starting a worker takes: an interpreter, its imports, the plan, compiled code; on two cores at work."""
SHORT_SECONDS = 0.1
"""Workers that are done must not wait for this process: once there are some, it does only jobs that take less."""
SETTLED_SECONDS = 0.3
"""For so long it is not asked what a job takes: the first ones load or compile what the others find ready."""


class OwnHand:
    """Runs jobs in this process as long as that is quicker than starting workers, and short ones beside them.

    Only jobs that the task says may run `here`; the process would die of a job that kills.

    Args:
        task: what the jobs are for; it may have `here(job) -> bool`.
    """

    def __init__(self, task: Callable[[Any], Any]) -> None:
        self._task = task
        self._may_here: Callable[[Any], bool] | None = getattr(task, "here", None)
        self._started = time.perf_counter()
        self._done, self._seconds, self._last = 0, 0.0, 0.0

    def may(self, job: Any) -> bool:
        """Whether the job may run in this process."""
        return self._may_here is not None and self._may_here(job)

    def suffices(self, left: int, workers: int) -> bool:
        """Whether workers would take longer to start than they would save."""
        if workers == 1 or self._done < 2 or time.perf_counter() - self._started < SETTLED_SECONDS:
            return True
        return left * self._seconds / (self._done - 1) < 2 * START_SECONDS

    @property
    def helps(self) -> bool:
        """Whether it goes on beside workers: it has done short jobs."""
        return self._done > 1 and self._last < SHORT_SECONDS

    def result(self, job: Any) -> Any:
        """Run a job."""
        start = time.perf_counter()
        result = self._task(job)
        self._last = time.perf_counter() - start
        self._seconds += self._last if self._done else 0.0  # the first one warms up
        self._done += 1
        return result


def alone(hand: OwnHand, waiting: deque[Any], workers: int) -> bool:
    """Whether this process does the next of the waiting jobs without any worker."""
    return bool(waiting) and hand.may(waiting[0].job) and hand.suffices(len(waiting), workers)
