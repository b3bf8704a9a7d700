"""The dataset whose form a file of annotations has."""

from __future__ import annotations

import mmap
from pathlib import Path

from boundary_bench.bench.errors import InputError, Problem

KEYS = {b'"neg_category_ids"': "lvis", b'"segments_info"': "coco-panoptic", b'"annotations"': "coco"}
"""Keys of JSON, and of which dataset each is the first that tells."""


def dataset_of(path: Path) -> str:
    """`lvis`, `coco-panoptic` or `coco`; this one too where there is no file, which it then says.

    Raises:
        InputError: none of them is known by its keys.
    """
    if not path.is_file() or not path.stat().st_size:
        return "coco"
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        found = next((name for key, name in KEYS.items() if content.find(key) >= 0), None)
    if found is None:
        allowed = "JSON in the form of COCO, LVIS or COCO panoptic"
        raise InputError(Problem(f"--annotations {path}", "none of their keys", allowed, "say --dataset NAME"))
    return found
