import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from pycocotools import mask as coco_masks

from boundary_bench.metrics.kernels import rle
from boundary_bench.metrics.structures.masks import Masks
from tests import strategies


@st.composite
def dense_masks(draw, most=4):
    size = draw(strategies.sizes())
    # Blobs, noise, and masks that are nearly empty or full.
    masks = draw(st.lists(hnp.arrays(np.bool_, size, fill=st.booleans()), max_size=most))
    return size, masks


@given(dense_masks())
def test_codes_are_those_of_pycocotools_in_both_directions(drawn):
    size, masks = drawn
    theirs = [coco_masks.encode(np.asfortranarray(mask.astype(np.uint8))) for mask in masks]
    ours = Masks.from_dense(size, masks)
    assert [ours.coco(i)["counts"].encode() for i in range(len(ours))] == [code["counts"] for code in theirs]
    for read in (Masks.from_coco(size, theirs), ours):
        assert len(read) == len(masks)
        for i, mask in enumerate(masks):
            np.testing.assert_array_equal(read.dense(i), mask)
            assert read.areas[i] == coco_masks.area(theirs[i])


@given(dense_masks())
def test_boxes_are_the_smallest_windows(drawn):
    size, masks = drawn
    ours = Masks.from_dense(size, masks)
    for i, mask in enumerate(masks):
        rows, columns = np.nonzero(mask)
        left, top, width, height = coco_masks.toBbox(ours.coco(i))
        expected = (rows.min(), columns.min(), rows.max() + 1, columns.max() + 1) if len(rows) else (0, 0, 0, 0)
        assert ours.boxes[i, 1] == expected[1]
        assert ours.boxes[i, 3] == expected[3]
        assert tuple(ours.boxes[i]) == expected
        assert (left, top, left + width, top + height) == (expected[1], expected[0], expected[3], expected[2])
        np.testing.assert_array_equal(ours.window(i), mask[expected[0] : expected[2], expected[1] : expected[3]])


@given(dense_masks(), st.data())
def test_lists_of_lengths_text_and_bytes_are_one(drawn, data):
    size, masks = drawn
    ours = Masks.from_dense(size, masks)
    forms = []
    for i in range(len(ours)):
        text = ours.coco(i)["counts"]
        counts = data.draw(st.sampled_from([text, text.encode(), ours.runs(i).tolist(), ours.runs(i)]))
        forms.append({"size": list(size), "counts": counts})
    read = Masks.from_coco(size, forms)
    np.testing.assert_array_equal(read.counts, ours.counts)
    np.testing.assert_array_equal(read.starts, ours.starts)


@given(dense_masks(), st.data())
def test_subsets_and_windows(drawn, data):
    size, masks = drawn
    ours = Masks.from_dense(size, masks)
    chosen = data.draw(st.lists(st.integers(0, len(masks) - 1))) if masks else []
    part = ours.subset(chosen)
    windows = Masks.from_windows(size, [(part.window(i), *part.boxes[i, :2]) for i in range(len(part))])
    for i, index in enumerate(chosen):
        np.testing.assert_array_equal(part.dense(i), masks[index])
        np.testing.assert_array_equal(windows.dense(i), masks[index])


def read_or_refused(counts, size):
    """The mask, or None where it was refused by its place."""
    try:
        return Masks.from_coco(size, [{"size": size, "counts": counts}])
    except ValueError as error:
        message = str(error)
    assert message.startswith("mask 0: ")
    return None


def assert_whole(masks, size):
    assert masks.counts.sum() == size[0] * size[1]
    assert masks.dense(0).sum() == masks.areas[0]


@given(st.one_of(st.text(), st.text(alphabet=[chr(c) for c in range(48, 112)]), st.binary()), strategies.sizes())
def test_corrupted_text_is_refused_or_is_a_mask(counts, size):
    if masks := read_or_refused(counts, size):
        assert_whole(masks, size)


@given(st.data(), strategies.sizes())
def test_one_wrong_character_is_refused_or_is_a_mask(data, size):
    mask = np.random.default_rng(data.draw(st.integers(0, 99))).random(size) < 0.5
    text = Masks.from_dense(size, [mask]).coco(0)["counts"]
    place = data.draw(st.integers(0, len(text) - 1))
    if masks := read_or_refused(text[:place] + data.draw(st.characters()) + text[place + 1 :], size):
        assert_whole(masks, size)


@given(st.lists(st.integers(-(2**63), 2**64 - 1) | st.integers(0, 9)), strategies.sizes())
def test_corrupted_lengths_are_refused_or_are_a_mask(counts, size):
    if masks := read_or_refused(counts, size):
        assert_whole(masks, size)


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        ([2, 5], "mask 1: 7 pixels are encoded; allowed: 6, the 2 x 3 of the image"),
        ([2, 3], "mask 1: 5 pixels are encoded"),
        ([7, -1], "mask 1: a run of 7 pixels; allowed: 0 to 6"),
        ([-1, 7], "mask 1: a run of -1 pixels"),
        ([2**32 + 2, 4], "mask 1: a run of 4294967298 pixels"),
        ([], "mask 1: 0 pixels are encoded"),
        ([1.5, 4.5], "mask 1: counts are no list of whole numbers"),
        ([[6], [1, 2]], "mask 1: counts are no list of whole numbers"),
        (None, "mask 1: counts are no list of whole numbers"),
        ([[6]], "mask 1: counts are no list of whole numbers"),
        ("", "mask 1: 0 pixels are encoded"),
        ("5", "mask 1: 5 pixels are encoded"),
        ("8", "mask 1: a run of 8 pixels"),
        ("o", "mask 1: counts are no run-length code"),
        ("6 ", "mask 1: counts are no run-length code"),
        ("é", "mask 1: counts are no run-length code"),
        ("☃", "mask 1: counts are no run-length code"),
        (b"\xff", "mask 1: counts are no run-length code"),
        ("o" * 8 + "0", "mask 1: counts are no run-length code"),
    ],
)
def test_what_is_wrong_is_said(counts, message):
    good = {"size": [2, 3], "counts": [6]}
    with pytest.raises(ValueError, match=message):
        Masks.from_coco((2, 3), [good, {"size": [2, 3], "counts": counts}])


@pytest.mark.parametrize("runs", [[7, -1], [-1, 7], [3, -1, 4], [-(2**32), 2**32 + 6]])
def test_runs_that_only_add_up_are_refused(runs):
    text = np.empty(7 * len(runs), np.uint8)
    text = text[: rle.encode_string(np.array(runs), text)].tobytes()
    with pytest.raises(ValueError, match=r"mask 0: a run of -?[0-9]+ pixels; allowed: 0 to 6"):
        Masks.from_coco((2, 3), [{"size": [2, 3], "counts": text}])
    with pytest.raises(ValueError, match=r"mask 0: a run of -?[0-9]+ pixels; allowed: 0 to 6"):
        Masks.from_runs((2, 3), [np.array(runs)])


def test_a_run_that_wraps_around_32_bits_is_refused():
    with pytest.raises(ValueError, match="a run of 4294967298 pixels"):
        Masks.from_runs((2, 3), [np.array([2**32 + 2, 4])])


def test_sizes():
    with pytest.raises(ValueError, match=r"mask 0 has size \[3, 2\]; allowed: \[2, 3\]"):
        Masks.from_coco((2, 3), [{"size": [3, 2], "counts": [6]}])
    with pytest.raises(ValueError, match="allowed: positive height and width"):
        Masks.from_runs((0, 3), [])
    assert len(Masks.from_coco((2, 3), [])) == 0


def test_runs_of_length_zero_change_nothing():
    masks = Masks.from_runs((2, 3), [np.array([1, 1, 0, 2, 2]), np.array([0, 0, 6])])
    np.testing.assert_array_equal(masks.dense(0), [[False, True, False], [True, True, False]])
    assert masks.areas.tolist() == [3, 0]
    assert masks.boxes.tolist() == [[0, 0, 2, 2], [0, 0, 0, 0]]


def test_codes_of_more_pixels_than_32_bits_count():
    size = (70_000, 70_000)
    total = size[0] * size[1]
    masks = Masks.from_coco(size, [{"size": size, "counts": [total - 3, 3]}, {"size": size, "counts": [0, total]}])
    assert masks.counts.dtype == np.int64
    assert masks.areas.tolist() == [3, total]
    assert masks.boxes[0].tolist() == [69_997, 69_999, 70_000, 70_000]
    again = Masks.from_coco(size, [masks.coco(0), masks.coco(1)])
    assert again.counts.tolist() == [total - 3, 3, 0, total]
    window = Masks.from_windows(size, [(np.ones((2, 2), bool), 69_998, 69_998)])
    assert window.runs(0).tolist() == [69_998 * 70_000 + 69_998, 2, 69_998, 2]
    assert window.subset([0]).areas.tolist() == [4]


@pytest.mark.parametrize(("counts", "right"), [([2.0, 4.0], True), ([2.5, 3.5], False), ([2.0, float("nan")], False)])
def test_lengths_with_a_point(counts, right):
    code = {"size": (2, 3), "counts": counts}
    if right:
        assert Masks.from_coco((2, 3), [code]).areas.tolist() == [4]
        return
    with pytest.raises(ValueError, match="whole numbers"):
        Masks.from_coco((2, 3), [code])
