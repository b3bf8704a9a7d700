"""BIG, and VOC with new outlines: one object an image, its coarse mask beside it, as CascadePSP's tools lay them out.

    root/{val,test}/2007_000033_05_im.jpg      image, of any format; may be absent: scoring needs the truth alone
    root/{val,test}/2007_000033_05_gt.png      mask, above 128 where the object is
    root/{val,test}/2007_000033_05_seg.png     coarse mask, a prediction; may be absent
    root/*_im.jpg, *_gt.png, *_seg.png         the split `all`

Both splits of BIG are folders of their own; VOC's files lie in one folder, and the last number of their names is the
object's class. Sources: Cheng et al., CascadePSP, CVPR 2020; `docs/dataset.md`, `docs/testing_segmentation.md`,
`eval_post.py` and `scripts/PASCAL_FINE` in its code. That the distributed archives hold folders `val` and `test` only
the code of those who use them says.
"""

from __future__ import annotations

from pathlib import Path

from boundary_bench.bench.datasets.folders import ALL
from boundary_bench.bench.datasets.mask_layouts.pairs import ABOVE_128, MaskLayout, Pairs, Part, split_part

LAYOUT = "{id}_gt.png and {id}_im.jpg in one folder: {split}/, or the root for the split all"
COARSE = "{id}_seg.png"
METRICS = ("mask_iou", "boundary_accuracy", "mask_boundary_iou")


class Big(MaskLayout):
    """BIG: 150 objects in images of up to 5000 x 3600 pixels.

    Args:
        root: folder that holds `val` and `test`, or for the split `all` the files.
        split: `val`, `test` or `all`.

    Raises:
        InputError: no such folder, or no masks in it.
    """

    def __init__(self, root: str | Path, split: str = "test") -> None:
        part = _part("big", Path(root), split)
        super().__init__(
            Path(root), [part], name="big", split=split, metrics=METRICS, threshold=ABOVE_128, coarse=COARSE
        )


class VocRelabelled(MaskLayout):
    """VOC 2012, 500 images with outlines drawn anew; objects of one image are a cluster.

    Args:
        root: folder that holds the files, or folders `val` and `test` of them.
        split: `all`, `val` or `test`.

    Raises:
        InputError: no such folder, or no masks in it.
    """

    def __init__(self, root: str | Path, split: str = ALL) -> None:
        super().__init__(
            Path(root),
            [_part("voc_relabelled", Path(root), split)],
            name="voc_relabelled",
            split=split,
            metrics=METRICS,
            threshold=ABOVE_128,
            cluster=_image,
            coarse=COARSE,
        )


def _part(name: str, root: Path, split: str) -> Part:
    folders = {"val": "val/", "test": "test/", ALL: ""}
    splits = {each: [Pairs(f"{below}{{id}}_gt.png", (f"{below}{{id}}_im.jpg",))] for each, below in folders.items()}
    return split_part(name, root, split, splits, LAYOUT)


def _image(name: str) -> str:
    image, _, number = name.rpartition("_")
    return image if image and number.isdigit() and len(number) <= 2 else name
