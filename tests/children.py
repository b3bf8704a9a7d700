"""Processes that tests start: they import this checkout, and end with whoever started them, however that ends.

A test run that is killed cannot tidy up. On Linux the kernel does it: what is started here is sent SIGKILL when its
parent is gone. The call below is a program of its own that becomes the one that is wanted, since nothing else may run
between fork and exec in a process that has threads.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parent.parent
SET_PARENT_DEATH_SIGNAL = 1
"""PR_SET_PDEATHSIG of <sys/prctl.h>."""


def environment(**variables: str) -> dict[str, str]:
    """Variables for a Python that imports what the tests import, and the tests themselves."""
    before = os.environ.get("PYTHONPATH")
    path = os.pathsep.join([*([before] if before else []), str(REPOSITORY)])
    return {**os.environ, "PYTHONPATH": path, **variables}


def started(command: Sequence[str | Path], **options: Any) -> subprocess.Popen[Any]:
    """`subprocess.Popen` of a child that does not outlive this process. To be called by a thread that stays."""
    return subprocess.Popen(_bound(command), **{"env": environment(), **options})


def called(command: Sequence[str | Path], **options: Any) -> subprocess.CompletedProcess[Any]:
    """`subprocess.run` of a child that does not outlive this process. To be called by a thread that stays."""
    return subprocess.run(_bound(command), check=False, **{"env": environment(), **options})


def end_with_parent(parent: int) -> None:
    """From now on this process ends when its parent does; at once where that is gone. Elsewhere than on Linux: nothing.

    Args:
        parent: id of the process that is the parent, as long as it is there.
    """
    if sys.platform != "linux":
        return
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(SET_PARENT_DEATH_SIGNAL, signal.SIGKILL):
        raise OSError(ctypes.get_errno(), "PR_SET_PDEATHSIG")
    if os.getppid() != parent:
        os._exit(1)


def _bound(command: Sequence[str | Path]) -> list[str]:
    # Without site and the environment's paths it starts in a few milliseconds.
    return [sys.executable, "-I", "-S", __file__, str(os.getpid()), *map(str, command)]


if __name__ == "__main__":
    end_with_parent(int(sys.argv[1]))
    os.execvp(sys.argv[2], sys.argv[2:])
