"""detectron2's semantic JSON: label maps from run-length codes, and everything that can be wrong with them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from boundary_bench.bench.datasets.camvid import Camvid
from boundary_bench.bench.errors import InputError, Problem
from boundary_bench.bench.plugins.protocols import Sample
from boundary_bench.bench.predictions.detectron2 import Detectron2SemSeg
from boundary_bench.metrics.structures.masks import Masks
from tests.bench.coco_json import Change, removing, setting, write_json
from tests.bench.label_files import IDS, MemoryDataset, write_camvid

SIZE = (6, 8)
FIRST = Sample(IDS[0])


@pytest.fixture
def camvid(tmp_path: Path) -> Camvid:
    return write_camvid(tmp_path / "camvid")


def labels() -> np.ndarray:
    """Three classes, void in the first row."""
    found = np.random.default_rng(2).choice([0, 3, 10], SIZE)
    found[0] = 255
    return found


def entries() -> list[dict[str, Any]]:
    drawn = labels()
    return [
        {
            "file_name": f"datasets/camvid/test/{FIRST.id}.png",
            "category_id": train,
            "segmentation": Masks.from_dense(SIZE, [drawn == train]).coco(0),
        }
        for train in (3, 10, 0)
    ]


def problems_of(path: Path, camvid: Camvid) -> list[Problem]:
    try:
        return Detectron2SemSeg(path, dataset=camvid).check(FIRST, SIZE)
    except InputError as error:
        return list(error.problems)


def test_a_label_map_from_its_classes(tmp_path: Path, camvid: Camvid) -> None:
    predictions = Detectron2SemSeg(write_json(tmp_path / "sem_seg_predictions.json", entries()), dataset=camvid)
    np.testing.assert_array_equal(predictions.load(FIRST).labels, labels())
    assert predictions.check(FIRST, SIZE) == []
    assert [predictions.has(sample) for sample in camvid.samples()] == [True, False, False]
    assert (predictions.name, predictions.task) == ("sem_seg_predictions", "semantic")
    assert predictions.describe() == {"format": "detectron2_sem_seg", "label_space": "train_ids"}


@pytest.mark.parametrize("unscored", [-1, 300])
def test_any_number_of_classes(tmp_path: Path, unscored: int) -> None:
    class Many(MemoryDataset):
        classes = tuple(f"c{k}" for k in range(300))
        label_ids = {50: 255, 60: 299, 70: unscored}  # noqa: RUF012 - as the contract has it

    dataset = Many({"one": np.zeros((1, 4), np.uint8)})
    codes = [Masks.from_dense((1, 4), [np.arange(4)[None] == column]).coco(0) for column in range(3)]
    for space, ids in (("label_ids", [50, 60, 70]), ("train_ids", [255, 299])):
        document = [
            {"file_name": "one.jpg", "category_id": each, "segmentation": code}
            for each, code in zip(ids, codes, strict=False)
        ]
        path = write_json(tmp_path / "mine.json", document)
        found = Detectron2SemSeg(path, dataset=dataset, label_space=space).load(Sample("one")).labels  # type: ignore[arg-type]
        assert found.dtype == np.int32
        assert found.tolist() == [[255, 299, -1, -1]]


def test_raw_label_ids(tmp_path: Path) -> None:
    class Raw(MemoryDataset):
        label_ids = {50: 2, 60: 1, 70: 255}  # noqa: RUF012 - as the contract has it

    dataset = Raw({"one": np.zeros((1, 3), np.uint8)})
    codes = [Masks.from_dense((1, 3), [np.arange(3)[None] == column]).coco(0) for column in range(3)]
    document = [
        {"file_name": "one.jpg", "category_id": raw, "segmentation": code}
        for raw, code in zip(Raw.label_ids, codes, strict=True)
    ]
    path = write_json(tmp_path / "mine.json", document)
    found = Detectron2SemSeg(path, dataset=dataset, label_space="label_ids")
    assert found.load(Sample("one")).labels.tolist() == [[2, 1, 255]]
    with pytest.raises(InputError, match="category_id 50"):
        Detectron2SemSeg(path, dataset=dataset)
    with pytest.raises(InputError, match="label_space: 'raw'"):
        Detectron2SemSeg(path, dataset=dataset, label_space="raw")  # type: ignore[arg-type]


def test_digests_follow_contents(tmp_path: Path, camvid: Camvid) -> None:
    changes: tuple[Change | None, ...] = (None, None, setting(0, "category_id", 4))
    digests = [
        Detectron2SemSeg(write_json(tmp_path / f"{n}.json", entries(), change), dataset=camvid).digest(FIRST)
        for n, change in enumerate(changes)
    ]
    assert digests[0] == digests[1] != digests[2]


ENTRIES = {
    "unknown image": (setting(0, "file_name", "other.png"), "entry 1: file_name 'other.png'"),
    "no image": (removing(0, "file_name"), "entry 1: file_name None"),
    "unknown class": (setting(0, "category_id", 11), "entry 1: category_id 11; allowed: category ids 0, 1,"),
    "a number for an entry": (setting(0, 3), "entry 1: a JSON number"),
    "overlap": (lambda d: d.append(d[0] | {"category_id": 5}), "entry 4: .* px of an earlier class"),
    "another size": (setting(0, "segmentation", {"size": [3, 4], "counts": [12]}), r"entry 1: .*size \[3, 4\]"),
    "overrun": (setting(0, "segmentation", {"size": [6, 8], "counts": [99]}), "entry 1: .*99 pixels"),
}  # fmt: skip


@pytest.mark.parametrize("name", ENTRIES)
def test_what_is_wrong_is_named(tmp_path: Path, camvid: Camvid, name: str) -> None:
    change, expected = ENTRIES[name]
    problems = problems_of(write_json(tmp_path / "broken.json", entries(), change), camvid)
    assert any(re.search(expected, str(problem)) for problem in problems), problems
    assert all(problem.where.startswith(str(tmp_path / "broken.json")) for problem in problems)


def test_files_of_another_kind(tmp_path: Path, camvid: Camvid) -> None:
    with pytest.raises(InputError, match="a JSON object; allowed: a list of"):
        Detectron2SemSeg(write_json(tmp_path / "broken.json", {}), dataset=camvid)
