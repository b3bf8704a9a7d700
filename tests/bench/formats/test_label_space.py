"""Ids in files, what they are as training ids, and the likely cause of those that should not be there."""

from __future__ import annotations

import numpy as np
import pytest

from boundary_bench.bench.datasets.cityscapes import LABEL_IDS
from boundary_bench.bench.formats.labels.label_space import LabelSpace
from boundary_bench.metrics.structures.labels import ids_of

CAMVID = {**{i: i for i in range(11)}, 11: 255}
TRAIN = LabelSpace(19, hint_raw=LABEL_IDS)
RAW = LabelSpace(19, LABEL_IDS, hint_raw=LABEL_IDS)


@pytest.mark.parametrize("dtype", [np.uint8, np.int32])
def test_raw_ids_become_training_ids(dtype: type) -> None:
    labels = np.array([[7, 8, 33], [0, 6, 255]], dtype)
    mapped = RAW.to_train(labels)
    assert mapped.dtype == np.uint8
    np.testing.assert_array_equal(mapped, [[0, 1, 18], [255, 255, 255]])


def test_ids_of_any_width_keep_their_value() -> None:
    space = LabelSpace(70_000, void=(-1, 65_535))
    labels = np.array([[0, 255, 256], [65_535, -1, 69_999]], np.int32)
    assert space.to_train(labels).tolist() == [[0, 255, 256], [-1, -1, 69_999]]
    sparse = LabelSpace(3, {5_000_000: 2, 7: 0, -1: -1, 9: 300})
    mapped = sparse.to_train(np.array([[5_000_000, 7], [-1, 9]], np.int32))
    assert mapped.dtype == np.uint8
    assert mapped.tolist() == [[2, 0], [255, 255]]
    wide = LabelSpace(300, {7: 299, 8: -1})
    assert wide.to_train(np.array([[7, 8]], np.uint8)).tolist() == [[299, -1]]


def test_training_ids_stay() -> None:
    labels = np.array([[0, 18, 255]], np.uint8)
    assert TRAIN.to_train(labels) is labels


@pytest.mark.parametrize("dtype", [np.uint8, np.int32])
def test_ids_of(dtype: type) -> None:
    labels = np.array([[5, 5, 255], [0, 5, 200]], dtype)
    assert ids_of(labels).tolist() == [0, 5, 200, 255]


@pytest.mark.parametrize(
    ("space", "ids", "found", "hint"),
    [
        (TRAIN, [0, 18, 255], None, ""),
        (RAW, list(range(34)), None, ""),
        (TRAIN, [7, 11, 23, 26, 33], "ids 23, 26, 33", "raw label ids: give --label-space label_ids"),
        (TRAIN, [1, 2, 19], "ids 19", "start at 1"),
        (TRAIN, [0, 1, 19, 40], "ids 19, 40", ""),
        (TRAIN, [0, 254], "ids 254", ""),
        (TRAIN, list(range(200)), "ids 19..199", "photograph"),
        (RAW, [7, 34, 100, 101, 102], "ids 34, 100..102", ""),
        (LabelSpace(11, hint_raw=CAMVID), [0, 5, 11], "ids 11", "is it void? then give --ignore 11"),
        (TRAIN, [0, 5, 19], "ids 19", "is it void? then give --ignore 19"),
        (TRAIN, [0, 5, 65535], "ids 65535", "65535 is -1 in 16 bits: is it void? then give --ignore 65535"),
        (LabelSpace(2, void=()), [0, 255], "ids 255", "--ignore 255"),
        (LabelSpace(4, void=()), [0, 3, 255], "ids 255", "--ignore 255"),
        (LabelSpace(4, void=()), [0, 85, 170, 255], "ids 85, 170, 255", "stretched over 0..255"),
        (
            LabelSpace(21),
            [round(i * 255 / 20) for i in range(21)],
            "ids 26, 38, 51, 64, 76, 89, 102, 115, ...",
            "drawing tools",
        ),
        (LabelSpace(3), [1, 2, 3], "ids 3", "start at 1"),
        (LabelSpace(3), [0, 1, 2, 3], "ids 3", "--ignore 3"),
        (LabelSpace(300), [0, 255, 299], None, ""),
    ],
)
def test_ids_outside_and_their_likely_cause(space: LabelSpace, ids: list[int], found: str | None, hint: str) -> None:
    problem = space.problem("a.png", np.array(ids))
    if found is None:
        assert problem is None
        return
    assert problem is not None
    assert problem.found == found
    assert hint in problem.hint
    assert bool(hint) == bool(problem.hint)


@pytest.mark.parametrize(
    ("space", "ids", "suspicion"),
    [
        (TRAIN, [0, 1, 5, 255], ""),
        (TRAIN, [0, 1], "binary mask"),
        (TRAIN, [0, 255], "binary mask"),
        (TRAIN, [255], "nothing but void"),
        (TRAIN, [7, 8, 11], "no id is below 7"),
        (RAW, [0, 1, 5, 18], "training ids, not label ids"),
        (RAW, [7, 8, 26], ""),
        (LabelSpace(2), [0, 1], ""),
        (LabelSpace(11, CAMVID), [0, 1, 5, 10, 11], ""),
    ],
)
def test_what_looks_odd_in_a_whole_set(space: LabelSpace, ids: list[int], suspicion: str) -> None:
    said = space.suspicion(np.array(ids))
    assert suspicion in said
    assert bool(suspicion) == bool(said)


def test_the_allowed_ids_in_words() -> None:
    assert TRAIN.text == "training ids 0..18 and void 255"
    assert RAW.text == "label ids 0..33 and void 255"
    assert LabelSpace(2, {5: 0, 9: 1, 10: 255}).text == "label ids 5, 9, 10 and void 255"
