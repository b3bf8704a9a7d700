"""Samples of somebody's own folders: label files, or masks, and their images."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from boundary_bench.bench.datasets.own_files import Files, chosen, folder_of_split
from boundary_bench.bench.errors import InputError, Problem
from boundary_bench.bench.formats.raster.image import IMAGE_SUFFIXES
from boundary_bench.bench.plugins.protocols import Sample

ALL = "all"
FEWEST_FOLDERS = 5
"""Folders from which images of one folder count as dependent: intervals over fewer say nothing."""


@dataclass(frozen=True, slots=True)
class OwnSamples:
    """Where the files lie and how they are called, as the arguments of a folder's dataset say it."""

    truth: str | Path | None = None
    images: str | Path | None = None
    split: str | None = None
    truth_name: str = ""
    image_name: str = ""
    ids: str | Path | None = None


@dataclass(frozen=True, slots=True)
class FoundSamples:
    """Samples by id, each with the files of its truth and its image; name of the split; remarks on how they pair."""

    entries: Sequence[tuple[Sample, Path | None, Path | None]]
    split: str
    notes: Sequence[str]


def samples_of(given: OwnSamples, suffixes: Collection[str]) -> FoundSamples:
    """The samples of a folder whose truth has these endings.

    Raises:
        InputError: neither truth nor images, no such folder, nothing in it, or names that do not pair.
    """
    if given.truth is None and given.images is None:
        raise InputError(Problem("dataset folder", "neither truth nor images", "truth: FOLDER of label maps or masks"))
    split = None if given.split == ALL else given.split
    truths = _files(given.truth, split, suffixes, given.truth_name, "--truth-name")
    photos = _files(given.images, split, IMAGE_SUFFIXES, given.image_name, "--image-name")
    every = truths.paired_with(photos) if truths else {key: (None, path) for key, path in photos.by_id.items()}
    pairs = chosen(every, given.ids)
    folders = {name.rpartition("/")[0] for name in pairs}
    clustered = len(folders) >= FEWEST_FOLDERS
    entries = [
        (Sample(name, cluster=name.rpartition("/")[0] if clustered else None), path, image)
        for name, (path, image) in sorted(pairs.items())
    ]
    named = Path(given.ids).stem if given.ids is not None and split is None else split or ALL
    return FoundSamples(entries, named, [*truths.notes, *photos.notes])


def _files(folder: str | Path | None, split: str | None, suffixes: Collection[str], pattern: str, option: str) -> Files:
    if folder is None:
        return Files()
    return Files.below(folder_of_split(Path(folder), split), suffixes, pattern, option)
