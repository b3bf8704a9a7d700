"""Classes in all the forms in which people have them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from boundary_bench.bench.errors import InputError
from boundary_bench.bench.formats.labels.class_list import class_list


def test_a_number() -> None:
    found = class_list("3")
    assert found.names == ("class 0", "class 1", "class 2")
    assert found.label_ids == {}
    assert len(np.unique(class_list(5000).colours, axis=0)) == 5000


def test_ids_from_one_on() -> None:
    assert class_list("1..3").label_ids == {1: 0, 2: 1, 3: 2}


def test_names() -> None:
    assert class_list("road, car,sky").names == class_list(["road", "car", "sky"]).names == ("road", "car", "sky")


TABLE = {7: "road", 8: "sidewalk", 9: "road", 300: "sky"}
OF_TABLE = {7: 0, 8: 1, 9: 0, 300: 2}
ENTRIES = [{"id": raw, "name": name, "color": [raw % 256, 1, 2]} for raw, name in TABLE.items()]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("c.yaml", yaml.safe_dump(TABLE)),
        ("c.json", json.dumps(TABLE)),
        ("c.json", json.dumps({"categories": ENTRIES})),
        ("c.yaml", yaml.safe_dump({"names": TABLE})),
        ("c.csv", "id,name,colour\n7,road,#ff0000\n8,sidewalk,1 2 3\n9,road,\n300,sky,\n"),
    ],
)
def test_ids_and_names(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    found = class_list(tmp_path / name)
    assert found.names == ("road", "sidewalk", "sky")
    assert found.label_ids == OF_TABLE


def test_lists_of_other_tools(tmp_path: Path) -> None:
    (tmp_path / "c.json").write_text(json.dumps({"CLASSES": ["a", "b"], "PALETTE": [[1, 2, 3], [4, 5, 6]]}))
    found = class_list(str(tmp_path / "c.json"))
    assert (found.names, found.has_colours) == (("a", "b"), True)
    assert found.colours.tolist() == [[1, 2, 3], [4, 5, 6]]
    (tmp_path / "c.txt").write_text("# mine\na\n\nb c\n")
    assert class_list(tmp_path / "c.txt").names == ("a", "b c")


def test_training_ids_decide_the_order_and_what_is_void() -> None:
    rows = [
        {"id": 0, "name": "unlabeled", "train_id": 255},
        {"id": 7, "name": "road", "train_id": 1},
        {"id": 9, "name": "parking", "train_id": 1},
        {"id": 26, "name": "car", "train_id": 0},
    ]
    found = class_list(rows)
    assert found.names == ("car", "road")
    assert found.label_ids == {0: -1, 7: 1, 9: 1, 26: 0}
    many = class_list([{"id": i, "name": str(i), "train_id": i} for i in range(300)])
    assert (len(many.names), many.names[255], many.label_ids) == (300, "255", {})
    assert class_list([{"id": 0, "name": "x", "ignore": True}, {"id": 1, "name": "y"}]).label_ids == {0: -1, 1: 0}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("classes.txt", "no such file"),
        ("road", "no file"),
        (0, "0 classes"),
        (70_000, "70000 classes; allowed: 1 to 65534"),
        ([{"name": "a"}], "entry 1: the keys name; allowed: id and name"),
        ([{"id": "seven", "name": "a"}], "entry 1: id: 'seven'; allowed: a whole number"),
        ([{"id": 1, "name": "a"}, {"id": 1, "name": "b"}], "id 1 twice"),
        ([{"id": 1, "name": "a", "train_id": 0}, {"id": 2, "name": "b"}], "a train_id for some classes only"),
        ([{"id": 1, "name": "a", "train_id": 1}], "without gaps"),
        ({"CLASSES": ["a"], "PALETTE": [[1, 2]]}, "the colour [1, 2]"),
        ({"CLASSES": ["a"], "PALETTE": []}, ""),
        (None, "a NoneType"),
        ([""], "the name of a class"),
    ],
)
def test_what_is_no_list_of_classes(given: Any, said: str) -> None:
    if not said:
        assert class_list(given).names == ("a",)
        return
    with pytest.raises(InputError) as refused:
        class_list(given)
    assert said in str(refused.value)
