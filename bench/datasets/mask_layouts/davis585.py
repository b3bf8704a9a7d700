"""DAVIS-585, objects of video frames, each with a coarse mask to correct.

    root/{sequence}/object1_00009.png              mask of one object in a frame, above 128
    root/{sequence}/00009.jpg                      the frame; may be absent: scoring needs the truth alone
    root/{sequence}/init_sp_object1_00009.png      coarse mask of superpixels, a prediction; may be absent
    root/{sequence}/init_stm_object1_00009.png     coarse mask that STM has tracked; may be absent

Source: Chen et al., FocalClick, CVPR 2022, and ClickSEG's reader of these files.
"""

from __future__ import annotations

from pathlib import Path

from boundary_bench.bench.datasets.folders import ALL, files_by_id, folders_in
from boundary_bench.bench.datasets.mask_layouts.pairs import ABOVE_128, MaskLayout, Part, no_masks
from boundary_bench.bench.formats.raster.image import IMAGE_SUFFIXES

LAYOUT = "{sequence}/object1_{frame}.png, {sequence}/{frame}.jpg"
METRICS = ("j_and_f", "mask_iou", "boundary_accuracy")
COARSE, OTHERS = "init_sp_{id}.png", "init_"


class Davis585(MaskLayout):
    """DAVIS-585, objects of video frames; each sequence is a cluster.

    Ids are `bear/object1_00009`. Of the coarse masks those of superpixels are taken for predictions;
    `init_stm_{id}.png` as the name of predictions takes the other ones.

    Args:
        root: folder that holds those of the sequences.
        split: `all`.

    Raises:
        InputError: no such folder, or no masks in it.
    """

    def __init__(self, root: str | Path, split: str = ALL) -> None:
        root = Path(root)
        part = _part(root)
        if split != ALL or not part.truths:
            raise no_masks("davis585", root, split, (ALL,), LAYOUT, there=(ALL,) if part.truths else (), below="")
        super().__init__(
            root,
            [part],
            name="davis585",
            split=split,
            metrics=METRICS,
            threshold=ABOVE_128,
            cluster=lambda name: name.partition("/")[0],
            coarse=COARSE,
        )


def _part(root: Path) -> Part:
    truths, images = dict[str, Path](), dict[str, Path]()
    for sequence in folders_in(root):
        masks = files_by_id(root / sequence, "", {".png"}, "mask")
        frames = files_by_id(root / sequence, "", IMAGE_SUFFIXES - {".png"}, "image")
        for name, path in masks.items():
            if not name.startswith(OTHERS):
                truths[f"{sequence}/{name}"] = path
                if frame := frames.get(name.rpartition("_")[2]):
                    images[f"{sequence}/{name}"] = frame
    return Part(truths, images, root, [path.parent for path in truths.values()])
