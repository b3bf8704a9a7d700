"""Datasets that take over the classes of Cityscapes, and sometimes its label ids.

The table of classes is that of `boundary_bench.bench.datasets.cityscapes`. Where files hold Cityscapes' label ids,
training ids in their place are found out: nearly all of them are label ids, too, of other classes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from boundary_bench.bench.datasets.cityscapes import CLASSES, COLOURS
from boundary_bench.bench.datasets.cityscapes import LABEL_IDS as _LABEL_IDS
from boundary_bench.bench.datasets.files import Entry, SemanticFiles
from boundary_bench.bench.datasets.folders import folders_in, image_files
from boundary_bench.bench.datasets.layouts.tree import FileSpace, label_files
from boundary_bench.bench.datasets.video import stretches
from boundary_bench.bench.errors import InputError, Problem
from boundary_bench.bench.formats.labels.label_space import LabelSpace
from boundary_bench.bench.plugins.protocols import Sample

LABEL_IDS = {raw: train if 0 <= train < len(CLASSES) else -1 for raw, train in _LABEL_IDS.items()}
"""Label id -> training id; -1 for what is not scored."""
TRAIN_SUFFIX = "_labelTrainIds"

TRAIN_SPACE = FileSpace(
    len(CLASSES), other=range(34), hint="these look like Cityscapes' label ids: the files should hold training ids"
)
LABEL_SPACE = FileSpace(len(CLASSES), LABEL_IDS)

FEWEST_DRIVES = 5
"""Sequences from which those are what is resampled; of fewer, stretches are, since two or three units say nothing."""
STRETCH = 10
"""Frames of such a stretch. They lie seconds apart, so that it is long against the time for which a street is seen."""


class StreetFiles(SemanticFiles):
    """A split with the 19 classes of Cityscapes."""

    def __init__(
        self, entries: Iterable[Entry], *, name: str, split: str, label_ids: Mapping[int, int] = LABEL_IDS
    ) -> None:
        super().__init__(entries, name=name, split=split, classes=CLASSES, colours=COLOURS, label_ids=label_ids)

    def check(self, *, images: bool = False) -> list[Problem]:
        """Binary masks, or training ids in the place of label ids, see `SemanticFiles.check`."""
        first = self._first_of_label_ids()
        seen = frozenset[int]().union(*self._seen.values())
        if first is None or 255 not in seen or not seen <= {*range(len(CLASSES)), 255}:
            return super().check(images=images)
        hint = f"there is no sky, plant, person or car in them all: {255} for void is that of training ids"
        return [Problem(str(first.parent), "ids 0..18 and 255 only, as of training ids", "label ids 0..33", hint)]

    def notes(self) -> list[str]:
        """What was taken for granted about files and ids."""
        seen = sorted(frozenset[int]().union(*self._seen.values()) - {255})
        if self._first_of_label_ids() is None or not seen or seen[-1] >= len(CLASSES):
            return super().notes()
        return [*super().notes(), f"no label id is above {seen[-1]}: these may be training ids"]

    def _first_of_label_ids(self) -> Path | None:
        return next(
            (each.truth for each in self._entries.values() if each.truth and LABEL_IDS.keys() <= each.space.raw.keys()),
            None,
        )


GT_SPACES = {"_gt_labelIds": LABEL_SPACE, "_gt_labelTrainIds": TRAIN_SPACE}
"""Endings of the label files of ACDC and Dark Zurich; label ids go first."""
IMAGE_ENDING = "_rgb_anon"
PARTS = ("gt", "rgb_anon")


@dataclass(frozen=True, slots=True)
class _Frame:
    """A label file, an image or both, of a sequence; `name` is their common name."""

    group: str
    sequence: str
    name: str
    truth: tuple[Path, LabelSpace] | None
    image: Path | None


def has_drives(root: Path, folder: str) -> bool:
    """Whether there are sequences below `gt/{folder}` or `rgb_anon/{folder}`."""
    return any(folders_in(root / part / folder) for part in PARTS)


def splits_of(root: Path, folder: str = "") -> list[str]:
    """Splits in a folder of `gt` or `rgb_anon`, without those of reference images."""
    return sorted({name for part in PARTS for name in folders_in(root / part / folder) if not name.endswith("_ref")})


def drives(root: Path, folders: Mapping[str, str], layout: str) -> tuple[list[Entry], list[str]]:
    """Samples of layouts that hold `rgb_anon/{folder}/{sequence}/{id}_rgb_anon.png` and `gt/{folder}/{sequence}/...`.

    Each sequence is a cluster; of few sequences, each stretch of successive frames.

    Args:
        root: the dataset's root.
        folders: folder below `gt` and `rgb_anon` -> the group of its samples.
        layout: the whole tree in one line.

    Returns:
        Samples of all sequences, by id, and a note on images without a label file. Where there is no label file at
        all, those with an image, so that they can be refined.

    Raises:
        InputError: no files.
    """
    every = [frame for folder, group in folders.items() for frame in _frames(root, folder, group)]
    if not every:
        raise InputError(Problem(", ".join(str(root / "gt" / each) for each in folders), "no label files", layout))
    frames = [frame for frame in every if frame.truth] or every
    counts = Counter(frame.name for frame in frames)
    of = {f"{f.group}/{f.sequence}/{f.name}" if counts[f.name] > 1 else f.name: f for f in frames}
    clusters = {name: f"{frame.group}/{frame.sequence}" for name, frame in of.items()}
    if len(set(clusters.values())) < FEWEST_DRIVES:
        clusters = stretches(of, STRETCH)
    extra = len(every) - len(frames)
    notes = [f"{root / 'rgb_anon'}: {extra} images have no label file and are not used"] if extra else []
    return [_entry(name, frame, clusters[name]) for name, frame in sorted(of.items())], notes


def _frames(root: Path, folder: str, group: str) -> Iterator[_Frame]:
    labels, photos = (root / part / folder for part in PARTS)
    for sequence in sorted({*folders_in(labels), *folders_in(photos)}):
        truths = label_files(labels / sequence, GT_SPACES) if (labels / sequence).is_dir() else {}
        images = image_files(photos / sequence, IMAGE_ENDING)
        for name in sorted({*truths, *images}):
            yield _Frame(group, sequence, name, truths.get(name), images.get(name))


def _entry(name: str, frame: _Frame, cluster: str) -> Entry:
    path, space = frame.truth or (None, TRAIN_SPACE)
    return Entry(Sample(name, group=frame.group, cluster=cluster), path, space, frame.image)
