"""Tables of classes against counts and entries that are known from elsewhere."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from cityscapesscripts.helpers.labels import labels
from numpy.typing import NDArray

from boundary_bench.bench.datasets.layouts import ade20k, camvid_original, coco_stuff, street_labels, synthia, voc


@pytest.mark.parametrize(
    ("classes", "colours", "count", "distinct"),
    [
        (voc.CLASSES, voc.COLOURS, 21, 21),
        # The development kit draws roads and skyscrapers alike.
        (ade20k.CLASSES, ade20k.COLOURS, 150, 149),
        (coco_stuff.CLASSES, coco_stuff.COLOURS, 80 + 91, 171),
        (street_labels.CLASSES, street_labels.COLOURS, 19, 19),
        ([name for name, _ in camvid_original.TABLE], np.array([c for _, c in camvid_original.TABLE]), 32, 32),
    ],
)
def test_numbers_of_classes_and_colours(
    classes: Sequence[str], colours: NDArray[np.integer], count: int, distinct: int
) -> None:
    assert len(classes) == len(set(classes)) == len(colours) == count
    assert len({tuple(colour) for colour in colours.tolist()}) == distinct
    assert all(name == name.strip() and name for name in classes)


def test_voc() -> None:
    assert [voc.CLASSES[i] for i in (0, 1, 15, 20)] == ["background", "aeroplane", "person", "tvmonitor"]
    assert list(voc.CLASSES[1:]) == sorted(voc.CLASSES[1:])
    assert voc.COLOURS[[0, 1, 15, 20]].tolist() == [[0, 0, 0], [128, 0, 0], [192, 128, 128], [0, 64, 128]]


def test_ade20k() -> None:
    found = {raw: ade20k.CLASSES[train] for raw, train in ade20k.LABEL_IDS.items() if train >= 0}
    known = {
        1: "wall",
        3: "sky",
        13: "person",
        21: "car",
        49: "skyscraper",
        117: "minibike",
        128: "bicycle",
        150: "flag",
    }
    assert known.items() <= found.items()
    assert sorted(found) == list(range(1, 151))
    assert ade20k.COLOURS[[0, 2, 149]].tolist() == [[120, 120, 120], [6, 230, 230], [92, 0, 255]]


def test_coco_stuff() -> None:
    # COCO's own numbers of things are one higher than those in pixel maps.
    things = {
        1: "person",
        11: "fire hydrant",
        13: "stop sign",
        27: "backpack",
        44: "bottle",
        67: "dining table",
        90: "toothbrush",
    }
    stuff = {92: "banner", 106: "clouds", 149: "road", 157: "sky-other", 169: "tree", 182: "wood"}
    for number, name in {**things, **stuff}.items():
        assert coco_stuff.CLASSES[coco_stuff.LABEL_IDS[number - 1]] == name
    assert {number + 1 for number in coco_stuff.UNUSED} == {12, 26, 29, 30, 45, 66, 68, 69, 71, 83, 91}
    assert coco_stuff.LABEL_IDS.keys() == set(range(182))


def test_cityscapes() -> None:
    official = {label.id: label for label in labels}
    for raw, train in street_labels.LABEL_IDS.items():
        assert train == (-1 if official[raw].ignoreInEval else official[raw].trainId)
    by_train = sorted((label for label in labels if not label.ignoreInEval), key=lambda label: label.trainId)
    assert [label.name for label in by_train] == list(street_labels.CLASSES)
    assert [list(label.color) for label in by_train] == street_labels.COLOURS.tolist()


def test_synthia() -> None:
    scored = {raw: street_labels.CLASSES[train] for raw, train in synthia.LABEL_IDS.items() if train >= 0}
    assert len(scored) == len(set(scored.values())) == 16
    assert {
        3: "road",
        1: "sky",
        10: "person",
        21: "wall",
        15: "traffic light",
        9: "traffic sign",
    }.items() <= scored.items()


def test_camvid_original() -> None:
    names = [name for name, _ in camvid_original.TABLE]
    assert names == sorted(names, key=str.casefold)
    assert names.index("Void") == 30
