"""Files of a layout: folders that must be there, lists of splits, label files and images by sample."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from boundary_bench.bench.datasets.files import Entry
from boundary_bench.bench.datasets.own_files import id_lines
from boundary_bench.bench.errors import InputError, Problem, did_you_mean, examples
from boundary_bench.bench.formats.labels.label_space import LabelSpace
from boundary_bench.bench.formats.raster.image import IMAGE_SUFFIXES
from boundary_bench.bench.plugins.protocols import Sample

ALL = "all"
"""The split that takes every label file, where lists of splits may be absent."""

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


def folder_of(root: Path, below: str, layout: str, *, split: str = "", splits: Iterable[str] = ()) -> Path:
    """A folder of the layout.

    Args:
        root: the root as given.
        below: the folder's path below it.
        layout: the whole tree in one line.
        split: the split that the path names, "" where it names none.
        splits: the splits that are there.

    Raises:
        InputError: no such folder; the message says what is there.
    """
    if not root.is_dir():
        raise InputError(Problem(str(root), "no such folder", f"the root of a dataset: {layout}"))
    folder = root / below
    if folder.is_dir():
        return folder
    raise InputError(Problem(str(folder), "no such folder", layout, _hint(root, below, split, sorted(set(splits)))))


def _hint(root: Path, below: str, split: str, splits: Sequence[str]) -> str:
    if splits:
        return did_you_mean(split, splits) or f"splits there: {', '.join(splits)}"
    first = Path(below).parts[0]
    for pattern in (f"*/{first}", f"*/*/{first}"):
        if near := [path.parent for path in sorted(root.glob(pattern)) if path.is_dir()]:
            return f"did you mean the root {near[0]}?"
    if (root.parent / first).is_dir():
        return f"did you mean the root {root.parent}?"
    there = next(folder for folder in (root / below, *(root / below).parents) if folder.is_dir())
    names = [path.name for path in sorted(there.iterdir()) if not path.name.startswith(".")]
    return f"{there} holds {examples(names) or 'nothing'}"


def folders_in(folder: Path) -> list[str]:
    """Names of the folders in a folder, sorted; none where there is no such folder."""
    there = folder.iterdir() if folder.is_dir() else ()
    return sorted(path.name for path in there if path.is_dir() and not path.name.startswith("."))


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


def require_labels(truths: Truths, folder: Path, layout: str) -> None:
    """Raise InputError unless there are label files; `folder` is where they were looked for."""
    if not truths:
        names = [path.name for path in sorted(folder.iterdir()) if not path.name.startswith(".")]
        raise InputError(Problem(str(folder), "no label files", layout, f"it holds {examples(names) or 'nothing'}"))


def image_files(folder: Path, ending: str = "") -> dict[str, Path]:
    """The image of each sample in a folder, by its name without `ending` and suffix; none without such a folder.

    Raises:
        InputError: two images for one sample.
    """
    found: dict[str, Path] = {}
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if path.name.startswith(".") or path.suffix.lower() not in IMAGE_SUFFIXES or not path.stem.endswith(ending):
            continue
        name = path.stem.removesuffix(ending)
        if name in found:
            also = f"a second image of that name beside {found[name].name}"
            raise InputError(Problem(str(path), also, "one for a sample"))
        found[name] = path
    return found


def unlabelled(images: Mapping[str, Path], truths: Collection[str], folder: Path) -> list[str]:
    """A note on images that have no label file; none where all have one."""
    extra = len(images.keys() - set(truths))
    return [f"{folder}: {extra} images have no label file and are not used"] if extra else []


def read_list(path: Path, ending: str = "") -> list[str]:
    """Ids of a split: the first word of each line, without folders, suffix and `ending`.

    Raises:
        InputError: no readable file, or no ids in it.
    """
    words = [Path(line.split()[0].replace("\\", "/")) for line in id_lines(path)]
    names = (word.stem if word.suffix.lower() in IMAGE_SUFFIXES else word.name for word in words)
    return list(dict.fromkeys(name.removesuffix(ending) for name in names))


def listed(root: Path, split: str, truths: Truths, folder: Path, ending: str = "") -> Truths:
    """Those of the label files that `root/{split}.txt` lists; every one for the split `all`.

    Raises:
        InputError: no such list, or ids in it without a label file.
    """
    if split == ALL:
        return truths
    path = root / f"{split}.txt"
    if not path.is_file():
        lists = [each.stem for each in sorted(root.glob("*.txt")) if each.stem in ("train", "val", "test")]
        hint = did_you_mean(split, [*lists, ALL])
        allowed = f"{ALL}, every label file" + "".join(f", {name}" for name in lists)
        raise InputError(
            Problem(str(path), "no such list", allowed, hint or "a split is a text file of ids in the root")
        )
    return require_listed(read_list(path, ending), truths, path, folder)


def listed_labels(root: Path, below: str, spaces: Mapping[str, LabelSpace], layout: str, split: str) -> Truths:
    """The label files of a split, of a layout that has all of them in one folder.

    Raises:
        InputError: as of `folder_of`, `require_labels` and `listed`.
    """
    folder = folder_of(root, below, layout)
    truths = label_files(folder, spaces)
    require_labels(truths, folder, layout)
    return listed(root, split, truths, folder)


def require_listed(ids: Sequence[str], truths: Truths, path: Path, folder: Path) -> Truths:
    """The label files of ids; InputError names those that have none."""
    if missing := [name for name in ids if name not in truths]:
        found = f"no label file for {len(missing)} of {len(ids)} ids of {path.name}: {examples(missing)}"
        raise InputError(Problem(str(folder), found, "a label PNG for each"))
    return {name: truths[name] for name in sorted(ids)}


def entries(truths: Truths, images: Mapping[str, Path], clusters: Mapping[str, str] | None = None) -> list[Entry]:
    """Samples without a group, by id."""
    of = clusters or {}
    return [
        Entry(Sample(name, cluster=of.get(name)), path, space, images.get(name))
        for name, (path, space) in sorted(truths.items())
    ]
