"""Which file of a folder belongs to which sample."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from unicodedata import normalize

from boundary_bench.bench.errors import InputError, Problem
from boundary_bench.bench.formats.pairing import NamePattern, key_of, pair
from boundary_bench.bench.io.json_file import json_stem


class FileIndex:
    """Files of one kind below a folder, by the sample they belong to.

    A file belongs to the sample whose id is its path below the folder without its ending, or its name alone, or either
    up to one of its underscores: `{id}.png`, `{id}_pred.png`, `any/folder/{id}_leftImg8bit.png`. Where no file is found
    so, names may differ by a constant beginning or ending, see `boundary_bench.bench.formats.pairing`. Of several for
    one sample, `{id}{suffix}` goes first, then names that end in `prefer`; files and folders whose names begin with a
    dot are not seen.

    Args:
        folder: where to look, folders in it included.
        suffix: `.png`, in any case, or several.
        ids: the samples of the split.
        prefer: end of the name before the suffix, e.g. `_labelIds`; "" for no preference.
        pattern: names of the files, such as `{id}_pred.png`; "" to find out.

    Raises:
        InputError: no such folder, no file with the suffix in it, a pattern that is none, or names that could be paired
            in several ways.
    """

    def __init__(
        self,
        folder: str | Path,
        suffix: str | Collection[str],
        ids: Collection[str],
        *,
        prefer: str = "",
        pattern: str = "",
    ) -> None:
        self.folder, self.suffixes = Path(folder), (suffix,) if isinstance(suffix, str) else tuple(sorted(suffix))
        self.unmatched: list[Path] = []
        self._prefer, self._note = prefer, ""
        self._found: Mapping[str, list[Path]] = {}
        paths = {path.relative_to(self.folder).as_posix(): path for path in self._files()}
        self._match(paths, ids, NamePattern(pattern, "--prediction-name") if pattern else None)

    @property
    def suffix(self) -> str:
        """The endings, for messages."""
        return ", ".join(self.suffixes)

    def __contains__(self, sample_id: str) -> bool:
        return sample_id in self._found

    def path(self, sample_id: str) -> Path:
        """The one file of a sample.

        Raises:
            InputError: there is none, or two could be meant.
        """
        found = self._found.get(sample_id, [])
        exact = [path for path in found if key_of(path.name) == sample_id.rpartition("/")[2]]
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
                f"{sample_id}{self.suffix}" if len(self.suffixes) == 1 else f"{sample_id} with {self.suffix}",
            )
        )

    @property
    def matched(self) -> list[Path]:
        """All files that belong to a sample, in the order of their paths."""
        return sorted(path for paths in self._found.values() for path in paths)

    def names_unmatched(self) -> list[str]:
        """Files that belong to no sample, by their path below the folder."""
        return [path.relative_to(self.folder).as_posix() for path in self.unmatched]

    def notes(self) -> list[str]:
        """How names were paired where they are not equal, and files that are not used."""
        notes = [self._note] if self._note else []
        if self.unmatched:
            example = self.unmatched[0].relative_to(self.folder)
            kinds = ", ".join(sorted({path.suffix.lower() for path in self.unmatched}))
            notes.append(f"{len(self.unmatched)} {kinds} files belong to no sample of the split, e.g. {example}")
        return notes

    def _match(self, paths: Mapping[str, Path], ids: Collection[str], pattern: NamePattern | None) -> None:
        names = {normalize("NFC", each): each for each in ids}
        of = {each: (pattern.id_of(each) if pattern else sample_of(key_of(each), names)) for each in paths}
        found: dict[str, list[Path]] = defaultdict(list)
        for each, sample in of.items():
            if sample in names:
                found[names[sample]].append(paths[each])
        self._found = found or ({} if pattern else self._paired(paths, list(ids)))
        used = {path for each in self._found.values() for path in each}
        self.unmatched = [path for path in paths.values() if path not in used]

    def _paired(self, paths: Mapping[str, Path], ids: list[str]) -> Mapping[str, list[Path]]:
        keys = {key_of(each): path for each, path in paths.items()}
        paired = pair(ids, keys, str(self.folder)) if ids else None
        if paired is None:
            return {}
        self._note = paired.note
        return {name: [keys[key]] for name, key in paired.files.items()}

    def _files(self) -> list[Path]:
        files = files_below(self.folder, self.suffix)
        matching = [path for path in files if path.suffix.lower() in self.suffixes]
        if not matching:
            kinds = Counter(path.suffix or "no suffix" for path in files).most_common(3)
            hint = "there are " + ", ".join(f"{count} {kind}" for kind, count in kinds) if kinds else ""
            found = f"no {self.suffix} file" if files else "an empty folder"
            raise InputError(Problem(str(self.folder), found, f"{self.suffix} files named by sample", hint))
        return sorted(matching)

    def forget(self, unwanted: Callable[[Path], bool]) -> None:
        """Treat files as if they were not there."""
        self.unmatched = [path for path in self.unmatched if not unwanted(path)]
        kept = {sample: [path for path in paths if not unwanted(path)] for sample, paths in self._found.items()}
        self._found = {sample: paths for sample, paths in kept.items() if paths}

    def drop_rivals(self, unwanted: Callable[[Path], bool]) -> None:
        """Of the files of a sample that has several, forget those that are unwanted, unless all of them are."""
        self._found = {
            sample: [path for path in paths if len(paths) == 1 or not unwanted(path)] or paths
            for sample, paths in self._found.items()
        }


def files_below(folder: Path, kind: str) -> list[Path]:
    """All files below a folder but those whose name, or whose folder's, begins with a dot.

    Links are followed, as cities are often linked into place; a folder that is met again is not walked again.

    Raises:
        InputError: there is no such folder; `kind` says what should be in it.
    """
    if not folder.is_dir():
        found = "a file" if folder.exists() else "no such folder"
        raise InputError(Problem(str(folder), found, f"a folder of {kind} files"))
    return list(_walk(folder))


def folder_name(folder: str | Path, split: str) -> str:
    """Name of predictions: a file's stem, a folder's name, or its parent's where that is the split."""
    resolved = Path(folder).resolve()
    if resolved.is_file():
        return json_stem(resolved)
    return resolved.parent.name if resolved.name == split and resolved.parent.name else resolved.name


def sample_of(key: str, ids: Collection[str]) -> str | None:
    """The sample that a file belongs to, by its key, see `boundary_bench.bench.formats.pairing`; None: to none."""
    for name in (key, key.rpartition("/")[2]):
        stem = name
        while stem and stem not in ids:
            stem = stem.rpartition("_")[0]
        if stem:
            return stem
    return None


def _walk(folder: Path) -> Iterator[Path]:
    seen: set[tuple[int, int]] = set()
    for parent, folders, files in os.walk(folder, followlinks=True):
        status = os.stat(parent)
        if (status.st_dev, status.st_ino) in seen:
            folders.clear()
            continue
        seen.add((status.st_dev, status.st_ino))
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(parent, name) for name in files if not name.startswith("."))
