"""COD10K, camouflaged objects.

    root/{Test,Train}/Image/COD10K-CAM-1-Aquatic-1-BatFish-2.jpg          may be absent: scoring needs the truth alone
    root/{Test,Train}/GT_Object/COD10K-CAM-1-Aquatic-1-BatFish-2.png      masks
    root/TestDataset/COD10K/{Imgs,GT}/, root/TrainDataset/{Imgs,GT}/      as in SINet's archives
    root/{Imgs,GT}/                                                       the split `all`, the folder of one of them

Images without a camouflaged object, `COD10K-NonCAM-...`, are left out, as papers do; so are those of CAMO in the
archive for training. Sources: Fan et al., Camouflaged Object Detection, CVPR 2020; the names in COD10K-v3 and in
SINet's archives as the code of those who use them has them.
"""

from __future__ import annotations

from pathlib import Path

from boundary_bench.bench.datasets.folders import ALL
from boundary_bench.bench.datasets.mask_layouts.pairs import SALIENCY, MaskLayout, Pairs, part_of, split_part
from boundary_bench.bench.errors import examples

LAYOUT = "{split}/GT_Object/{id}.png, {split}/Image/{id}.jpg of {id} COD10K-CAM-...; or GT/{id}.png, Imgs/{id}.jpg"
KEPT, EMPTY = "COD10K-CAM-", "COD10K-NonCAM-"
TRAIN_IMAGES = ("TrainDataset/Imgs/{id}.jpg", "TrainDataset/Image/{id}.jpg")
SPLITS = {
    "test": [
        Pairs("Test/GT_Object/{id}.png", ("Test/Image/{id}.jpg",)),
        Pairs("TestDataset/COD10K/GT/{id}.png", ("TestDataset/COD10K/Imgs/{id}.jpg",)),
    ],
    "train": [
        Pairs("Train/GT_Object/{id}.png", ("Train/Image/{id}.jpg",)),
        Pairs("TrainDataset/GT/{id}.png", TRAIN_IMAGES),
    ],
    ALL: [Pairs("GT/{id}.png", ("Imgs/{id}.jpg",))],
}


class Cod10k(MaskLayout):
    """COD10K, camouflaged objects.

    Args:
        root: folder that holds those of the splits.
        split: `test` or `train`; `all` where the root holds one of SINet's folders.

    Raises:
        InputError: no such folder, or no masks in it.
    """

    def __init__(self, root: str | Path, split: str = "test") -> None:
        part = split_part("cod10k", Path(root), split, SPLITS, LAYOUT, keep=KEPT)
        super().__init__(Path(root), [part], name="cod10k", split=split, metrics=SALIENCY)
        empty = sorted(part_of(part.folder, Pairs("{id}.png", ()), keep=EMPTY).truths)
        if empty:
            said = f"{len(empty)} images without a camouflaged object are left out: {examples(empty, 2)}"
            self.add_note(f"{part.folder}: {said}")
