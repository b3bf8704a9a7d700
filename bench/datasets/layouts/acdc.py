"""ACDC, adverse conditions: the 19 classes of Cityscapes in fog, at night, in rain and in snow.

    root/gt/{fog,night,rain,snow}/{split}/{sequence}/GOPR0475_frame_000041_gt_labelIds.png        preferred
    root/gt/{condition}/{split}/{sequence}/GOPR0475_frame_000041_gt_labelTrainIds.png             ids 0..18 and 255
    root/rgb_anon/{condition}/{split}/{sequence}/GOPR0475_frame_000041_rgb_anon.png               may be absent

Splits are train and val; the truth of test is not public: it can be refined, not scored. Source: Sakaridis et al.,
ACDC: The Adverse Conditions Dataset with Correspondences, ICCV 2021, and the README of its files.
"""

from __future__ import annotations

from pathlib import Path

from boundary_bench.bench.datasets.folders import folder_of
from boundary_bench.bench.datasets.layouts.street_labels import StreetFiles, drives, has_drives, splits_of
from boundary_bench.bench.errors import InputError, Problem, did_you_mean

CONDITIONS = ("fog", "night", "rain", "snow")
LAYOUT = "gt/{condition}/{split}/{sequence}/{id}_gt_labelIds.png or _gt_labelTrainIds.png, rgb_anon/ likewise"


class Acdc(StreetFiles):
    """ACDC, one split of all conditions or of one; each condition is a group, each sequence a cluster.

    Args:
        root: folder that holds `gt` and, where images are needed, `rgb_anon`.
        split: `train`, `val` or `test`.
        condition: `fog`, `night`, `rain` or `snow`; None for all that are there.

    Raises:
        InputError: no such folder, an unknown condition, or no files in it.
    """

    def __init__(self, root: str | Path, split: str, condition: str | None = None) -> None:
        root = Path(root)
        if condition not in (None, *CONDITIONS):
            hint = did_you_mean(str(condition), CONDITIONS)
            raise InputError(Problem("condition of acdc", repr(condition), ", ".join(CONDITIONS), hint))
        conditions = (condition,) if condition else CONDITIONS
        there = [each for each in conditions if has_drives(root, f"{each}/{split}")]
        if not there:
            splits = {name for each in conditions for name in splits_of(root, each)}
            folder_of(root, f"gt/{conditions[0]}/{split}", LAYOUT, split=split, splits=splits)
        entries, notes = drives(root, {f"{each}/{split}": each for each in there}, LAYOUT)
        super().__init__(entries, name="acdc", split=split)
        absent = [each for each in conditions if each not in there]
        self._notes += [*notes, *([f"{root}: no files of {', '.join(absent)} in {split}"] if absent else [])]
