"""Label maps in the ids of the files that they were made from."""

from __future__ import annotations

import numpy as np
import pytest

from boundary_bench.bench.errors import InputError
from boundary_bench.bench.formats.labels.label_image import read_label_image, write_label_image
from boundary_bench.bench.formats.labels.label_space import LabelSpace
from boundary_bench.bench.formats.labels.label_writing import FileIds
from tests.void import VOID, WIDE_VOID

RAW = {-1: 255, 0: 255, 7: 0, 8: 1, 9: 1, 11: 2}


@pytest.mark.parametrize("unscored", [255, -1, 3])
def test_a_class_is_written_as_its_lowest_raw_id_and_void_as_255(unscored):
    raw = {each: unscored if train == 255 else train for each, train in RAW.items()}
    for labels in (np.array([[0, 1, 2, VOID]], np.uint8), np.array([[0, 1, 2, WIDE_VOID]], np.int32)):
        found = FileIds(LabelSpace(3, raw)).of(labels, "it")
        assert found.dtype == np.uint8
        np.testing.assert_array_equal(found, [[7, 8, 11, 255]])


@pytest.mark.parametrize(
    ("space", "labels", "expected", "dtype"),
    [
        (LabelSpace(3), [0, 2, WIDE_VOID], [0, 2, 255], np.uint8),
        (LabelSpace(255), [0, 254, WIDE_VOID], [0, 254, 255], np.uint8),
        (LabelSpace(256), [0, 255, WIDE_VOID], [0, 255, 65535], np.int32),
        (LabelSpace(256, void={256}), [0, 255, WIDE_VOID], [0, 255, 256], np.int32),
        (LabelSpace(300), [0, 255, 299, WIDE_VOID], [0, 255, 299, 65535], np.int32),
        (LabelSpace(300, void={-1, 900, 800}), [299, WIDE_VOID], [299, 800], np.int32),
        (LabelSpace(2, void={0}, raw={0: -1, 4: 0, 255: 1}), [0, 1, WIDE_VOID], [4, 255, 0], np.uint8),
        (LabelSpace(2, void=(), raw={5: -1, 4: 0, 255: 1}), [0, 1, WIDE_VOID], [4, 255, 5], np.uint8),
        (LabelSpace(2, void=(), raw={4: 0, 255: 1}), [0, 1, WIDE_VOID], [4, 255, 65535], np.int32),
        (LabelSpace(2, void=()), [0, 1, WIDE_VOID], [0, 1, 255], np.uint8),
        (LabelSpace(2, raw={7: 0, 1000: 1}), [0, 1, WIDE_VOID], [7, 1000, 255], np.int32),
        (LabelSpace(2, void={65535}), [0, 1, WIDE_VOID], [0, 1, 65535], np.int32),
    ],
)
def test_ids_of_any_width_survive_the_file(tmp_path, space, labels, expected, dtype):
    found = FileIds(space).of(np.array([labels], np.int32), "it")
    assert found.dtype == dtype
    assert found.tolist() == [expected]
    write_label_image(tmp_path / "it.png", found)
    again = read_label_image(tmp_path / "it.png")
    assert again.dtype == dtype
    np.testing.assert_array_equal(again, found)


def test_what_no_file_can_hold_is_refused():
    ids = FileIds(LabelSpace(3, {0: 0, 1: 1, -1: 2}))
    with pytest.raises(InputError, match=r"^it: ids 3, 7; allowed: 0\.\.2 and void"):
        ids.of(np.array([[0, 7, 3]], np.uint8), "it")
    with pytest.raises(InputError, match="ids -2; allowed"):
        ids.of(np.array([[-2, WIDE_VOID]], np.int32), "it")
    with pytest.raises(InputError, match="it: training ids 2; allowed: those that files have an id for"):
        ids.of(np.array([[2]], np.uint8), "it")
