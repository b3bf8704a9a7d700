"""Somebody's own binary masks, from files to numbers and back, by single commands."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from tests.bench.cli.measure.test_own_data import evaluated, refused
from tests.bench.cli.street import call
from tests.bench.datasets.test_binary_folder import DISC, SOFT
from tests.bench.datasets.test_folder import maps, photos

NAMES = ["a", "r/b"]


@pytest.fixture
def own(tmp_path: Path) -> Path:
    maps(tmp_path / "gt", dict.fromkeys(NAMES, DISC))
    photos(tmp_path / "photos", NAMES, DISC.shape)
    return tmp_path


def iou(first: NDArray[Any], second: NDArray[Any]) -> float:
    return float((first & second).sum() / (first | second).sum())


@pytest.mark.parametrize(("threshold", "lowest"), [(None, 128), (">128", 129), ("0.2", 51)])
def test_soft_masks_are_cut_where_they_are_told_to(own: Path, capsys, threshold: str | None, lowest: int) -> None:
    soft = np.roll(SOFT, 3, 1)
    maps(own / "soft", dict.fromkeys(NAMES, soft))
    options = ("--threshold", threshold) if threshold else ()
    scores, said = evaluated(capsys, "--truth", own / "gt", "--predictions", own / "soft", *options)
    right = iou(DISC > 0, soft >= lowest)
    assert scores["per_class"]["IoU"]["object"] == pytest.approx(right, abs=1e-12)
    other = iou(DISC == 0, soft < lowest)
    assert scores["metrics"]["mIoU"]["value"] == pytest.approx((right + other) / 2, abs=1e-12)
    assert "levels between background and object" in said


def test_the_hint_of_a_refusal_of_soft_truth_gives_the_right_number(own: Path, capsys) -> None:
    graded = DISC // 255 * 170
    graded[:9] = 85
    gt, mine = maps(own / "graded", dict.fromkeys(NAMES, graded)), own / "gt"
    assert "--task binary" in refused(capsys, "--truth", gt, "--predictions", mine)
    scores, _ = evaluated(capsys, "--truth", gt, "--predictions", mine, "--task", "binary")
    assert scores["per_class"]["IoU"]["object"] == pytest.approx(iou(graded >= 128, DISC > 0), abs=1e-12)
    scores, _ = evaluated(capsys, "--truth", gt, "--predictions", mine, "--truth-threshold", "0.2")
    assert scores["per_class"]["IoU"]["object"] == pytest.approx(iou(graded >= 51, DISC > 0), abs=1e-12)


def test_soft_masks_in_the_place_of_label_maps_are_sent_to_the_right_option(own: Path, capsys) -> None:
    maps(own / "soft", dict.fromkeys(NAMES, SOFT))
    message = refused(capsys, "--truth", own / "gt", "--predictions", own / "soft", "--classes", 2)
    assert "--task binary" in message
    assert "--threshold" in message


def test_object_and_background_swapped_are_noticed(own: Path, capsys) -> None:
    maps(own / "swapped", dict.fromkeys(NAMES, 255 - DISC))
    _, said = evaluated(capsys, "--truth", own / "gt", "--predictions", own / "swapped")
    assert "object and background seem swapped" in said
    _, said = evaluated(capsys, "--truth", own / "gt", "--predictions", own / "gt")
    assert "swapped" not in said


@pytest.mark.parametrize("kind", ["255", "1", "soft", "float", "jpeg"])
def test_refined_masks_come_back_in_the_form_that_they_came_in(own: Path, kind: str) -> None:
    masks = {"255": DISC, "1": DISC // 255, "soft": SOFT, "float": SOFT / np.float32(255), "jpeg": DISC}[kind]
    suffix = {"float": ".npy", "jpeg": ".jpg"}.get(kind, ".png")
    for name in NAMES:
        path = own / f"coarse/{name}_mine{suffix}"
        path.parent.mkdir(parents=True, exist_ok=True)
        np.save(path, masks) if kind == "float" else Image.fromarray(masks).save(path, quality=100)
    out = own / "out"
    options = ("--masks", own / "coarse", "--refiner", "identity", "--images", own / "photos", "--workers", 1)
    assert call("refine", *options, "--out", out) == 0
    for name in NAMES:
        path = out / f"{name}_mine{'.npy' if kind == 'float' else '.png'}"
        found = np.load(path) if kind == "float" else np.asarray(Image.open(path))
        if kind == "jpeg":
            np.testing.assert_array_equal(found >= 128, masks >= 128)
        else:
            assert found.dtype == masks.dtype
            np.testing.assert_array_equal(found, masks)


def test_registered_masks_keep_their_thresholds(own: Path, capsys, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BENCH_HOME", str(own / "home"))
    soft = maps(own / "soft", dict.fromkeys(NAMES, SOFT))
    options = ("--path", soft, "--truth", own / "gt", "--threshold", "0.2", "--truth-threshold", ">127")
    assert call("register", "mine", *options) == 0
    capsys.readouterr()
    scores, _ = evaluated(capsys, "--truth", own / "gt", "--predictions", "mine")
    assert scores["per_class"]["IoU"]["object"] == pytest.approx(iou(DISC > 0, SOFT >= 51), abs=1e-12)


def test_workers_decide_the_coding_as_the_program_does(own: Path, capsys) -> None:
    maps(own / "ones", dict.fromkeys(NAMES, np.roll(DISC, 2, 1) // 255))
    options = ("--truth", own / "gt", "--predictions", own / "ones")
    scores, _ = evaluated(capsys, *options, "--workers", 2)
    assert scores["per_class"]["IoU"]["object"] == pytest.approx(iou(DISC > 0, np.roll(DISC, 2, 1) > 0), abs=1e-12)


def test_a_mask_that_is_missing_counts_as_empty(own: Path, capsys) -> None:
    maps(own / "one", {"a": DISC})
    scores, said = evaluated(capsys, "--truth", own / "gt", "--predictions", own / "one", "--missing", "empty")
    assert scores["per_class"]["IoU"]["object"] == pytest.approx(0.5, abs=1e-12)
    assert "scored as empty masks" in said
