"""`bench run`, interrupted at random times and taken up again by the call that it prints; in children of this process.

What a fresh interpreter takes to import is paid once: each trial is a fork. Prints a line of JSON for each trial.
"""

from __future__ import annotations

import json
import os
import random
import shlex
import signal
import sys
import time
import traceback
from contextlib import redirect_stdout
from pathlib import Path
from typing import NoReturn

import yaml

import boundary_bench.bench.engine.runner
import boundary_bench.bench.report.figures
from boundary_bench.bench.cli import main
from boundary_bench.bench.cli.measure.run import run_and_report
from boundary_bench.bench.config.experiment import load_experiment
from boundary_bench.bench.results.store import Store
from tests.bench.worlds import document

TABLES = tuple(f"comparison.{kind}" for kind in ("md", "tex", "csv", "html", "json"))


def trials(folder: Path, count: int, seed: int) -> None:
    path = folder / "experiment.yaml"
    slow = {"name": "tests.faults.world:Slow", "label": "slow", "seconds": 0.01, "sign": str(folder / "sign")}
    path.write_text(yaml.safe_dump(document(folder, refiners=["identity", slow])))
    with redirect_stdout(sys.stderr):
        run_and_report(load_experiment(path), again="")  # all is imported, and what can be remembered is
    start = time.monotonic()
    code, text = _ended(_forked(["run", str(path), "--output", str(folder / "undisturbed")]))
    seconds = time.monotonic() - start
    assert code == 0, text
    expected = _tables(folder / "undisturbed")
    rng = random.Random(seed)
    for trial in range(count):
        out = folder / f"out{trial}"
        print(json.dumps(_trial(path, out, rng.uniform(0, seconds)) | {"same": _tables(out) == expected}))


def _trial(experiment: Path, out: Path, delay: float) -> dict[str, object]:
    """Exit code and seconds of the interrupted run, what it left, and what there is in the end."""
    child, said = _forked(["run", str(experiment), "--output", str(out)])
    time.sleep(delay)
    start = time.monotonic()
    os.kill(child, signal.SIGINT)
    code, text = _ended((child, said))
    seconds = time.monotonic() - start
    kept, whole = _identities(out), all((out / name).exists() for name in TABLES)
    again = [line.partition("resume with: bench ")[2] for line in text.splitlines() if "resume with: bench " in line]
    arguments = shlex.split(again[0]) if again else ["run", str(experiment), "--output", str(out), "--resume"]
    resumed, _ = _ended(_forked(arguments))
    rows = _identities(out)
    lost = len(set(kept) - set(rows))
    return {
        "code": code, "seconds": seconds, "told": bool(again), "kept": len(kept), "whole": whole, "resumed": resumed,
        "rows": len(rows), "identities": len(set(rows)), "lost": lost, "text": text,
    }  # fmt: skip


def _identities(out: Path) -> list[str]:
    """Of every row of every shard, as often as it is there."""
    if not Store.is_run(out):
        return []
    store = Store.open(out)
    found = [row.identity for shard in sorted((out / "shards").glob("*.parquet")) for row in store._read(shard)]
    assert store.notes == []
    return found


def _tables(out: Path) -> list[bytes]:
    return [(out / name).read_bytes() for name in TABLES]


def _forked(arguments: list[str]) -> tuple[int, Path]:
    """A child that calls `bench`, and the file that it writes to."""
    said = Path(os.environ["TRIAL_OUTPUT"])
    sys.stdout.flush()  # or the child would have it too
    # A child that is interrupted before it is ready would run on as this process.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    child = os.fork()
    if not child:
        _live(arguments, said)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    return child, said


def _live(arguments: list[str], said: Path) -> NoReturn:
    """What a child does all its life, in which it is interrupted at most once."""
    code = 70
    try:
        code = _called(arguments, said)
        _flush()
    except KeyboardInterrupt:  # before the program was there to catch it, or after it was
        code = 130
        _flush()
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def _called(arguments: list[str], said: Path) -> int:
    """Exit code of `bench`, which writes to a file."""
    with open(said, "wb") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    sys.argv = ["bench", *arguments]
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    try:
        main()
    except SystemExit as stop:
        return int(stop.code or 0)
    return 0


def _flush() -> None:
    sys.stdout.flush()
    sys.stderr.flush()


def _ended(started: tuple[int, Path]) -> tuple[int, str]:
    _, status = os.waitpid(started[0], 0)
    return os.waitstatus_to_exitcode(status), started[1].read_text()


if __name__ == "__main__":
    # Figures take longer than all else together, and are drawn from what is there by then.
    boundary_bench.bench.report.figures.draw_all = lambda *_args, **_options: []
    boundary_bench.bench.engine.runner.FLUSH_SECONDS = 0.02
    trials(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
