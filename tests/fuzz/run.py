"""Fuzz readers: `python -m tests.fuzz.run --target NAME --runs N [--seconds S] --corpus DIR`.

Each target runs in a process that ends at 1 GB of memory, or when a single input takes longer than `HANG_SECONDS`.
Prints a row of a table for each; exits with 1 where anything but the project's own error came out.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.fuzz.targets import TARGETS

MEMORY_MB = 1024
HANG_SECONDS = 10
LONGEST_BYTES = 16_384
ALL = "all"
HEADER = "| target | executions | seconds | findings | peak memory, MB |\n|---|---:|---:|---:|---:|"


def main() -> int:
    chosen = arguments()
    names = list(TARGETS) if ALL in chosen.target else chosen.target
    print(HEADER, flush=True)
    findings = 0
    for name in names:
        row, found = fuzzed(name, chosen.runs, chosen.seconds, chosen.corpus / name)
        print(row, flush=True)
        findings += len(found)
        for path in found:
            print(f"{name}: {path}", file=sys.stderr, flush=True)
    return 1 if findings else 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Fuzz readers of files.")
    parser.add_argument("--target", nargs="+", choices=[*TARGETS, ALL], default=[ALL], metavar="NAME", help="which")
    parser.add_argument("--runs", type=int, default=1000, help="executions of each target")
    parser.add_argument("--seconds", type=int, default=0, help="time for each target; 0 for no limit")
    parser.add_argument("--corpus", type=Path, required=True, help="folder for inputs that reached something new")
    return parser.parse_args()


def fuzzed(name: str, runs: int, seconds: int, corpus: Path) -> tuple[str, Sequence[Path]]:
    """A row of the table, and the inputs that were findings."""
    corpus.mkdir(parents=True, exist_ok=True)
    options = [
        f"-runs={runs}",
        f"-max_total_time={seconds}",
        f"-rss_limit_mb={MEMORY_MB}",
        f"-timeout={HANG_SECONDS}",
        f"-max_len={LONGEST_BYTES}",
        f"-artifact_prefix={corpus}/finding-",
        "-print_final_stats=1",
        "-verbosity=0",
    ]
    started = time.monotonic()
    shared_memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=shared_memory if shared_memory.is_dir() else None) as folder:
        command = [sys.executable, "-m", "tests.fuzz.harness", name, folder, str(corpus), *options]
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENCV_LOG_LEVEL": "OFF"}
        done = subprocess.run(command, env=environment, capture_output=True, check=False)
    log = done.stderr.decode(errors="replace")
    found = sorted(findings(corpus))
    if done.returncode and not found:
        (corpus / "finding-log.txt").write_text(log, encoding="utf-8")
        found = [corpus / "finding-log.txt"]
    executions, memory = statistic(log, "number_of_executed_units"), statistic(log, "peak_rss_mb")
    return f"| {name} | {executions} | {time.monotonic() - started:.0f} | {len(found)} | {memory} |", found


def findings(corpus: Path) -> Iterator[Path]:
    return (path for path in corpus.glob("finding-*") if path.suffix != ".txt")


def statistic(log: str, name: str) -> int:
    match = re.search(rf"stat::{name}:\s+(\d+)", log)
    return int(match[1]) if match else 0


if __name__ == "__main__":
    sys.exit(main())
