"""FSS-1000, ten images of each of a thousand classes.

    root/{class}/1.jpg, root/{class}/1.png      image and mask, as distributed; the image may be absent
    root/*.jpg, root/*.png                      all in one folder, as HQ-SAM's `fss_all`

Sources: Li et al., FSS-1000, CVPR 2020; CascadePSP's reader of training data, and HQ-SAM's training code.
"""

from __future__ import annotations

from pathlib import Path

from boundary_bench.bench.datasets.folders import ALL, folders_in
from boundary_bench.bench.datasets.mask_layouts.coift import METRICS
from boundary_bench.bench.datasets.mask_layouts.pairs import MaskLayout, Pairs, Part, part_of, split_part

LAYOUT = "{class}/{number}.png and {class}/{number}.jpg; or {id}.png and {id}.jpg in one folder"
FILES = Pairs("{id}.png", ("{id}.jpg",))


class Fss(MaskLayout):
    """FSS-1000, ten images of each of a thousand classes.

    Args:
        root: folder that holds those of the classes, or the files.
        split: `all`.

    Raises:
        InputError: no such folder, or no masks in it.
    """

    def __init__(self, root: str | Path, split: str = ALL) -> None:
        root = Path(root)
        part = _of_classes(root)
        if split != ALL or not part.truths:
            part = split_part("fss", root, split, {ALL: [FILES]}, LAYOUT)
        super().__init__(root, [part], name="fss", split=split, metrics=METRICS)


def _of_classes(root: Path) -> Part:
    truths, images, places = dict[str, Path](), dict[str, Path](), []
    for each in folders_in(root):
        part = part_of(root / each, FILES, before=f"{each}/")
        truths.update(part.truths)
        images.update(part.images)
        places.append(part.folder)
    return Part(truths, images, root, places)
