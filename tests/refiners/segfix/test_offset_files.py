from __future__ import annotations

import pickle

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from boundary_bench.bench.plugins.protocols import FileRefiner
from boundary_bench.metrics.structures.segmentation import SemanticMap
from boundary_bench.refiners.segfix.grid_sample import grid_sample_shift
from boundary_bench.refiners.segfix.offset_files import SegFixOffsets, Shift
from boundary_bench.refiners.segfix.offset_io import write_offsets
from boundary_bench.refiners.segfix.offsets import apply_offsets, apply_until_interior
from tests.effort import examples
from tests.refiners.drawn import dense, objects, pictures, segments
from tests.strategies import instance_sets

IMAGE = np.zeros((2, 6, 3), np.uint8)
LABELS = np.array([[0, 1, 2, 3, 4, 5], [6, 7, 8, 9, 10, 11]], np.uint8)
OFFSETS = np.zeros((2, 6, 2), np.int8)
OFFSETS[0, :, 1] = [1, 1, 1, 0, 0, -1]


@pytest.fixture
def folder(tmp_path):
    write_offsets(tmp_path / "a.npz", OFFSETS)
    return tmp_path


def refined(refiner, sample="a", labels=LABELS):
    return refiner.for_sample(sample).refine(IMAGE, SemanticMap(labels))


def test_labels_move_two_steps_unless_told_otherwise(folder):
    assert refined(SegFixOffsets(folder)).labels[0].tolist() == [2, 3, 4, 3, 4, 3]
    assert refined(SegFixOffsets(str(folder), scale=1)).labels[0].tolist() == [1, 2, 3, 3, 4, 4]
    np.testing.assert_array_equal(
        refined(SegFixOffsets(folder, scale=3)).labels, apply_offsets(LABELS, OFFSETS, scale=3)
    )


def test_until_interior_follows_single_steps(folder):
    found = refined(SegFixOffsets(folder, until_interior=True)).labels
    assert found[0].tolist() == [3, 3, 3, 3, 4, 4]
    np.testing.assert_array_equal(found, apply_until_interior(LABELS, OFFSETS, (OFFSETS != 0).any(axis=-1)))


@pytest.mark.parametrize("corners", [False, True])
def test_legacy_reproduces_the_released_sampling(folder, corners):
    found = refined(SegFixOffsets(folder, legacy=f"align_corners_{str(corners).lower()}")).labels
    np.testing.assert_array_equal(found, grid_sample_shift(LABELS, OFFSETS, align_corners=corners, scale=2))


def test_probabilities_do_not_outlive_the_move(folder):
    prediction = SemanticMap(LABELS, np.full((2, 2, 6), 0.5, np.float32))
    assert SegFixOffsets(folder).for_sample("a").refine(IMAGE, prediction).probabilities is None


def test_dtype_is_kept(folder):
    assert refined(SegFixOffsets(folder), labels=LABELS.astype(np.int32)).labels.dtype == np.int32


@pytest.mark.parametrize(
    "name", ["x_1.npz", "x_1.mat", "x_1_leftImg8bit.mat", "ulm/x_1_leftImg8bit.npz", "val/x_1.mat"]
)
def test_files_are_found_by_the_name_of_the_sample(tmp_path, name):
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    write_offsets(path, OFFSETS)
    refiner = SegFixOffsets(tmp_path)
    assert isinstance(refiner, FileRefiner)
    assert list(refiner.files("x_1")) == [path]
    assert refined(refiner, "x_1").labels[0, 0] == 2


def test_a_sample_without_a_file_is_named(folder):
    refiner = SegFixOffsets(folder)
    for call in (refiner.files, refiner.for_sample, lambda sample: refiner.check(sample, (2, 6))):
        with pytest.raises(ValueError, match=r"no offset file for b; allowed: one of b.npz, b.mat, b_leftImg8bit"):
            call("b")


def test_two_files_for_one_sample_are_refused(folder):
    (folder / "city").mkdir()
    write_offsets(folder / "city" / "a_leftImg8bit.mat", OFFSETS)
    with pytest.raises(ValueError, match=r"2 offset files \(.*a.npz, .*a_leftImg8bit.mat\) for a"):
        SegFixOffsets(folder).files("a")


def test_a_folder_without_files_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"no .npz or .mat files"):
        SegFixOffsets(tmp_path)
    with pytest.raises(ValueError, match="no folder"):
        SegFixOffsets(tmp_path / "missing")


def test_another_size_is_refused_before_and_while_refining(folder):
    refiner = SegFixOffsets(folder)
    refiner.check("a", (2, 6))
    with pytest.raises(ValueError, match=r"a.npz: offsets have size \(2, 6\); allowed: \(6, 2\)"):
        refiner.check("a", (6, 2))
    with pytest.raises(ValueError, match=r"a.npz: offsets have size \(2, 6\); allowed: \(6, 2\)"):
        refined(refiner, labels=np.ascontiguousarray(LABELS.T))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"scale": 0}, "scale is 0; allowed: whole numbers above 0"),
        ({"scale": 1.5}, r"scale is 1\.5"),
        ({"scale": True}, "scale is True"),
        ({"legacy": "align"}, "legacy is 'align'; allowed: align_corners_false, align_corners_true"),
        ({"legacy": "align_corners_true", "until_interior": True}, "until_interior is True"),
        ({"scale": 2, "until_interior": True}, "scale is 2; allowed with until_interior"),
    ],
)
def test_parameters_outside_what_is_allowed_are_refused(folder, arguments, message):
    with pytest.raises(ValueError, match=message):
        SegFixOffsets(folder, **arguments)


def test_each_mask_moves_by_itself_and_one_step_unless_told_otherwise(folder):
    found = objects("##....\n......", "..#...\n.....#", scores=[0.3, 0.6])
    bound = SegFixOffsets(folder).for_sample("a")
    # Columns 0 to 2 look one to the right, column 5 one to the left.
    assert pictures(bound.refine(IMAGE, found)) == ["#.....\n......", ".#....\n.....#"]
    twice = SegFixOffsets(folder, scale=2).for_sample("a").refine(IMAGE, found)
    assert pictures(twice) == ["......\n......", "#.....\n.....#"]


def test_segments_move_as_labels_do_and_void_with_them(folder):
    found = segments("1.2233\n111111", {3: 0, 2: 1, 1: 1})
    moved = SegFixOffsets(folder).for_sample("a").refine(IMAGE, found)
    assert moved.ids.tolist() == [[2, 2, 3, 2, 3, 2], [1] * 6]
    assert SegFixOffsets(folder, scale=1).for_sample("a").refine(IMAGE, found).ids[0].tolist() == [0, 2, 2, 2, 3, 3]


@pytest.mark.parametrize("parameters", [{}, {"scale": 3}, {"until_interior": True}, {"legacy": "align_corners_false"}])
@settings(max_examples=examples(25), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_masks_move_as_in_the_whole_image(tmp_path, parameters, data):
    size = (20, 60)
    rng = np.random.default_rng(data.draw(st.integers(0, 2**16)))
    offsets = rng.integers(-2, 3, (*size, 2)) * (rng.random((*size, 1)) < data.draw(st.sampled_from([0.1, 0.9])))
    write_offsets(tmp_path / "a.npz", offsets.astype(np.int8))
    bound = SegFixOffsets(tmp_path, **{"scale": 1, **parameters}).for_sample("a")
    before = data.draw(instance_sets(size))
    for index, after in enumerate(dense(bound.refine(IMAGE, before))):
        whole = bound.refine(IMAGE, SemanticMap(before.masks.dense(index).astype(np.uint8)))
        np.testing.assert_array_equal(after, whole.labels == 1)


def test_offsets_of_another_size_are_refused_for_objects_too(folder):
    with pytest.raises(ValueError, match=r"offsets have size \(2, 6\); allowed: \(1, 2\)"):
        SegFixOffsets(folder).for_sample("a").refine(IMAGE, objects("##"))
    with pytest.raises(ValueError, match=r"offsets have size \(2, 6\); allowed: \(1, 2\), as the prediction"):
        Shift(1).refined(objects("##"), OFFSETS)


def test_legacy_sampling_is_not_for_segments(folder):
    refiner = SegFixOffsets(folder, legacy="align_corners_false")
    assert refiner.tasks == refiner.for_sample("a").tasks == {"semantic", "instance", "binary"}


def test_it_travels_to_other_processes(folder):
    refiner = pickle.loads(pickle.dumps(SegFixOffsets(folder)))
    assert refiner.tasks == {"semantic", "instance", "panoptic", "binary"}
    assert refined(refiner).labels[0, 0] == 2
