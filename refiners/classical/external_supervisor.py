"""A script that runs a program with all that it starts, for as long as it may and as anybody waits for it.

Called as `python supervisor.py SECONDS PROGRAM ARGUMENT...`. What the program writes goes to standard error. On
standard output stands in one line how it ended, `done` where all is well. When standard input ends, which it does
however its other end goes away, the program's whole process group is killed; so is what a program that ended has left
running. It is a process of its own because a worker that is killed can clean up nothing.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress


def main(seconds: float, command: Sequence[str]) -> str:
    """Run the command; returns how it ended."""
    try:
        program = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=sys.stderr, start_new_session=True)
    except OSError as error:
        return f"could not be started ({error.strerror})"
    threading.Thread(target=_end_when_left, args=(program,), daemon=True).start()
    # A timer and a plain wait: waiting with a limit looks only every 50 ms.
    late = threading.Event()
    timer = threading.Timer(seconds, _end_as_late, (program, late))
    timer.daemon = True
    timer.start()
    code = program.wait()
    _end(program)
    if late.is_set():
        return f"ran longer than timeout_s, {seconds:g} s"
    if code < 0:
        return f"was ended by {signal.Signals(-code).name}"
    return f"ended with exit code {code}" if code else "done"


def _end_as_late(program: subprocess.Popen[bytes], late: threading.Event) -> None:
    late.set()
    _end(program)


def _end_when_left(program: subprocess.Popen[bytes]) -> None:
    os.read(0, 1)
    _end(program)


def _end(program: subprocess.Popen[bytes]) -> None:
    # Programs that ended have a group as long as anything of theirs runs.
    with suppress(OSError):
        if hasattr(os, "killpg"):
            os.killpg(program.pid, signal.SIGKILL)
        else:
            program.kill()


if __name__ == "__main__":
    sys.stdout.write(main(float(sys.argv[1]), sys.argv[2:]))
