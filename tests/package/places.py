"""Places that the package is imported from, and programs that import it from there."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.paths import REPOSITORY

SOURCE = REPOSITORY / "src"
FLOORS = ("metrics", "refiners", "bench")
DIGEST = "from boundary_bench.bench.engine.measuring_code import code_digest; print(code_digest())"
METRIC = """
import boundary_bench
print(boundary_bench.BoundaryF(classes=2, tolerances_px=[1]).definition()["metric"])
"""


def python(*arguments: str | Path, paths: Sequence[Path] = (SOURCE,), cwd: Path) -> subprocess.CompletedProcess[str]:
    """A Python of its own, run to its end in a folder, with folders put before those of the installation."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, paths))}
    command = [sys.executable, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=cwd, env=environment)


def said(*arguments: str | Path, paths: Sequence[Path] = (SOURCE,), cwd: Path) -> str:
    """What such a Python prints; it must end well."""
    done = python(*arguments, paths=paths, cwd=cwd)
    assert done.returncode == 0, done.stderr
    return done.stdout


def git(*arguments: str | Path, cwd: Path) -> None:
    """A git command that knows nobody."""
    who = ["-c", "user.name=nobody", "-c", "user.email=nobody@localhost", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *who, *map(str, arguments)], cwd=cwd, check=True, capture_output=True)
