"""ThinObject-5K, objects with thin parts.

    root/masks/*.png, root/images/*.jpg                  images may be absent: scoring needs the truth alone
    root/list/{train,val,test}.txt                       one mask's name a line, as `00001.png`; not for the split `all`
    root/masks_{train,test}/, root/images_{train,test}/  as HQ-SAM has it; preferred

Sources: Liew et al., Deep Interactive Thin Object Selection, WACV 2021, whose code and SegRefiner's read the first
form; HQ-SAM's training code.
"""

from __future__ import annotations

from pathlib import Path

from boundary_bench.bench.datasets.folders import ALL, listed
from boundary_bench.bench.datasets.mask_layouts.coift import METRICS
from boundary_bench.bench.datasets.mask_layouts.pairs import MaskLayout, Pairs, Part, part_of, split_part

LAYOUT = "masks/{id}.png, images/{id}.jpg, list/{split}.txt; or masks_{split}/{id}.png, images_{split}/{id}.jpg"
WHOLE = Pairs("masks/{id}.png", ("images/{id}.jpg",))
SPLITS = {
    "train": [Pairs("masks_train/{id}.png", ("images_train/{id}.jpg",))],
    "test": [Pairs("masks_test/{id}.png", ("images_test/{id}.jpg",))],
}


class ThinObject(MaskLayout):
    """ThinObject-5K, objects with thin parts.

    Args:
        root: folder that holds those of masks and images.
        split: `train`, `val`, `test`, or `all`.

    Raises:
        InputError: no such folder or list, no masks, or ids in the list that have none.
    """

    def __init__(self, root: str | Path, split: str = "test") -> None:
        super().__init__(Path(root), [_part(Path(root), split)], name="thin_object", split=split, metrics=METRICS)


def _part(root: Path, split: str) -> Part:
    whole = part_of(root, WHOLE)
    own = any(part_of(root, pairs).truths for pairs in SPLITS.get(split, ()))
    if own or not whole.truths:
        return split_part("thin_object", root, split, {**SPLITS, "val": [WHOLE], ALL: [WHOLE]}, LAYOUT)
    return whole.only(listed(root / "list", split, whole.truths, whole.folder))
