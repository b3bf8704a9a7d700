"""Cityscapes' result folders: lines and masks by hand, and everything that can be wrong with them."""

from __future__ import annotations

import re
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from boundary_bench.bench.datasets.cityscapes import Cityscapes
from boundary_bench.bench.errors import InputError
from boundary_bench.bench.formats.labels.label_image import write_label_image
from boundary_bench.bench.plugins.protocols import Sample
from boundary_bench.bench.plugins.validation import check_run
from boundary_bench.bench.predictions.cityscapes_instances import CityscapesInstances

SIZE = (6, 8)
IDS = ("ulm_000001_000019", "ulm_000002_000019")
FIRST, SECOND = map(Sample, IDS)


@pytest.fixture
def dataset(tmp_path: Path) -> Cityscapes:
    for name in IDS:
        path = tmp_path / "cs" / "gtFine" / "val" / "ulm" / f"{name}_gtFine_instanceIds.png"
        write_label_image(path, np.full(SIZE, 26001, np.int32))
    return Cityscapes(tmp_path / "cs", "val", "instance")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Masks a (2 x 3 px), b (all), and empty."""
    found = tmp_path / "mine"
    mask = np.zeros(SIZE, np.uint8)
    write_label_image(found / "masks" / "empty.png", mask)
    mask[1:3, 4:7] = 255
    write_label_image(found / "masks" / "a.png", mask)
    write_label_image(found / "masks" / "b.png", np.full(SIZE, 1, np.uint8))
    return found


def write(folder: Path, text: str, name: str = f"{FIRST.id}.txt") -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_objects_by_hand(folder: Path, dataset: Cityscapes) -> None:
    write(folder, "masks/b.png 24 0.25\nmasks/a.png 33.0 9e-1\n\nmasks/empty.png 26 1\n")
    predictions = CityscapesInstances(folder, dataset=dataset)
    found = predictions.load(FIRST)
    assert found.categories.tolist() == [0, 7, 2]
    assert found.scores is not None
    assert found.scores.tolist() == [0.25, 0.9, 1]
    assert found.areas.tolist() == [48, 6, 0]
    assert found.masks.boxes[1].tolist() == [1, 4, 3, 7]
    assert found.masks.dense(0).all()
    assert predictions.check(FIRST, SIZE) == []
    assert (predictions.name, predictions.task) == ("mine", "instance")
    assert predictions.describe() == {"format": "cityscapes_instances"}


@pytest.mark.parametrize("name", ["{}.txt", "{}_leftImg8bit.txt", "val/ulm/{}_pred.txt"])
def test_files_of_a_sample_and_missing_ones(folder: Path, dataset: Cityscapes, name: str) -> None:
    write(folder, "", name.format(FIRST.id))
    predictions = CityscapesInstances(folder, dataset=dataset)
    assert (predictions.has(FIRST), predictions.has(SECOND)) == (True, False)
    assert len(predictions.load(FIRST)) == 0
    assert predictions.load(FIRST).size == SIZE


def test_masks_are_relative_to_their_text_file(folder: Path, dataset: Cityscapes) -> None:
    write(folder, "../masks/a.png 26 1", f"ulm/{FIRST.id}.txt")
    assert CityscapesInstances(folder, dataset=dataset).load(FIRST).areas.tolist() == [6]


def test_labels_that_are_not_scored_are_left_out(folder: Path, dataset: Cityscapes) -> None:
    write(folder, "masks/b.png 29 1\nmasks/a.png 26 1\n")
    assert CityscapesInstances(folder, dataset=dataset).load(FIRST).areas.tolist() == [6]


def test_masks_of_any_depth(folder: Path, dataset: Cityscapes) -> None:
    mask = np.zeros(SIZE, np.uint8)
    mask[0, 0] = 1
    cv2.imwrite(str(folder / "masks" / "wide.png"), mask.astype(np.uint16) * 4096)
    Image.fromarray(mask.astype(bool)).save(folder / "masks" / "bit.png")
    write(folder, "masks/wide.png 26 1\nmasks/bit.png 26 1\n")
    assert CityscapesInstances(folder, dataset=dataset).load(FIRST).areas.tolist() == [1, 1]


def test_digests_follow_contents(folder: Path, dataset: Cityscapes) -> None:
    write(folder, "masks/a.png 26 1\n")
    predictions = CityscapesInstances(folder, dataset=dataset)
    before = predictions.digest(FIRST)
    assert before == CityscapesInstances(folder, dataset=dataset, name="other").digest(FIRST)
    write_label_image(folder / "masks" / "b.png", np.zeros(SIZE, np.uint8))
    assert predictions.digest(FIRST) == before, "not a mask of this sample"
    write_label_image(folder / "masks" / "a.png", np.zeros(SIZE, np.uint8))
    mask_changed = predictions.digest(FIRST)
    write(folder, "masks/a.png 26 0.5\n")
    assert len({before, mask_changed, predictions.digest(FIRST)}) == 3


LINES = {
    "masks/c.png 26 1": "line 1: masks/c.png, which is not there",
    "masks/a.png 26": "line 1: 'masks/a.png 26'; allowed: `relative/mask.png label_id score`",
    "masks/a.png 26 1 2": "line 1: 'masks/a.png 26 1 2'",
    "masks/a.png car 1": "line 1: 'masks/a.png car 1'",
    "masks/a.png 26 nan": "line 1: score nan",
    "masks/a.png 26 inf": "line 1: score inf",
    "masks/a.png 99 1": "line 1: label id 99",
    "masks/a.png 26.5 1": "line 1: label id 26.5",
    "masks/a.png nan 1": "line 1: label id nan",
    "/etc/mask.png 26 1": "line 1: /etc/mask.png; allowed: a path that stays within",
    "../cs/mask.png 26 1": "line 1: ../cs/mask.png; allowed: a path that stays within",
    "masks/a.png 26 1\nmasks/../masks/a.png 24 1": "line 2: a.png a second time; allowed: each mask once",
    "masks/small.png 26 1": "line 1: small.png of 8x6 px; allowed: 6x8, .* are swapped",
    "masks/cut.png 26 1": "cut.png: a PNG file truncated",
    "masks/colour.png 26 1": "colour.png: a 8-bit RGB picture",
}  # fmt: skip


@pytest.mark.parametrize("text", LINES)
def test_what_is_wrong_is_named(folder: Path, dataset: Cityscapes, text: str) -> None:
    write_label_image(folder / "masks" / "small.png", np.zeros(SIZE[::-1], np.uint8))
    (folder / "masks" / "cut.png").write_bytes((folder / "masks" / "a.png").read_bytes()[:-20])
    Image.new("RGB", SIZE[::-1]).save(folder / "masks" / "colour.png")
    write(folder, text)
    predictions = CityscapesInstances(folder, dataset=dataset)
    (problem,) = predictions.check(FIRST, SIZE)
    assert problem.where.startswith(str(folder))
    assert re.search(LINES[text], str(problem)), problem
    with pytest.raises(InputError):
        predictions.load(FIRST)


def test_all_problems_are_told_at_once(folder: Path, dataset: Cityscapes) -> None:
    write(folder, "masks/c.png 26 1\nmasks/a.png 26 nan\nmasks/b.png x 1\n")
    assert len(CityscapesInstances(folder, dataset=dataset).check(FIRST, SIZE)) == 3


def test_files_that_cannot_be_used(folder: Path, dataset: Cityscapes) -> None:
    with pytest.raises(InputError, match=r"no \.txt file"):
        CityscapesInstances(folder, dataset=dataset)
    write(folder, "")
    write(folder, "", f"other/{FIRST.id}.txt")
    (folder / f"{SECOND.id}.txt").write_bytes(b"\xff\xfe\x00")
    predictions = CityscapesInstances(folder, dataset=dataset)
    (ambiguous,), (undecodable,) = predictions.check(FIRST, SIZE), predictions.check(SECOND, SIZE)
    assert "one file for a sample" in ambiguous.allowed
    assert "utf-8" in undecodable.found
    with pytest.raises(InputError, match="no such folder"):
        CityscapesInstances(folder / "nothing", dataset=dataset)


@pytest.mark.parametrize(
    ("labels", "note"),
    [
        ((24, 33), None),
        ((11, 18), r"2 of 2 lines .* left out: 11 \(1\), 18 \(1\); scored: 24, 25, .*, 33 \(are they training ids, or"),
        ((0, 2), r"2 of 2 lines .* left out: 0 \(1\), 2 \(1\); .* \(are they training ids, or places in the list"),
        ((24, 29), r"1 of 2 lines are of labels that are not scored, and left out: 29 \(1\); scored: .*, 33$"),
    ],
)
def test_lines_of_labels_that_are_not_scored_are_told(folder: Path, dataset: Cityscapes, labels, note) -> None:
    write(folder, f"masks/b.png {labels[0]} 0.25\nmasks/a.png {labels[1]} 0.9\n")
    write(folder, "", f"{SECOND.id}.txt")
    predictions = CityscapesInstances(folder, dataset=dataset)
    for _ in range(2):  # what is read twice counts once
        report = check_run(dataset, [predictions])
    assert report.problems == []
    assert len(report.notes) == (note is not None)
    if note:
        assert re.search(note, report.notes[0]), report.notes


def test_masks_of_the_size_of_the_network(folder: Path, dataset: Cityscapes) -> None:
    write_label_image(folder / "masks" / "a.png", np.ones((3, 4), np.uint8))
    write(folder, "masks/a.png 24 0.25\n")
    (problem,) = CityscapesInstances(folder, dataset=dataset).check(FIRST, SIZE)
    assert "a.png of 3x4 px; allowed: 6x8, as the truth (resize masks to the image before saving" in str(problem)
