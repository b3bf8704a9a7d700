"""Files of somebody's own folders, by the sample that they belong to."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from unicodedata import normalize

from boundary_bench.bench.errors import InputError, Problem, did_you_mean, examples
from boundary_bench.bench.formats.file_index import files_below
from boundary_bench.bench.formats.pairing import NamePattern, core_of, key_of, pair

Pairs = Mapping[str, tuple[Path | None, Path | None]]
"""id -> label map and image; None where there is none."""


@dataclass(frozen=True)
class Files:
    """Files of one kind below a folder.

    Attributes:
        by_id: by key, see `boundary_bench.bench.formats.pairing`, or by what stands for `{id}` in a pattern.
        notes: files that are not used, and how names were paired.
    """

    folder: Path = Path()
    by_id: Mapping[str, Path] = field(default_factory=dict)
    has_pattern: bool = False
    notes: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.by_id)

    @classmethod
    def below(cls, folder: Path, suffixes: Collection[str], pattern: str, option: str) -> Files:
        """All files with these endings, in any case, or those of them that fit a pattern.

        Raises:
            InputError: no such folder, none in it, or two for one sample.
        """
        kind = " ".join(sorted(suffixes))
        paths = {path.relative_to(folder).as_posix(): path for path in sorted(files_below(folder, kind))}
        paths = {name: path for name, path in paths.items() if path.suffix.lower() in suffixes}
        if not paths:
            raise InputError(Problem(str(folder), "no such file in it", f"files that end in {kind}"))
        if not pattern:
            return cls(folder, _each_once(folder, {name: key_of(name) for name in paths}, paths))
        of = NamePattern(pattern, option)
        ids = {name: sample for name in paths if (sample := of.id_of(name)) is not None}
        if not ids:
            raise InputError(Problem(str(folder), f"no name like {pattern!r}: {examples(paths)}", f"another {option}"))
        others = len(paths) - len(ids)
        notes = [f"{folder}: {others} files have no name like {pattern!r} and are not used"] if others else []
        return cls(folder, _each_once(folder, ids, paths), True, notes)

    def paired_with(self, images: Files) -> Pairs:
        """Each label map with its image, by what their names share.

        Raises:
            InputError: images are there, but not one for each label map.
        """
        if not images:
            return {name: (path, None) for name, path in self.by_id.items()}
        pairing = pair(list(self.by_id), images.by_id.keys(), str(images.folder))
        missing = [name for name in self.by_id if pairing is None or name not in pairing.files]
        if pairing is None or missing:
            found = f"no image for {len(missing)} of {len(self.by_id)} label files: {examples(missing)}"
            hint = f"the images are {examples(images.by_id)}; --truth-name and --image-name say how names are made"
            raise InputError(Problem(str(images.folder), found, "an image of the same name for each", hint))
        if pairing.note:
            self.notes.append(f"label files and images are {pairing.note}")
        if extra := len(images.by_id) - len(pairing.files):
            images.notes.append(f"{images.folder}: {extra} images without a label file are not used")
        return {
            core_of(name, pairing.of_names): (self.by_id[name], images.by_id[key])
            for name, key in pairing.files.items()
        }


def folder_of_split(folder: Path, split: str | None) -> Path:
    """The folder of that name in a folder; the folder itself where the split is none, or just a name.

    Raises:
        InputError: there are folders in it, but none of that name.
    """
    if split is None or not folder.is_dir():
        return folder
    if (folder / split).is_dir():
        return folder / split
    if folders := sorted(child.name for child in folder.iterdir() if child.is_dir() and not child.name.startswith(".")):
        hint = did_you_mean(split, folders) or "without --split all of them are taken"
        raise InputError(Problem(f"--split {split}", f"no such folder in {folder}", examples(folders), hint))
    return folder


def chosen(pairs: Pairs, ids: str | Path | None) -> Pairs:
    """Those of the samples that a text file names, one id a line; all without a file.

    Raises:
        InputError: no such file, no id in it, or ids of no sample.
    """
    if ids is None:
        return pairs
    names = [normalize("NFC", line) for line in id_lines(Path(ids))]
    keyed = [name if name in pairs else key_of(name) for name in names]
    if unknown := [name for name in keyed if name not in pairs]:
        found = f"{len(unknown)} of {len(names)} ids of no sample: {examples(unknown)}"
        raise InputError(Problem(str(ids), found, f"ids such as {examples(pairs)}"))
    return {name: pairs[name] for name in dict.fromkeys(keyed)}


def id_lines(path: Path) -> list[str]:
    """The lines of a text file with one id a line, without blanks around them; empty ones are left out.

    Raises:
        InputError: no readable file, or no ids in it.
    """
    allowed = "a text file with one id a line"
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(Problem(str(path), getattr(error, "strerror", None) or "no text in UTF-8", allowed)) from None
    if lines := [line.strip() for line in text.splitlines() if line.strip()]:
        return lines
    raise InputError(Problem(str(path), "no ids", allowed))


def _each_once(folder: Path, ids: Mapping[str, str], paths: Mapping[str, Path]) -> dict[str, Path]:
    found: dict[str, str] = {}
    for name, sample in ids.items():
        if sample in found:
            raise InputError(Problem(str(folder), f"{found[sample]} and {name} for {sample}", "one file for a sample"))
        found[sample] = name
    return {sample: paths[name] for sample, name in found.items()}
