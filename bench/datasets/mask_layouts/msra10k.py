"""MSRA10K, salient objects.

    root/100002.jpg      may be absent: scoring needs the truth alone
    root/100002.png      masks; root is `MSRA10K_Imgs_GT/Imgs` as distributed, `MSRA_10K` in HQ-SAM's data

Sources: Cheng et al., Global Contrast based Salient Region Detection, TPAMI 2015; CascadePSP's script that downloads
training data, and HQ-SAM's training code.
"""

from __future__ import annotations

from pathlib import Path

from boundary_bench.bench.datasets.folders import ALL
from boundary_bench.bench.datasets.mask_layouts.ecssd import METRICS
from boundary_bench.bench.datasets.mask_layouts.pairs import MaskLayout, Pairs, split_part

LAYOUT = "{id}.png and {id}.jpg in one folder, the root or Imgs/"
SPLITS = {ALL: [Pairs("Imgs/{id}.png", ("Imgs/{id}.jpg",)), Pairs("{id}.png", ("{id}.jpg",))]}


class Msra10k(MaskLayout):
    """MSRA10K, salient objects.

    Args:
        root: folder that holds the files, or `Imgs` with them.
        split: `all`.

    Raises:
        InputError: no such folder, or no masks in it.
    """

    def __init__(self, root: str | Path, split: str = ALL) -> None:
        part = split_part("msra10k", Path(root), split, SPLITS, LAYOUT)
        super().__init__(Path(root), [part], name="msra10k", split=split, metrics=METRICS)
