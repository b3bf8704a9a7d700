"""Kvasir-SEG, polyps in images of the colon.

    root/masks/cju0qkwl35piu0993l0dewei2.jpg       masks, in JPEG: cut in the middle of 0..255
    root/images/cju0qkwl35piu0993l0dewei2.jpg      may be absent: scoring needs the truth alone
    root/{split}.txt                               lists of ids, which the archive lacks; not for the split `all`

Source: Jha et al., Kvasir-SEG, MMM 2020, and the archive at datasets.simula.no, whose names the code of those who use
it has.
"""

from __future__ import annotations

from pathlib import Path

from boundary_bench.bench.datasets.folders import ALL, listed
from boundary_bench.bench.datasets.mask_layouts.pairs import MaskLayout, Pairs, split_part

LAYOUT = "masks/{id}.jpg, images/{id}.jpg"


class Kvasir(MaskLayout):
    """Kvasir-SEG, polyps in images of the colon.

    Args:
        root: folder that holds `masks` and, where images are needed, `images`.
        split: `all`, or the name of a list `{split}.txt` in the root.

    Raises:
        InputError: no such folder or list, no masks, or ids in the list that have none.
    """

    def __init__(self, root: str | Path, split: str = ALL) -> None:
        splits = {ALL: [Pairs("masks/{id}.jpg", ("images/{id}.jpg",))]}
        whole = split_part("kvasir", Path(root), ALL, splits, LAYOUT)
        part = whole if split == ALL else whole.only(listed(Path(root), split, whole.truths, whole.folder))
        metrics = ("mask_iou", "surface_distance")
        super().__init__(Path(root), [part], name="kvasir", split=split, metrics=metrics)
