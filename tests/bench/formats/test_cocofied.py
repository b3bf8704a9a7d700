"""LVIS as COCO's categories: a file with every special case, by hand, through the command line, and scored."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from boundary_bench.bench.errors import InputError
from boundary_bench.bench.formats.coco.cocofied import cocofied
from boundary_bench.bench.formats.coco.synsets import BY_SYNSET, COCO_CATEGORIES
from tests.bench.cli.street import call
from tests.peers import tools
from tests.peers.worlds import coded

ADDRESS = "http://images.cocodataset.org/{}/{:012d}.jpg"
BOX = [[2, 2, 12, 2, 12, 12, 2, 12]]
DRESS, CAT, SOFA, BALL = 3, 5, 900, 41
"""LVIS's ids of categories; a dress is none of COCO's."""


def image(number: int, folder: str = "val2017", **more: Any) -> dict[str, Any]:
    size = {"id": number, "height": 30, "width": 40, "coco_url": ADDRESS.format(folder, number)}
    return size | {"neg_category_ids": [], "not_exhaustive_category_ids": []} | more


def annotation(number: int, image_id: int, category: int) -> dict[str, Any]:
    shape = {"segmentation": BOX, "area": 100.0, "bbox": [2, 2, 10, 10]}
    return {"id": number, "image_id": image_id, "category_id": category, **shape}


def lvis() -> dict[str, Any]:
    names = {DRESS: "dress.n.01", CAT: "cat.n.01", SOFA: "sofa.n.01", BALL: "ball.n.06"}
    categories = [
        {"id": number, "name": name.split(".")[0], "synset": name, "frequency": frequency}
        for (number, name), frequency in zip(names.items(), "rcff", strict=True)
    ]
    images = [
        image(139, neg_category_ids=[DRESS, SOFA], not_exhaustive_category_ids=[CAT]),
        image(285, neg_category_ids=[BALL, CAT], not_exhaustive_category_ids=[DRESS]),
        image(9, "train2017"),
    ]
    annotations = [annotation(70, 139, CAT), annotation(7, 139, DRESS), annotation(12, 285, SOFA)]
    annotations += [annotation(3, 9, CAT), annotation(80, 285, DRESS)]
    return {
        "info": {"version": "v1"},
        "licenses": [],
        "images": images,
        "annotations": annotations,
        "categories": categories,
    }


def test_by_hand() -> None:
    found = cocofied(lvis(), "lvis.json")
    kept = [(one["id"], one["image_id"], one["category_id"], one["iscrowd"]) for one in found.document["annotations"]]
    assert kept == [(70, 139, 17, 0), (12, 285, 63, 0)]
    assert all(one["segmentation"] == BOX and one["area"] == 100 for one in found.document["annotations"])
    looked_for = [
        (one["id"], one["file_name"], one["neg_category_ids"], one["not_exhaustive_category_ids"])
        for one in found.document["images"]
    ]
    assert looked_for == [(139, "000000000139.jpg", [63], [17]), (285, "000000000285.jpg", [17, 37], [])]
    listed = {one["id"]: (one["name"], one["frequency"]) for one in found.document["categories"]}
    assert len(listed) == 80
    assert (listed[17], listed[63], listed[37], listed[90]) == (
        ("cat", "c"),
        ("couch", "f"),
        ("sports ball", "f"),
        ("toothbrush", "f"),
    )
    assert found.losses == (
        "1 images that are not of val2017, 9",
        "1 categories that are none of COCO's, with 2 objects",
    )
    assert found.notes == (
        "77 categories of COCO are not in the file (person, bicycle, car, motorcycle, airplane and 72 more); "
        "they have no score",
    )
    assert found.document["info"] == {"version": "v1"}


def test_version_0_5_names_images_as_in_2014() -> None:
    document = lvis()
    for one in document["images"]:
        one["file_name"] = f"COCO_val2014_{one['id']:012d}.jpg"
    names = [one["file_name"] for one in cocofied(document, "").document["images"]]
    assert names == ["000000000139.jpg", "000000000285.jpg"]
    del document["images"][1]["coco_url"]
    found = cocofied(document, "")
    assert [one["file_name"] for one in found.document["images"]] == names
    assert "1 of 2 images have no coco_url (285); they are kept" in found.notes


def test_a_file_without_images_of_val2017_keeps_all() -> None:
    document = lvis()
    for one in document["images"]:
        one["coco_url"] = ADDRESS.format("train2017", one["id"])
    found = cocofied(document, "")
    assert [one["id"] for one in found.document["images"]] == [139, 285, 9]
    assert len(found.document["annotations"]) == 3


def test_two_categories_of_a_synset_become_one() -> None:
    document = lvis()
    document["categories"].append({"id": 6, "name": "kitten", "synset": "cat.n.01", "frequency": "r"})
    document["images"][1]["neg_category_ids"] = [CAT, 6]
    document["annotations"].append(annotation(90, 139, 6))
    found = cocofied(document, "").document
    assert found["images"][1]["neg_category_ids"] == [17]
    assert [one["category_id"] for one in found["annotations"]] == [17, 63, 17]


def test_categories_without_synsets_are_refused() -> None:
    document = lvis()
    del document["categories"][0]["synset"]
    with pytest.raises(InputError, match=r"lvis\.json: category 3: no synset.*--from coco keeps the categories"):
        cocofied(document, "lvis.json")


def test_the_input_is_left_alone() -> None:
    document = lvis()
    before = copy.deepcopy(document)
    cocofied(document, "")
    assert document == before


def test_the_table_has_each_category_once() -> None:
    assert len(COCO_CATEGORIES) == len(BY_SYNSET) == len({each.id for each in COCO_CATEGORIES}) == 80
    assert (COCO_CATEGORIES[0].id, COCO_CATEGORIES[-1].id) == (1, 90)


def converted(folder: Path, *options: str) -> int:
    (folder / "lvis.json").write_text(json.dumps(lvis()))
    return call("convert", *options, "--annotations", folder / "lvis.json", "--out", folder / "out.json")


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_command_and_the_numbers_of_lvis_api(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert converted(tmp_path, "--from", "lvis", "--to", "coco") == 0
    printed = capsys.readouterr()
    assert "2 images, 2 objects" in printed.out
    assert "left out: 1 images that are not of val2017, 9" in " ".join(printed.err.split())
    document = json.loads((tmp_path / "out.json").read_text())
    results = [
        # Not exhaustively annotated: excused; not looked for: left out; known to be absent: wrong; then two objects.
        {"image_id": 139, "category_id": 17, "score": 0.9, "segmentation": code(20)},
        {"image_id": 139, "category_id": 1, "score": 0.9, "segmentation": code(20)},
        {"image_id": 139, "category_id": 63, "score": 0.9, "segmentation": code(20)},
        {"image_id": 139, "category_id": 17, "score": 0.5, "segmentation": code(2)},
        {"image_id": 285, "category_id": 63, "score": 0.5, "segmentation": code(2)},
    ]
    mine = tools.ours(document, results, tmp_path, lvis=True)
    assert mine[0] == pytest.approx((1 + 0.5) / 2)
    assert mine.tolist() == pytest.approx(tools.lvis_api(document, results).tolist(), rel=0, abs=0, nan_ok=True)
    assert tools.pycocotools(document, results)[0] == pytest.approx((0.5 + 0.5) / 2)


def code(left: int) -> dict[str, Any]:
    mask = np.zeros((30, 40), np.bool_)
    mask[2:12, left : left + 10] = True
    return coded(mask)


def test_what_the_hint_says_works(tmp_path: Path) -> None:
    assert converted(tmp_path, "--from", "coco", "--to", "coco") == 0
    document = json.loads((tmp_path / "out.json").read_text())
    assert {one["id"] for one in document["categories"]} == {DRESS, CAT, SOFA, BALL}
    assert len(document["images"]) == 3
