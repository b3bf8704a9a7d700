"""LVIS: which categories were looked for in an image, how frequent they are, and files named by address."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from boundary_bench.bench.datasets.lvis import Lvis
from boundary_bench.bench.errors import InputError
from boundary_bench.bench.plugins.validation import check_run
from boundary_bench.metrics.structures.segmentation import Federated
from tests.bench.coco_json import annotations, removing, setting, write_json


def document() -> dict[str, Any]:
    found = annotations()
    for image, name in zip(found["images"], ("000000000009", "000000000007"), strict=True):
        del image["file_name"]
        image["coco_url"] = f"http://images.cocodataset.org/val2017/{name}.jpg"
    found["images"][1] |= {"neg_category_ids": [30], "not_exhaustive_category_ids": [4, 30]}
    for category, frequency in zip(found["categories"], "rf", strict=True):
        category["frequency"] = frequency
    return found


def test_what_was_looked_for(tmp_path: Path) -> None:
    dataset = Lvis(write_json(tmp_path / "lvis.json", document()))
    first, second = dataset.samples()
    assert (first.id, second.id) == ("000000000007", "000000000009")
    assert dataset.truth(first).federated == Federated(frozenset({1}), frozenset({0, 1}))
    assert dataset.truth(second).federated == Federated(frozenset(), frozenset())
    assert (dataset.classes, dataset.frequencies) == (("dog", "cat"), ("f", "r"))
    assert check_run(dataset, []).problems == []


@pytest.mark.parametrize("folder", [".", "val2017"])
def test_images_are_found_by_the_end_of_their_address(tmp_path: Path, folder: str) -> None:
    (tmp_path / "val2017").mkdir()
    Image.new("RGB", (8, 6), (1, 2, 3)).save(tmp_path / "val2017" / "000000000007.png")
    file = document()
    file["images"][1]["coco_url"] = file["images"][1]["coco_url"].replace("jpg", "png")
    dataset = Lvis(write_json(tmp_path / "lvis.json", file), tmp_path / folder)
    assert dataset.image(dataset.samples()[0])[0, 0].tolist() == [1, 2, 3]


def test_digests_follow_what_was_looked_for(tmp_path: Path) -> None:
    changed = setting("images", 1, "neg_category_ids", [])
    before, after = (
        Lvis(write_json(tmp_path / f"{n}.json", document(), change)) for n, change in enumerate((None, changed))
    )
    first, second = before.samples()
    assert before.digest(first) != after.digest(first)
    assert before.digest(second) == after.digest(second)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (removing("categories", 0, "frequency"), "category 30: frequency ''"),
        (setting("categories", 1, "frequency", "often"), "category 4: frequency 'often'; allowed: 'r'"),
        (setting("images", 1, "neg_category_ids", [30, 5, 6]), "image 7 .*: category ids 5, 6"),
        (setting("images", 0, "not_exhaustive_category_ids", [8]), "image 9 .*: category ids 8"),
        (setting("images", 0, "not_exhaustive_category_ids", ["cat"]), "image 9: category ids that are no list"),
        (setting("images", 0, "neg_category_ids", 4), "image 9: category ids that are no list"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(tmp_path: Path, change: Any, expected: str) -> None:
    with pytest.raises(InputError) as caught:
        Lvis(write_json(tmp_path / "lvis.json", document(), change))
    assert any(re.search(expected, str(problem)) for problem in caught.value.problems), caught.value
