"""What prediction sets that are compared are called."""

from __future__ import annotations

import os
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path

from boundary_bench.bench.errors import InputError, Problem


def labels_of(paths: Sequence[str], split: str) -> list[str]:
    """Names of prediction sets: of their files or folders, with as much of what they lie in as tells them apart."""
    from boundary_bench.bench.formats.file_index import folder_name

    names = [folder_name(path, split) for path in paths]
    if len(set(names)) == len(names):
        return names
    parts = [(*Path(path).resolve().parent.parts, name) for path, name in zip(paths, names, strict=True)]
    while len({each[-1] for each in parts}) == 1 and min(map(len, parts)) > 1:
        parts = [each[:-1] for each in parts]
    length = next((n for n in range(1, max(map(len, parts)) + 1) if len({p[-n:] for p in parts}) == len(parts)), 0)
    return ["/".join(each[-length:]) for each in parts]


def require_different(paths: Sequence[str]) -> None:
    """Raise InputError where two of the paths are one file or folder."""
    for one, other in combinations(paths, 2):
        if one == other or (os.path.exists(one) and os.path.exists(other) and os.path.samefile(one, other)):
            raise InputError(Problem("what to compare", f"{other} twice", "files or folders that differ"))
