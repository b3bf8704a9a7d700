"""Machine and software versions behind the numbers, and paths that reveal neither a person nor a machine."""

from __future__ import annotations

import os
import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path, PurePath
from typing import Any

DISTRIBUTIONS = (
    "boundary-bench",
    "numpy",
    "scipy",
    "opencv-python-headless",
    "numba",
    "pillow",
    "pandas",
    "pyarrow",
    "pycocotools",
    "torch",
)

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")


def _versions() -> dict[str, str]:
    return {name: found for name in DISTRIBUTIONS if (found := _version(name))}


def portable(value: Any, folder: Path) -> Any:
    """Replace every absolute path in a value.

    A path below the folder, or beside it, becomes relative to it. A path in the folder given by the environment
    variable BENCH_DATA begins with `$BENCH_DATA`. Any other path is cut to its last part, since the rest says more
    about a person's machine than about the data. A scheduler's address is removed.
    """
    if isinstance(value, dict):
        return {key: portable(item, folder) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [portable(item, folder) for item in value]
    if isinstance(value, PurePath):
        return portable(str(value), folder)
    if not isinstance(value, str):
        return value
    # Also handles arguments such as --root=/data or predictions.0.path=/data.
    head, equals, tail = value.rpartition("=")
    return f"{head}{equals}{_portable_path(tail, folder)}"


def _portable_path(text: str, folder: Path) -> str:
    if text.startswith("dask://"):
        return "dask://..."
    path = Path(text).expanduser() if text.startswith("~") else Path(text)
    place, colon, attribute = text.rpartition(":")
    if place.endswith(".py"):
        return f"{_portable_path(place, folder)}{colon}{attribute}"
    if not path.is_absolute():
        return text
    for base, prefix in ((folder, ""), *_data_folder(), (folder.parent, "../")):
        if path.is_relative_to(base) and base != Path(base.anchor):
            return f"{prefix}{path.relative_to(base).as_posix()}"
    return f".../{path.name}"


def _data_folder() -> list[tuple[Path, str]]:
    named = os.environ.get("BENCH_DATA")
    return [(Path(os.path.abspath(named)), "$BENCH_DATA/")] if named else []


def cpu_model() -> str:
    """The processor's name, as reported by the system."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def git_state(root: Path) -> dict[str, Any] | None:
    """Commit of the checkout at root and whether files differ from it; None where root is not a checkout."""
    if not (root / ".git").exists():
        return None
    commit, changes = _git(root, "rev-parse", "HEAD"), _git(root, "status", "--porcelain")
    return None if commit is None else {"commit": commit.strip(), "dirty": bool(changes)}


def _git(root: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", "-C", str(root), *arguments], capture_output=True, text=True, check=True, timeout=10
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout


def _version(distribution: str) -> str | None:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return None
