"""DUTS, salient objects.

    root/{DUTS-TE,DUTS-TR}/{DUTS-TE,DUTS-TR}-Image/ILSVRC2012_test_00000003.jpg     may be absent, see below
    root/{DUTS-TE,DUTS-TR}/{DUTS-TE,DUTS-TR}-Mask/ILSVRC2012_test_00000003.png      masks
    root/{DUTS-TE,DUTS-TR}/*.jpg, *.png          both in one folder, as CascadePSP and HQ-SAM have it

Images may be absent: scoring needs the truth alone. Sources: Wang et al., Learning to Detect Salient Objects with
Image-level Supervision, CVPR 2017, whose archives have these names; CascadePSP's script that downloads training data,
and HQ-SAM's training code.
"""

from __future__ import annotations

from pathlib import Path

from boundary_bench.bench.datasets.mask_layouts.ecssd import METRICS
from boundary_bench.bench.datasets.mask_layouts.pairs import MaskLayout, Pairs, split_part

LAYOUT = "{split}/{split}-Mask/{id}.png, {split}/{split}-Image/{id}.jpg; or {split}/{id}.png and {split}/{id}.jpg"
SPLITS = {
    each: [
        Pairs(f"{each}/{each}-Mask/{{id}}.png", (f"{each}/{each}-Image/{{id}}.jpg",)),
        Pairs(f"{each}/{{id}}.png", (f"{each}/{{id}}.jpg",)),
    ]
    for each in ("DUTS-TE", "DUTS-TR")
}


class Duts(MaskLayout):
    """DUTS, salient objects.

    Args:
        root: folder that holds `DUTS-TE` and `DUTS-TR`.
        split: `DUTS-TE` or `DUTS-TR`.

    Raises:
        InputError: no such folder, or no masks in it.
    """

    def __init__(self, root: str | Path, split: str = "DUTS-TE") -> None:
        part = split_part("duts", Path(root), split, SPLITS, LAYOUT)
        super().__init__(Path(root), [part], name="duts", split=split, metrics=METRICS)
