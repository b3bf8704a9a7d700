"""Anybody's own binary masks: a folder of masks, and where there are any a folder of images.

masks/any/folder/0001.png      truth: 0 background, 255 or 1 object; PNG, JPEG, TIFF, BMP, WebP, .npy, .npz
photos/any/folder/0001.jpg     may be absent: scoring needs the truth alone
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from boundary_bench.bench.datasets.binary_files import BinaryFiles, MaskEntry
from boundary_bench.bench.datasets.own.samples import OwnSamples, samples_of
from boundary_bench.bench.errors import Problem
from boundary_bench.bench.formats.masks.mask_files import MASK_SUFFIXES
from boundary_bench.bench.formats.masks.threshold import MIDDLE

MASKS: Final = "masks of one object: 0 and 255, 0 and 1, or grey levels around edges"


class MaskFolder(BinaryFiles):
    """Binary masks, in a folder.

    Images that lie in at least five folders are clusters by folder, since those of one recording are not independent of
    each other.

    Args:
        truth: folder of masks; None to refine without a truth.
        images: folder of the images; None where nothing needs them.
        threshold: from which level on pixels of the truth belong to the object, see
            `boundary_bench.bench.formats.masks.threshold`.
        ignore: levels in the truth's files that are not scored.
        any_levels: whether truth is taken for masks whatever its levels are; else those that may be ids of classes are
            refused.
        split: a folder in `truth` and `images`, or where these hold no folders just a name. By default all, called
            as the file of ids where there is one.
        truth_name, image_name: names of files, such as `{id}_mask.png`; "" to find out.
        ids: text file with one id a line: the samples of the split; None for all.

    Raises:
        InputError: no such folder, nothing in it, or names that do not pair.
    """

    def __init__(
        self,
        truth: str | Path | None = None,
        images: str | Path | None = None,
        *,
        threshold: str = MIDDLE,
        ignore: int | Sequence[int] = (),
        any_levels: bool = True,
        split: str | None = None,
        truth_name: str = "",
        image_name: str = "",
        ids: str | Path | None = None,
    ) -> None:
        own = samples_of(OwnSamples(truth, images, split, truth_name, image_name, ids), MASK_SUFFIXES)
        super().__init__(
            (MaskEntry(sample, path, image) for sample, path, image in own.entries),
            name="folder",
            split=own.split,
            threshold=threshold,
            ignore=[ignore] if isinstance(ignore, int) else ignore,
        )
        self._notes = list(own.notes)
        self._any_levels = any_levels

    def check(self, *, images: bool = False) -> list[Problem]:
        """Also levels that may be ids of classes, unless any are allowed."""
        found = super().check(images=images)
        if found or self._any_levels:
            return found
        odd = {name: seen.unlike_mask for name, seen in self._seen.items() if seen.unlike_mask}
        return [Problem(str(self._entries[name].truth), f"levels {odd[name]}", MASKS, _hint(odd[name])) for name in odd]


def _hint(levels: str) -> str:
    void = "is 255 void? then --ignore 255; " if "255" in levels else ""
    return f"{void}are they grey levels of masks? then --task binary; ids of classes? then --classes HOW_MANY"
