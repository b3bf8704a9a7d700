"""Dark Zurich: the 19 classes of Cityscapes at night.

    root/gt/val/night/GOPR0356/GOPR0356_frame_000321_gt_labelIds.png            preferred
    root/gt/val/night/GOPR0356/GOPR0356_frame_000321_gt_labelTrainIds.png       ids 0..18 and 255
    root/rgb_anon/val/night/GOPR0356/GOPR0356_frame_000321_rgb_anon.png         may be absent

Only val has a public truth. Those 50 images are of one drive. Source: Sakaridis et al., Guided Curriculum Model
Adaptation and Uncertainty-Aware Evaluation for Semantic Nighttime Image Segmentation, ICCV 2019, and the README of its
files.
"""

from __future__ import annotations

from pathlib import Path

from boundary_bench.bench.datasets.folders import folder_of
from boundary_bench.bench.datasets.layouts.street_labels import StreetFiles, drives, has_drives, splits_of

LAYOUT = "gt/{split}/night/{sequence}/{id}_gt_labelIds.png or _gt_labelTrainIds.png, rgb_anon/ likewise"


class DarkZurich(StreetFiles):
    """Dark Zurich, images taken at night.

    Each sequence is a cluster; of fewer than five, each stretch of ten frames.

    Args:
        root: folder that holds `gt` and, where images are needed, `rgb_anon`.
        split: `val`; others can be refined, not scored.

    Raises:
        InputError: no such folder, or no files in it.
    """

    def __init__(self, root: str | Path, split: str) -> None:
        root = Path(root)
        if not has_drives(root, f"{split}/night"):
            splits = [name for name in splits_of(root) if has_drives(root, f"{name}/night")]
            folder_of(root, f"gt/{split}/night", LAYOUT, split=split, splits=splits)
        entries, notes = drives(root, {f"{split}/night": "night"}, LAYOUT)
        super().__init__(entries, name="dark_zurich", split=split)
        self._notes += notes
