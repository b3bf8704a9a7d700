"""Label files of a layout, by sample: what they hold, and samples of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from boundary_bench.bench.datasets.files import Entry
from boundary_bench.bench.datasets.folders import folder_of, listed, require_files
from boundary_bench.bench.errors import Problem
from boundary_bench.bench.formats.labels.label_space import LabelSpace
from boundary_bench.bench.plugins.protocols import Sample

Truths = Mapping[str, tuple[Path, LabelSpace]]
"""id -> label file and what it holds."""


class FileSpace(LabelSpace):
    """Ids in a layout's own label files.

    Args:
        classes, raw, void: as of `LabelSpace`.
        other: ids that files of another kind hold.
        hint: what a file is that holds only those.
    """

    def __init__(
        self,
        classes: int,
        raw: Mapping[int, int] | None = None,
        *,
        void: Collection[int] | None = None,
        other: Collection[int] = (),
        hint: str = "",
    ) -> None:
        super().__init__(classes, raw, void=void)
        self._other, self._text = list(other), hint

    def problem(self, where: str, ids: NDArray[np.int64]) -> Problem | None:
        """Problem with a file that holds these ids; None if there is none."""
        found = super().problem(where, ids)
        return found and replace(found, hint=self._text if np.isin(ids, self._other).all() else "")


def label_files(folder: Path, spaces: Mapping[str, LabelSpace]) -> dict[str, tuple[Path, LabelSpace]]:
    """The label PNG of each sample in a folder.

    Args:
        folder: an existing folder; those in it are not looked into.
        spaces: what stands between id and `.png` -> the ids of such files. Of several files for a sample, that whose
            ending stands first here.
    """
    ranks, found = list(spaces), dict[str, tuple[int, Path]]()
    for path in sorted(folder.iterdir()):
        endings = [ending for ending in ranks if path.stem.endswith(ending)]
        if path.name.startswith(".") or path.suffix.lower() != ".png" or not endings:
            continue
        ending = max(endings, key=len)
        name, rank = path.stem.removesuffix(ending), ranks.index(ending)
        if name not in found or rank < found[name][0]:
            found[name] = rank, path
    return {name: (path, spaces[ranks[rank]]) for name, (rank, path) in sorted(found.items())}


def listed_labels(root: Path, below: str, spaces: Mapping[str, LabelSpace], layout: str, split: str) -> Truths:
    """The label files of a split, of a layout that has all of them in one folder.

    Raises:
        InputError: as of `folder_of`, `require_files` and `listed`.
    """
    folder = folder_of(root, below, layout)
    truths = label_files(folder, spaces)
    require_files(truths, folder, layout)
    return listed(root, split, truths, folder)


def entries(truths: Truths, images: Mapping[str, Path], clusters: Mapping[str, str] | None = None) -> list[Entry]:
    """Samples without a group, by id."""
    of = clusters or {}
    return [
        Entry(Sample(name, cluster=of.get(name)), path, space, images.get(name))
        for name, (path, space) in sorted(truths.items())
    ]
