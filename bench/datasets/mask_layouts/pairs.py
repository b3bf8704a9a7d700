"""Masks of a layout and their images, by sample, and the base of these layouts."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from boundary_bench.bench.datasets.binary_files import BinaryFiles, MaskEntry
from boundary_bench.bench.datasets.folders import files_by_id, folder_of, holding, unlabelled
from boundary_bench.bench.errors import InputError, Problem, did_you_mean
from boundary_bench.bench.formats.masks.mask_files import MASK_SUFFIXES
from boundary_bench.bench.formats.masks.threshold import MIDDLE
from boundary_bench.bench.formats.raster.image import IMAGE_SUFFIXES
from boundary_bench.bench.plugins.protocols import Sample

SALIENCY: Final = ("f_measure", "weighted_f", "mean_absolute_error", "s_measure", "e_measure")
"""Metrics that papers on salient and on camouflaged objects report."""
ABOVE_128: Final = ">128"
"""The threshold of CascadePSP's and ClickSEG's own readers of masks."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """Where the masks of a split lie, and their images, both below the root.

    Attributes:
        truth: names of masks, such as `DIS-VD/gt/{id}.png`.
        images: names of images, of which some or all folders may be absent. Where they share the masks' folder and
            differ from them by the suffix alone, masks are those with the suffix of `truth`.
    """

    truth: str
    images: tuple[str, ...]

    @property
    def folder(self) -> str:
        """Folder of the masks below the root, "" for the root itself."""
        return self.truth.rpartition("/")[0]


Splits = Mapping[str, Sequence[Pairs]]
"""Split -> forms in which it is found, the preferred one first."""


@dataclass(frozen=True, slots=True)
class Part:
    """Files of one folder of masks, by the ids of samples.

    Attributes:
        folder: of the masks.
        places: all folders that the part lies in.
        group: of its samples.
    """

    truths: Mapping[str, Path]
    images: Mapping[str, Path]
    folder: Path
    places: Sequence[Path]
    group: str = ""

    def only(self, ids: Collection[str]) -> Part:
        """The part of it that these ids have, of which some may have no mask or no image."""
        truths, images = ({each: of[each] for each in of if each in ids} for of in (self.truths, self.images))
        return replace(self, truths=truths, images=images)

    def notes(self) -> list[str]:
        """Images that have no mask."""
        return unlabelled(self.images, self.truths, self.folder, "mask")


class MaskLayout(BinaryFiles):
    """Masks and images of a layout; satisfies `boundary_bench.bench.plugins.protocols.Dataset`.

    Args:
        root: the root as given.
        parts: the folders of the split.
        name, split, metrics, threshold: as of `BinaryFiles`.
        cluster: what an id shares with those of dependent samples; None for independent ones.
        coarse: names of coarse masks in the first part's folder, such as `{id}_seg.png`; "" where there are none.
    """

    def __init__(
        self,
        root: Path,
        parts: Sequence[Part],
        *,
        name: str,
        split: str,
        metrics: Sequence[str],
        threshold: str = MIDDLE,
        cluster: Callable[[str], str] | None = None,
        coarse: str = "",
    ) -> None:
        entries = {
            each: MaskEntry(Sample(each, part.group, cluster and cluster(each)), path, part.images.get(each))
            for part in parts
            for each, path in part.truths.items()
        }
        in_order = [entries[each] for each in sorted(entries)]
        super().__init__(in_order, name=name, split=split, metrics=metrics, threshold=threshold)
        self._notes += [note for part in parts for note in part.notes()]
        self._coarse, self._folder = coarse, parts[0].folder.resolve()
        self._own = set(_between(root, [place for part in parts for place in (part.folder, *part.places)]))

    def coarse_name(self, folder: Path) -> str:
        """Names of coarse masks in a folder of the dataset itself; "" for any other folder.

        Raises:
            InputError: the dataset's own folder, which holds no coarse masks but the truth.
        """
        given = folder.resolve()
        if given not in self._own:
            return ""
        if not self._coarse or not self._folder.is_relative_to(given):
            raise InputError(Problem(str(folder), f"the files of {self.name} itself", "a folder of predictions"))
        return (self._folder.relative_to(given) / self._coarse).as_posix()


def part_of(root: Path, pairs: Pairs, *, keep: str = "", group: str = "", before: str = "") -> Part:
    """The files of one folder.

    Args:
        root: what the names of `pairs` are below.
        pairs: the names.
        keep: beginning of names that belong to the dataset.
        group: of its samples.
        before: what ids begin with besides the files' names.

    Raises:
        InputError: two files for one sample.
    """

    def files(pattern: str, suffixes: Collection[str], what: str) -> Mapping[str, Path]:
        folder, ending, _ = _parsed(root, pattern)
        found = files_by_id(folder, ending, suffixes, what)
        return {before + each: path for each, path in found.items() if each.startswith(keep)}

    folder, ending, suffix = _parsed(root, pairs.truth)
    mixed = any(_parsed(root, image)[:2] == (folder, ending) for image in pairs.images)
    truths = files(pairs.truth, {suffix} if mixed else MASK_SUFFIXES, "mask")
    images: dict[str, Path] = {}
    for image in pairs.images:
        images |= files(image, IMAGE_SUFFIXES - {suffix} if mixed else IMAGE_SUFFIXES, "image")
    return Part(truths, images, folder, [_parsed(root, image)[0] for image in pairs.images], group)


def split_part(
    name: str, root: Path, split: str, splits: Splits, layout: str, *, keep: str = "", group: str = ""
) -> Part:
    """The files of a split, in the first of its forms that has masks.

    Raises:
        InputError: no such root, split, folder or mask; the message says which splits are there.
    """
    parts = (part_of(root, pairs, keep=keep, group=group) for pairs in splits.get(split, ()))
    if part := next((part for part in parts if part.truths), None):
        return part
    there = [each for each, forms in splits.items() if any(part_of(root, pairs, keep=keep).truths for pairs in forms)]
    forms = splits[split] if split in splits else next(iter(splits.values()))
    found = next((pairs for pairs in forms if (root / pairs.folder).is_dir()), forms[0])
    raise no_masks(name, root, split, splits, layout, there=there, below=found.folder)


def no_masks(
    name: str, root: Path, split: str, splits: Collection[str], layout: str, *, there: Sequence[str], below: str
) -> InputError:
    """Why a split has no masks.

    Args:
        name: of the dataset.
        root, split: as given.
        splits, there: those that the layout has, and of them those that the root has.
        layout: the whole tree in one line.
        below: path below the root of the folder where masks would lie.

    Raises:
        InputError: no such folder.
    """
    if root.is_dir() and split not in splits:
        hint = did_you_mean(split, there or splits)
        return InputError(Problem(f"split of {name}", repr(split), ", ".join(there or splits), hint))
    folder = folder_of(root, below, layout, splits=there)
    hint = f"splits there: {', '.join(there)}" if there else holding(folder)
    return InputError(Problem(str(folder), "no masks", layout, hint))


def _parsed(root: Path, pattern: str) -> tuple[Path, str, str]:
    """Folder, ending of names before their suffix, and suffix."""
    folder, _, name = pattern.rpartition("/")
    of = Path(name)
    return root / folder, of.stem.removeprefix("{id}"), of.suffix


def _between(root: Path, places: Sequence[Path]) -> Iterator[Path]:
    """The root, these folders, and those between."""
    top = root.resolve()
    for place in places:
        folder = place.resolve()
        while folder != top and folder.is_relative_to(top):
            yield folder
            folder = folder.parent
    yield top
