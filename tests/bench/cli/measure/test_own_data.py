"""Somebody's own folders, scored by one command: the right number, or a refusal that says what to do."""

from __future__ import annotations

import json
import re
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.bench.cli.street import call
from tests.bench.datasets.test_folder import maps, photos

RNG = np.random.default_rng(3)
Maps = dict[str, NDArray[np.integer]]


def blocks(classes: int, count: int = 3, dtype: type = np.uint8) -> Maps:
    small = [RNG.integers(0, classes, (6, 8)).astype(np.uint16) for _ in range(count)]
    return {
        f"im{i}": cv2.resize(each, (64, 48), interpolation=cv2.INTER_NEAREST).astype(dtype)
        for i, each in enumerate(small)
    }


def shifted(truths: Maps) -> Maps:
    return {name: np.roll(labels, 2, 1) for name, labels in truths.items()}


def mean_iou(truths: Maps, predictions: Maps, classes: int, void: tuple[int, ...] = ()) -> float:
    """Of the classes that occur, pixel by pixel."""
    truth = np.concatenate([each.ravel().astype(int) for each in truths.values()])
    found = np.concatenate([predictions[name].ravel().astype(int) for name in truths])
    scored = ~np.isin(truth, void)
    truth, found = truth[scored], np.where(np.isin(found[scored], void), -1, found[scored])
    either = [np.sum((truth == k) | (found == k)) for k in range(classes)]
    both = [np.sum((truth == k) & (found == k)) for k in range(classes)]
    return float(np.mean([b / e for b, e in zip(both, either, strict=True) if e]))


def evaluated(capsys: pytest.CaptureFixture[str], *options: object) -> tuple[dict[str, Any], str]:
    code = call("evaluate", *options, "--workers", 1, "--json", "-")
    shown = capsys.readouterr()
    assert code == 0, shown.err
    return json.loads(shown.out), shown.err


def refused(capsys: pytest.CaptureFixture[str], *options: object) -> str:
    """What both `check` and `evaluate` say."""
    assert call("check", *options) == 2
    first = capsys.readouterr().err
    assert call("evaluate", *options, "--workers", 1) == 2
    second = capsys.readouterr().err
    assert [line for line in first.splitlines() if line.startswith("error")] == [
        line for line in second.splitlines() if line.startswith("error")
    ]
    assert "Traceback" not in first
    return first


@pytest.mark.parametrize(("classes", "dtype"), [(3, np.uint8), (21, np.uint8), (255, np.uint8), (460, np.uint16)])
def test_any_number_of_classes(tmp_path, capsys, classes: int, dtype: type) -> None:
    truths = blocks(classes, dtype=dtype)
    predictions = shifted(truths)
    gt, mine = maps(tmp_path / "gt", truths), maps(tmp_path / "mine", predictions)
    scores, _ = evaluated(capsys, "--truth", gt, "--predictions", mine, "--classes", classes)
    assert scores["metrics"]["mIoU"]["value"] == pytest.approx(mean_iou(truths, predictions, classes), rel=1e-12)
    assert call("check", "--truth", gt, "--predictions", mine, "--classes", classes) == 0


@pytest.mark.parametrize("ignored", [(0,), (255,), (2, 255), (3,)])
def test_ids_that_are_not_scored(tmp_path, capsys, ignored: tuple[int, ...]) -> None:
    truths = blocks(4)
    for labels in truths.values():
        labels[:5, :5] = 255 if 255 in ignored else 1
    predictions = shifted(truths)
    gt, mine = maps(tmp_path / "gt", truths), maps(tmp_path / "mine", predictions)
    options = ("--truth", gt, "--predictions", mine, "--classes", "a,b,c,d")
    scores, _ = evaluated(capsys, *options, "--ignore", ",".join(map(str, ignored)))
    assert scores["metrics"]["mIoU"]["value"] == pytest.approx(mean_iou(truths, predictions, 4, ignored), rel=1e-12)
    assert [name for name, iou in scores["per_class"]["IoU"].items() if iou is None] == [
        "abcd"[k] for k in ignored if k < 4
    ]


@pytest.mark.parametrize("high", [1, 255])
def test_binary_masks_need_no_option(tmp_path, capsys, high: int) -> None:
    truths = {name: (labels > 1).astype(np.uint8) for name, labels in blocks(4).items()}
    predictions = shifted(truths)
    gt = maps(tmp_path / "gt", {name: labels * high for name, labels in truths.items()})
    mine = maps(tmp_path / "mine", {name: labels * 255 for name, labels in predictions.items()})
    scores, said = evaluated(capsys, "--truth", gt, "--predictions", mine)
    assert scores["metrics"]["mIoU"]["value"] == pytest.approx(mean_iou(truths, predictions, 2), rel=1e-12)
    assert "binary masks" in said
    nothing = maps(tmp_path / "nothing", {name: labels * 0 for name, labels in truths.items()})
    scores, _ = evaluated(capsys, "--truth", gt, "--predictions", nothing)
    assert scores["per_class"]["IoU"]["object"] == 0


def test_names_found_by_themselves_and_by_hand(tmp_path, capsys) -> None:
    truths = {f"rec_{i % 2}/{name}": labels for i, (name, labels) in enumerate(blocks(3, 4).items())}
    predictions = shifted(truths)
    gt = maps(tmp_path / "gt", truths, "{}_gtFine_labelIds.png")
    mine = maps(tmp_path / "mine", predictions, "{}-pred.PNG")
    images = photos(tmp_path / "photos", [f"{name}_leftImg8bit" for name in truths], (48, 64))
    options = ("--truth", gt, "--predictions", mine, "--classes", 3)
    for more in ((), ("--images", images), ("--truth-name", "{id}_gtFine_labelIds.png")):
        scores, _ = evaluated(capsys, *options, *more)
        assert scores["metrics"]["mIoU"]["value"] == pytest.approx(mean_iou(truths, predictions, 3), rel=1e-12)
    by_hand = ("--truth-name", "{id}_gtFine_labelIds.png", "--prediction-name", "{id}-pred.PNG")
    assert evaluated(capsys, *options, *by_hand)[1] == ""


def test_names_that_match_nothing_are_shown_side_by_side(tmp_path, capsys) -> None:
    gt = maps(tmp_path / "gt", {f"im_{i:04}": np.zeros((2, 2), np.uint8) for i in range(300)})
    mine = maps(tmp_path / "mine", {f"pred-{i:04}": np.zeros((2, 2), np.uint8) for i in range(300)})
    message = refused(capsys, "--truth", gt, "--predictions", mine, "--classes", 2)
    assert "im_0000" in message
    assert "pred-0000" in message
    assert len(message) < 1000


def test_the_hint_of_a_refusal_gives_the_right_number(tmp_path, capsys) -> None:
    """Void as one more class, as 255, as -1 of 16 bits: the message names the option, with which the score is right."""
    for void in (3, 255, 65535):
        truths = blocks(3, dtype=np.uint16)
        for labels in truths.values():
            labels[:7] = void
        predictions = shifted(truths)
        gt, mine = maps(tmp_path / f"gt{void}", truths), maps(tmp_path / f"mine{void}", predictions)
        options = ("--truth", gt, "--predictions", mine, "--classes", 3)
        hint = re.search(r"give (--ignore) (\d+)", refused(capsys, *options))
        assert hint is not None
        scores, _ = evaluated(capsys, *options, *hint.groups())
        assert scores["metrics"]["mIoU"]["value"] == pytest.approx(mean_iou(truths, predictions, 3, (void,)), rel=1e-12)


def test_other_data_in_a_layout_are_sent_to_the_right_command(tmp_path, capsys) -> None:
    truths = blocks(21)
    maps(tmp_path / "root/valannot", truths)
    mine = maps(tmp_path / "mine", shifted(truths))
    layout = ("--dataset", "camvid", "--root", tmp_path / "root", "--split", "val", "--predictions", mine)
    hint = re.search(r"bench evaluate --truth (\S+) --classes", refused(capsys, *layout))
    assert hint is not None
    scores, _ = evaluated(capsys, "--truth", hint[1], "--predictions", mine, "--classes", 21)
    assert scores["metrics"]["mIoU"]["value"] == pytest.approx(mean_iou(truths, shifted(truths), 21), rel=1e-12)


def test_binary_masks_in_a_layout_are_sent_to_the_right_command(tmp_path, capsys) -> None:
    truths = {name: (labels > 1).astype(np.uint8) for name, labels in blocks(4).items()}
    maps(tmp_path / "root/valannot", {name: labels * 255 for name, labels in truths.items()})
    mine = maps(tmp_path / "mine", {name: labels * 255 for name, labels in shifted(truths).items()})
    layout = ("--dataset", "camvid", "--root", tmp_path / "root", "--split", "val", "--predictions", mine)
    message = refused(capsys, *layout)
    assert "ids 0 and 255 only" in message
    hint = re.search(r"bench evaluate --truth (\S+) --predictions", message)
    assert hint is not None
    scores, _ = evaluated(capsys, "--truth", hint[1], "--predictions", mine)
    assert scores["metrics"]["mIoU"]["value"] == pytest.approx(mean_iou(truths, shifted(truths), 2), rel=1e-12)


def test_neither_truth_nor_a_dataset(tmp_path, capsys) -> None:
    assert "--truth FOLDER" in refused(capsys, "--predictions", maps(tmp_path / "mine", blocks(3)))


def test_an_option_of_own_data_with_a_layout(tmp_path, capsys) -> None:
    maps(tmp_path / "root/valannot", blocks(11))
    layout = ("--dataset", "camvid", "--root", tmp_path / "root", "--split", "val", "--predictions", tmp_path)
    assert "--classes: no option of camvid" in refused(capsys, *layout, "--classes", 3)


def test_in_an_experiment(tmp_path, capsys) -> None:
    truths = blocks(3)
    maps(tmp_path / "labels", truths)
    maps(tmp_path / "mine", shifted(truths))
    (tmp_path / "e.yaml").write_text(
        "dataset: {name: folder, truth: labels, classes: [road, car, sky], ignore: [255], split: val}\n"
        "predictions: [{name: mine, path: mine}]\noutput: run\n"
    )
    assert call("run", tmp_path / "e.yaml", "--workers", 1) == 0
    assert "folder, val: 3 images" in (tmp_path / "run/comparison.md").read_text()
