"""Which file of a folder belongs to which sample."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator
from pathlib import Path

from boundary_bench.bench.errors import InputError, Problem


class FileIndex:
    """Files of one kind below a folder, by the sample they belong to.

    A file belongs to the sample whose id is its name up to the suffix, or up to one of its underscores:
    `{id}.png`, `{id}_pred.png`, `any/folder/{id}_leftImg8bit.png`. Of several for one sample, `{id}{suffix}`
    goes first, then names that end in `prefer`; files and folders whose names begin with a dot are not seen.

    Args:
        folder: where to look, folders in it included.
        suffix: `.png`, in any case; or several of them.
        ids: the samples of the split.
        prefer: end of the name before the suffix, e.g. `_labelIds`; "" for no preference.

    Raises:
        InputError: no such folder, or no file with the suffix in it.
    """

    def __init__(
        self, folder: str | Path, suffix: str | Collection[str], ids: Collection[str], *, prefer: str = ""
    ) -> None:
        self._suffixes = frozenset({suffix} if isinstance(suffix, str) else suffix)
        self.folder, self.suffix = Path(folder), ", ".join(sorted(self._suffixes))
        self.unmatched: list[Path] = []
        self._prefer = prefer
        self._found: dict[str, list[Path]] = defaultdict(list)
        names = frozenset(ids)
        for path in self._files():
            sample = sample_of(path.stem, names)
            (self.unmatched if sample is None else self._found[sample]).append(path)

    def __contains__(self, sample_id: str) -> bool:
        return sample_id in self._found

    def path(self, sample_id: str) -> Path:
        """The one file of a sample.

        Raises:
            InputError: there is none, or two could be meant.
        """
        found = self._found.get(sample_id, [])
        exact = [path for path in found if path.stem == sample_id]
        preferred = [path for path in found if self._prefer and path.stem.endswith(self._prefer)]
        for ranked in (exact, preferred, found):
            if len(ranked) == 1:
                return ranked[0]
            if ranked:
                listed = ", ".join(str(path.relative_to(self.folder)) for path in ranked)
                found_too = f"{listed} for {sample_id}"
                raise InputError(Problem(str(self.folder), found_too, "one file for a sample"))
        raise InputError(
            Problem(
                str(self.folder),
                f"no file for {sample_id}",
                f"{sample_id} with {self.suffix}" if len(self._suffixes) > 1 else f"{sample_id}{self.suffix}",
            )
        )

    def _files(self) -> list[Path]:
        if not self.folder.is_dir():
            found = "a file" if self.folder.exists() else "no such folder"
            raise InputError(Problem(str(self.folder), found, f"a folder of {self.suffix} files"))
        files = list(_walk(self.folder))
        matching = [path for path in files if path.suffix.lower() in self._suffixes]
        if not matching:
            kinds = Counter(path.suffix or "no suffix" for path in files).most_common(3)
            hint = "there are " + ", ".join(f"{count} {kind}" for kind, count in kinds) if kinds else ""
            found = f"no {self.suffix} file" if files else "an empty folder"
            raise InputError(Problem(str(self.folder), found, f"{self.suffix} files named by sample", hint))
        return sorted(matching)

    def notes(self) -> list[str]:
        """Notes on files that are not used."""
        if not self.unmatched:
            return []
        example = self.unmatched[0].relative_to(self.folder)
        kinds = ", ".join(sorted({path.suffix.lower() for path in self.unmatched}))
        return [f"{len(self.unmatched)} {kinds} files belong to no sample of the split, e.g. {example}"]

    def forget(self, unwanted: Callable[[Path], bool]) -> None:
        """Treat files as if they were not there."""
        self.unmatched = [path for path in self.unmatched if not unwanted(path)]
        kept = {sample: [path for path in paths if not unwanted(path)] for sample, paths in self._found.items()}
        self._found = defaultdict(list, {sample: paths for sample, paths in kept.items() if paths})

    def drop_rivals(self, unwanted: Callable[[Path], bool]) -> None:
        """Of the files of a sample that has several, forget those that are unwanted, unless all of them are."""
        for sample_id, paths in self._found.items():
            if len(paths) > 1:
                self._found[sample_id] = [path for path in paths if not unwanted(path)] or paths


def folder_name(folder: str | Path, split: str) -> str:
    """Name of predictions: a file's stem, a folder's name, or its parent's where that is the split."""
    resolved = Path(folder).resolve()
    if resolved.is_file():
        return resolved.stem
    return resolved.parent.name if resolved.name == split and resolved.parent.name else resolved.name


def _walk(folder: Path) -> Iterator[Path]:
    # Cities are often linked into place, so links are followed.
    for parent, folders, files in os.walk(folder, followlinks=True):
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield from (Path(parent, name) for name in files if not name.startswith("."))


def sample_of(stem: str, ids: Collection[str]) -> str | None:
    """The sample that a file's name without suffix belongs to; None where it belongs to none."""
    while stem and stem not in ids:
        stem = stem.rpartition("_")[0]
    return stem or None
