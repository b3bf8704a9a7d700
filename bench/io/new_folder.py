"""A folder that takes its place only when all in it is written."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from boundary_bench.bench.errors import InputError, Problem


@contextmanager
def new_folder(folder: Path) -> Iterator[Path]:
    """A folder to write to that takes its place only when all is written.

    Raises:
        InputError: there is something in its place.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        found = "a folder with something in it" if folder.is_dir() else "a file"
        raise InputError(Problem(str(folder), found, "a new or an empty folder"))
    folder.parent.mkdir(parents=True, exist_ok=True)
    staging = folder.with_name(f".{folder.name}.{os.getpid()}.tmp")
    staging.mkdir()
    try:
        yield staging
        if folder.exists():
            folder.rmdir()
        staging.rename(folder)
    except BaseException:
        shutil.rmtree(staging)
        raise
