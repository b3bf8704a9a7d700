"""As many categories as LVIS and V3Det have: nothing of them is void, and refining keeps every object."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from boundary_bench.bench.datasets.coco import Coco
from boundary_bench.bench.predictions.coco_results import CocoResults
from boundary_bench.refiners.classical.majority_filter import MajorityFilter
from tests.peers import tools
from tests.peers.worlds import coded

LVIS, V3DET = 1203, 13204
SIZE = (30, 50)


def many(classes: int, images: int = 8) -> tuple[tools.Document, tools.Results]:
    """Every tenth category or more has objects, 255 and 256 from 0 and from 1 among them; a third are found askew."""
    rng = np.random.default_rng(classes)
    chosen = [*range(253, 259), classes - 1, *rng.choice(classes, classes // 10, replace=False).tolist()]
    annotations: list[dict[str, Any]] = []
    results: list[dict[str, Any]] = []
    for place, category in enumerate(chosen):
        mask = np.zeros(SIZE, np.bool_)
        top, left = (int(rng.integers(side - 8)) for side in SIZE)
        mask[top : top + 8, left : left + 8] = True
        common = {"image_id": place % images + 1, "category_id": 2 * int(category) + 1}
        shape = {"segmentation": coded(mask), "area": 64.0, "bbox": [0.0, 0.0, 1.0, 1.0]}
        annotations.append({"id": place + 1, "iscrowd": 0, **common, **shape})
        found = np.roll(mask, int(rng.integers(3)) == 0, 1)
        results.append({**common, "segmentation": coded(found), "score": float(rng.choice([0.2, 0.5, 0.9]))})
        results.append({**common, "segmentation": coded(~mask), "score": float(rng.choice([0.2, 0.5, 0.9]))})
    every = [2 * k + 1 for k in range(classes)]
    listed = [
        {"id": n, "file_name": f"{n}.jpg", "height": SIZE[0], "width": SIZE[1]}
        | {"neg_category_ids": every[n::97], "not_exhaustive_category_ids": []}
        for n in range(1, images + 1)
    ]
    categories = [{"id": number, "name": f"c{number}", "frequency": "rcf"[number % 3]} for number in every]
    return {
        "info": {},
        "licenses": [],
        "images": listed,
        "annotations": annotations,
        "categories": categories,
    }, results


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize(
    ("classes", "tool", "lvis"),
    [(LVIS, tools.pycocotools, False), (LVIS, tools.lvis_api, True), (V3DET, tools.lvis_api, True)],
)
def test_bits_of_the_official_tools(classes: int, tool: tools.Tool, lvis: bool, tmp_path: Path) -> None:
    assert_equal_bits(classes, tool, lvis, tmp_path)


def assert_equal_bits(classes: int, tool: tools.Tool, lvis: bool, tmp_path: Path) -> None:
    document, results = many(classes)
    mine = tools.ours(document, results, tmp_path, lvis=lvis)
    np.testing.assert_array_equal(mine, tool(document, results))
    assert 0.1 < mine[0] < 0.9


@pytest.mark.parametrize("classes", [LVIS, V3DET])
def test_refining_keeps_every_object(classes: int, tmp_path: Path) -> None:
    document, results = many(classes)
    for name, content in (("truth.json", document), ("results.json", results)):
        (tmp_path / name).write_text(json.dumps(content))
    dataset = Coco(tmp_path / "truth.json")
    predictions = CocoResults(tmp_path / "results.json", dataset=dataset)
    kept = 0
    for sample in dataset.samples():
        before = predictions.load(sample)
        after: Any = MajorityFilter().refine(np.zeros((*SIZE, 3), np.uint8), before)
        np.testing.assert_array_equal(after.categories, before.categories)
        assert (after.masks.areas > 0).all()
        kept += len(after)
    assert kept == len(results)
