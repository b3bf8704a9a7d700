"""Folders that a layout must have, files in them by sample, and lists of splits."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from boundary_bench.bench.datasets.own_files import id_lines
from boundary_bench.bench.errors import InputError, Problem, did_you_mean, examples
from boundary_bench.bench.formats.raster.image import IMAGE_SUFFIXES

ALL = "all"
"""The split that takes every label file, where lists of splits may be absent."""

Truth = TypeVar("Truth")
"""What is known of the file of a sample's truth."""


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


def image_files(folder: Path, ending: str = "") -> dict[str, Path]:
    """The image of each sample in a folder, see `files_by_id`."""
    return files_by_id(folder, ending, IMAGE_SUFFIXES, "image")


def files_by_id(folder: Path, ending: str, suffixes: Collection[str], what: str) -> dict[str, Path]:
    """Files of one kind in a folder, by their names without `ending` and suffix; none without such a folder.

    Args:
        folder: those in it are not looked into.
        ending: of names before the suffix, in any case.
        suffixes: in lower case.
        what: such a file is called, for messages.

    Raises:
        InputError: two files for one sample.
    """
    found: dict[str, Path] = {}
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        wanted = path.suffix.lower() in suffixes and path.stem.lower().endswith(ending.lower())
        if path.name.startswith(".") or not wanted:
            continue
        name = path.stem[: len(path.stem) - len(ending)]
        if name in found:
            also = f"a second {what} of that name beside {found[name].name}"
            raise InputError(Problem(str(path), also, "one for a sample"))
        found[name] = path
    return found


def require_files(truths: Collection[str], folder: Path, layout: str) -> None:
    """Raise InputError unless there are label files; `folder` is where they were looked for."""
    if not truths:
        raise InputError(Problem(str(folder), "no label files", layout, holding(folder)))


def holding(folder: Path) -> str:
    """What a folder holds, for messages."""
    names = [path.name for path in sorted(folder.iterdir()) if not path.name.startswith(".")]
    return f"it holds {examples(names) or 'nothing'}"


def unlabelled(images: Collection[str], truths: Collection[str], folder: Path, what: str = "label file") -> list[str]:
    """A note on images that have no file of the truth; none where all have one."""
    extra = len(set(images) - set(truths))
    return [f"{folder}: {extra} images have no {what} and are not used"] if extra else []


def read_list(path: Path, ending: str = "") -> list[str]:
    """Ids of a split: the first word of each line, without folders, suffix and `ending`.

    Raises:
        InputError: no readable file, or no ids in it.
    """
    words = [Path(line.split()[0].replace("\\", "/")) for line in id_lines(path)]
    names = (word.stem if word.suffix.lower() in IMAGE_SUFFIXES else word.name for word in words)
    return list(dict.fromkeys(name.removesuffix(ending) for name in names))


def listed(root: Path, split: str, truths: Mapping[str, Truth], folder: Path, ending: str = "") -> Mapping[str, Truth]:
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
            Problem(str(path), "no such list", allowed, hint or f"a split is a text file of ids in {root}")
        )
    return require_listed(read_list(path, ending), truths, path, folder)


def require_listed(ids: Sequence[str], truths: Mapping[str, Truth], path: Path, folder: Path) -> Mapping[str, Truth]:
    """The label files of ids; InputError names those that have none."""
    if missing := [name for name in ids if name not in truths]:
        found = f"no label file for {len(missing)} of {len(ids)} ids of {path.name}: {examples(missing)}"
        raise InputError(Problem(str(folder), found, "one for each"))
    return {name: truths[name] for name in sorted(ids)}
