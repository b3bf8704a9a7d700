"""CAMO, camouflaged objects.

    root/GT/camourflage_00001.png                                    masks of both splits
    root/Images/{Test,Train}/camourflage_00001.jpg                   they say which masks belong to the split
    root/TestDataset/CAMO/{Imgs,GT}/, root/TrainDataset/{Imgs,GT}/   as in SINet's archives; images may be absent there
    root/Imgs/camourflage_00001.jpg                                  for the split `all`, which needs no images

Sources: Le et al., Anabranch Network for Camouflaged Object Segmentation, CVIU 2019; the names in CAMO-V.1.0-CVIU2019
and in SINet's archives as the code of those who use them has them.
"""

from __future__ import annotations

from pathlib import Path

from boundary_bench.bench.datasets.folders import ALL
from boundary_bench.bench.datasets.mask_layouts.cod10k import TRAIN_IMAGES
from boundary_bench.bench.datasets.mask_layouts.pairs import SALIENCY, MaskLayout, Pairs, Part, split_part
from boundary_bench.bench.errors import InputError, Problem, examples

LAYOUT = "GT/{id}.png, Images/{split}/{id}.jpg of {id} camourflage_..."
KEPT, SHARED = "camourflage_", "GT"
EACH = {"test": "Images/Test/{id}.jpg", "train": "Images/Train/{id}.jpg"}
SPLITS = {
    "test": [
        Pairs("TestDataset/CAMO/GT/{id}.png", ("TestDataset/CAMO/Imgs/{id}.jpg",)),
        Pairs("GT/{id}.png", (EACH["test"],)),
    ],
    "train": [Pairs("TrainDataset/GT/{id}.png", TRAIN_IMAGES), Pairs("GT/{id}.png", (EACH["train"],))],
    ALL: [Pairs("GT/{id}.png", ("Imgs/{id}.jpg", *EACH.values()))],
}


class Camo(MaskLayout):
    """CAMO, camouflaged objects.

    Args:
        root: folder that holds `GT` and `Images`.
        split: `test` or `train`, which the folders of images tell apart, or `all`.

    Raises:
        InputError: no such folder, no masks in it, or no images that say which masks belong to the split.
    """

    def __init__(self, root: str | Path, split: str = "test") -> None:
        part = split_part("camo", Path(root), split, SPLITS, LAYOUT, keep=KEPT)
        if split != ALL and part.folder == Path(root) / SHARED:
            part = _of_images(part)
        super().__init__(Path(root), [part], name="camo", split=split, metrics=SALIENCY)


def _of_images(part: Part) -> Part:
    images = str(part.places[0])
    if not part.images:
        found, hint = "no images, which say what belongs to the split", "the split all takes every mask"
        raise InputError(Problem(images, found, LAYOUT, hint))
    if not part.images.keys() & part.truths.keys():
        found = f"no masks for the {len(part.images)} images of {images}: {examples(part.images, 2)}"
        raise InputError(Problem(str(part.folder), found, LAYOUT))
    return part.only(part.images)
