"""Folders that appear under their name only once they are complete."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from boundary_bench.bench.errors import InputError, Problem


@contextmanager
def new_folder(folder: Path) -> Iterator[Path]:
    """Yield a staging folder to write to, renamed to the folder when the block succeeds and removed otherwise.

    Raises:
        InputError: the folder is not empty, or is a file.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        found = "a folder that is not empty" if folder.is_dir() else "a file"
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
