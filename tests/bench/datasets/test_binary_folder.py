"""Anybody's own binary masks in a folder: what is taken for masks, what is refused, what is said."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from boundary_bench.bench.datasets.own.folder import folder
from boundary_bench.bench.datasets.own.label_folder import Folder
from boundary_bench.bench.datasets.own.mask_folder import MaskFolder
from boundary_bench.bench.plugins import registry
from boundary_bench.bench.plugins.validation import check_run
from tests.bench.datasets.test_folder import maps, photos, said

DISC = np.zeros((48, 64), np.uint8)
cv2.circle(DISC, (30, 24), 14, 255, -1)
SOFT = cv2.GaussianBlur(DISC, (0, 0), 1.5)


def built(truth: Path, **options: object) -> MaskFolder:
    data = registry.build("datasets", "folder", {"truth": truth, **options})
    assert isinstance(data, MaskFolder)
    return data


def truth_of(data: MaskFolder, place: int = 0) -> NDArray[np.bool_]:
    return data.truth(data.samples()[place]).mask


@pytest.mark.parametrize("masks", [DISC, DISC // 255, SOFT], ids=["0/255", "0/1", "grey"])
def test_without_classes_truth_that_is_masks_is_of_task_binary(tmp_path: Path, masks: NDArray[np.uint8]) -> None:
    data = built(maps(tmp_path / "gt", {"a": masks * 0, "b": masks}))
    assert (data.task, tuple(data.classes), data.label_ids) == ("binary", ("background", "object"), {0: 0, 255: 1})
    np.testing.assert_array_equal(truth_of(data, 1), masks >= (128 if masks.max() > 1 else 1))
    assert not truth_of(data, 0).any()
    assert check_run(data, []).ok


def test_jpeg_and_floating_point_can_be_masks_only(tmp_path: Path) -> None:
    photos(tmp_path / "jpg", ["a"])
    Image.fromarray(DISC).save(tmp_path / "jpg/a.jpg")
    np.testing.assert_array_equal(truth_of(built(tmp_path / "jpg")), DISC > 0)
    (tmp_path / "npy").mkdir()
    np.save(tmp_path / "npy/a.npy", SOFT / 255)
    np.testing.assert_array_equal(truth_of(built(tmp_path / "npy")), SOFT >= 128)


def test_classes_and_task_say_what_it_is(tmp_path: Path) -> None:
    gt = maps(tmp_path / "gt", {"a": DISC})
    assert isinstance(folder(gt, classes=2), Folder)
    assert isinstance(folder(gt, task="semantic"), Folder)
    assert isinstance(folder(gt, task="binary"), MaskFolder)
    graded = maps(tmp_path / "graded", {"a": DISC // 255 * 170})
    assert truth_of(built(graded, task="binary")).any()
    assert "none: they have one object" in said(lambda: folder(gt, classes=2, task="binary"))
    assert "task: binary" in said(lambda: folder(gt, classes=2, truth_threshold="0.3"))


def test_ids_of_classes_are_never_cut_as_levels(tmp_path: Path) -> None:
    """The first file holds 0 and void alone, as a mask does; another one says what they are."""
    labels = (DISC > 0).astype(np.uint8) * 2
    labels[:9] = 1
    gt = maps(tmp_path / "gt", {"a": DISC, "b": np.where(DISC[:, ::-1] > 0, 255, labels).astype(np.uint8)})
    (problem,) = check_run(built(gt), []).problems
    assert (problem.where, problem.found) == (str(gt / "b.png"), "levels 0..2, 255")
    assert "--classes" in problem.hint
    assert "--ignore 255" in problem.hint
    assert check_run(built(gt, task="binary"), []).ok
    assert "--task binary" in said(lambda: folder(maps(tmp_path / "ids", {"a": labels})))


def test_masks_of_two_codings_are_refused_unless_one_is_void(tmp_path: Path) -> None:
    gt = maps(tmp_path / "gt", {"a": DISC // 255, "b": DISC})
    (problem,) = check_run(built(gt), []).problems
    assert (problem.found, problem.hint) == ("1 in a, 255 in b", "where 255 is void, give --ignore 255")
    data = built(gt, ignore=255)
    assert check_run(data, []).ok
    assert truth_of(data).any()
    assert not truth_of(data, 1).any()
    void = data.truth(data.samples()[1]).void
    assert void is not None
    np.testing.assert_array_equal(void, DISC > 0)


def test_truth_that_never_reaches_the_threshold_is_refused_with_a_hint_that_works(tmp_path: Path) -> None:
    gt = maps(tmp_path / "gt", {"a": DISC // 255 * 100})
    (problem,) = check_run(built(gt, task="binary"), []).problems
    assert "no level above 100" in problem.found
    assert "--truth-threshold '>0'" in problem.hint
    data = built(gt, truth_threshold=">0")
    assert check_run(data, []).ok
    np.testing.assert_array_equal(truth_of(data), DISC > 0)


def test_void_is_any_level(tmp_path: Path) -> None:
    mask = DISC.copy()
    mask[:9] = 128
    data = built(maps(tmp_path / "gt", {"a": mask}), ignore=[128])
    truth = data.truth(data.samples()[0])
    assert truth.void is not None
    np.testing.assert_array_equal(truth.void, mask == 128)
    np.testing.assert_array_equal(truth.mask, mask == 255)
    assert check_run(data, []).notes == [f"folder/all: {each}" for each in data.notes()]


def test_truth_that_is_void_throughout_is_refused(tmp_path: Path) -> None:
    data = built(maps(tmp_path / "gt", {"a": np.full((4, 5), 128, np.uint8)}), ignore=[128])
    (problem,) = check_run(data, []).problems
    assert "void in all 1 samples" in problem.found


def test_greys_of_the_truth_are_counted_in_one_note(tmp_path: Path) -> None:
    data = built(maps(tmp_path / "gt", dict.fromkeys("abc", SOFT)))
    assert check_run(data, []).ok
    share = 100 * ((SOFT > 0) & (SOFT < 255)).mean()
    (note,) = [each for each in data.notes() if "between" in each]
    assert note.startswith(f"3 of 3 masks hold levels between background and object, in {share:.2g} % of their pixels")
    assert "--truth-threshold" in note


def test_images_beside_masks_of_another_size(tmp_path: Path) -> None:
    gt = maps(tmp_path / "gt", {"a": DISC})
    data = built(gt, images=photos(tmp_path / "photos", ["a"], (24, 32)))
    assert "as its labels" in str(check_run(data, [], images=True).problems[0])


def test_images_alone_can_be_refined(tmp_path: Path) -> None:
    data = folder(images=photos(tmp_path / "photos", ["a"]), task="binary")
    assert check_run(data, [], images=True, truth=False).ok
    assert "--task binary" in said(lambda: folder(images=tmp_path / "photos"))


def test_what_decides_is_part_of_the_digest(tmp_path: Path) -> None:
    gt = maps(tmp_path / "gt", {"a": DISC // 255})
    alone = built(gt)
    before = alone.digest(alone.samples()[0])
    both = built(maps(gt, {"b": DISC}))
    assert both.digest(both.samples()[0]) != before
