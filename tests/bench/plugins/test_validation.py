"""The check before a run: everything wrong is found at once, and nothing that is right is complained of."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from boundary_bench.bench.datasets.camvid import Camvid
from boundary_bench.bench.errors import InputError, Problem
from boundary_bench.bench.formats.labels.label_image import write_label_image
from boundary_bench.bench.plugins.protocols import Image, Sample
from boundary_bench.bench.plugins.validation import Findings, check_images, check_run, require
from boundary_bench.bench.predictions.label_maps import LabelMaps
from boundary_bench.metrics.structures.segmentation import SemanticMap, Task
from tests.bench.label_files import IDS, MemoryDataset, write_camvid
from tests.paths import data_dir

ZEROS = np.zeros((2, 3), np.uint8)
DATASET = MemoryDataset(dict.fromkeys("abcd", ZEROS))


class Fake:
    """Predictions that say what they are told to; without notes, as other people's classes may be."""

    task: Task = "semantic"
    has_probabilities = False

    def __init__(self, name: str, there: Sequence[str] = "abcd", wrong: Sequence[str] = ()) -> None:
        self.name = name
        self._there, self._wrong = there, wrong
        self.checked: list[tuple[str, tuple[int, int]]] = []

    def has(self, sample: Sample) -> bool:
        return sample.id in self._there

    def load(self, sample: Sample) -> SemanticMap:
        return SemanticMap(ZEROS)

    def digest(self, sample: Sample) -> str:
        return ""

    def check(self, sample: Sample, size: tuple[int, int]) -> list[Problem]:
        self.checked.append((sample.id, size))
        return [Problem(f"{self.name}/{sample.id}", "bad", "good")] if sample.id in self._wrong else []

    def describe(self) -> dict[str, Any]:
        return {}


class Noting(Fake):
    def notes(self) -> list[str]:
        return [f"{len(self.checked)} looked at"]


class Failing(Fake):
    def check(self, sample: Sample, size: tuple[int, int]) -> list[Problem]:
        if sample.id == "a":
            raise InputError([Problem("one", "x", "y"), Problem("two", "x", "y")])
        raise KeyError("plug-in")


class Alone(Fake):
    """Fails where others are at work beside it."""

    def check(self, sample: Sample, size: tuple[int, int]) -> list[Problem]:
        if threading.current_thread() is not threading.main_thread():
            raise SystemError("depth mismatch")
        return super().check(sample, size)


def wheres(report: Findings) -> list[str]:
    return [problem.where for problem in report.problems]


def test_nothing_wrong() -> None:
    predictions = Fake("p")
    report = check_run(DATASET, [predictions])
    assert report == Findings()
    assert report.ok
    assert sorted(predictions.checked) == [(name, (2, 3)) for name in "abcd"]
    require(report)


def test_everything_wrong_is_listed_in_order() -> None:
    report = check_run(DATASET, [Fake("p", wrong="bd"), Fake("q", wrong="a")])
    assert wheres(report) == ["p/b", "p/d", "q/a"]
    assert not report.ok
    with pytest.raises(InputError) as caught:
        require(report)
    assert [problem.where for problem in caught.value.problems] == wheres(report)


def test_all_missing_ones_are_named_and_the_others_still_checked() -> None:
    report = check_run(DATASET, [Fake("p", there="ac", wrong="c")])
    *missing, wrong = report.problems
    assert [each.where for each in missing] == ["p: b", "p: d"]
    assert {each.found for each in missing} == {"no prediction, as for 2 of 4 samples"}
    assert "memory/all" in missing[0].allowed
    assert wrong.where == "p/c"


@pytest.mark.parametrize(("missing", "consequence"), [("skip", "skipped"), ("empty", "entirely wrong")])
def test_missing_ones_may_be_allowed(missing, consequence: str) -> None:
    report = check_run(DATASET, [Fake("p", there="ac")], missing=missing)
    assert report.ok
    (note,) = report.notes
    assert note.startswith("p: 2 of 4 predictions missing: b, d; ")
    assert consequence in note


@pytest.mark.parametrize("missing", ["fail", "skip", "empty"])
def test_a_set_without_any_of_the_samples_is_always_wrong(missing) -> None:
    report = check_run(DATASET, [Fake("p", there="")], missing=missing)
    (problem,) = report.problems
    assert problem.found == "4 of 4 predictions missing: a, b, c, d"
    assert problem.hint == "no file name matches a sample"


def test_only_the_chosen_samples_are_looked_at() -> None:
    predictions = Fake("p", there="abc", wrong="a")
    report = check_run(DATASET, [predictions], samples=[Sample("b"), Sample("c")])
    assert report.ok
    assert [name for name, _ in predictions.checked] == ["b", "c"]


def test_the_data_set_speaks_for_itself() -> None:
    assert wheres(check_run(DATASET, [], images=True)) == ["memory"]
    assert check_run(DATASET, [], images=False).ok
    assert wheres(check_run(DATASET, [], images=True, samples=DATASET.samples()[:1])) == ["memory"]


def test_truth_with_ids_of_no_class() -> None:
    wrong = np.array([[0, 1, 9], [3, 255, 0]], np.uint8)
    (problem,) = check_run(MemoryDataset({"a": ZEROS, "b": wrong}), []).problems
    assert (problem.where, problem.found) == ("memory/all: b", "a truth with the ids 3, 9")
    assert problem.allowed == "ids of classes, 0..2, and void 255 in uint8 maps"


def test_truth_without_anything_to_score() -> None:
    void = np.full((2, 3), 255, np.uint8)
    (problem,) = check_run(MemoryDataset({"a": void, "b": void}), []).problems
    assert problem.found == "a truth that is void in all 2 samples"
    assert check_run(MemoryDataset({"a": void, "b": ZEROS}), []).ok


def test_images_of_another_size_matter_only_where_images_do() -> None:
    dataset = MemoryDataset({"a": ZEROS}, image_size=(3, 2))
    samples = dataset.samples()
    assert check_run(dataset, [], samples=samples).ok
    problem, _ = check_run(dataset, [], samples=samples, images=True).problems
    assert problem == Problem("memory/all: a", "an image of shape (3, 2, 3)", "(2, 3, 3), as its labels")


def test_no_samples() -> None:
    assert wheres(check_run(MemoryDataset({}), [])) == ["memory/all"]


def test_two_sets_of_one_name() -> None:
    (problem,) = check_run(DATASET, [Fake("p"), Fake("q"), Fake("p")]).problems
    assert (problem.where, problem.found) == ("p", "2 prediction sets of this name")


def test_what_a_plug_in_raises_is_a_finding() -> None:
    report = check_run(DATASET, [Failing("p", there="ab")], missing="skip")
    assert [str(problem.where) for problem in report.problems] == ["one", "two", "p: b"]
    assert report.problems[2].found == "KeyError: 'plug-in'"


def test_what_fails_in_threads_is_tried_once_more_alone() -> None:
    seen: list[tuple[int, int]] = []
    tried = Alone("p", wrong="c")
    report = check_run(DATASET, [tried], progress=lambda *each: seen.append(each))
    assert wheres(report) == ["p/c"]
    assert [name for name, _ in tried.checked] == list("abcd")
    assert seen[-1] == (8, 8)


class Damaged(MemoryDataset):
    """No truth can be read, and two images cannot."""

    def truth(self, sample: Sample) -> SemanticMap:
        raise AssertionError("nobody asked for it")

    def image(self, sample: Sample) -> Image:
        if sample.id == "b":
            raise InputError(Problem("b.png", "cut", "whole"))
        if sample.id == "d":
            raise KeyError("plug-in")
        return super().image(sample)


def test_images_may_be_checked_alone() -> None:
    dataset = Damaged(dict.fromkeys("abcd", ZEROS))
    seen: list[tuple[int, int]] = []
    report = check_images(dataset, dataset.samples(), lambda *each: seen.append(each))
    assert [str(problem) for problem in report.problems] == [
        "b.png: cut; allowed: whole",
        "memory/all: d: KeyError: 'plug-in'; allowed: an image that can be read",
    ]
    assert seen == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert check_images(dataset, [Sample("a"), Sample("c")]).ok


def test_notes_carry_the_name_of_the_set() -> None:
    assert check_run(DATASET, [Noting("p"), Fake("q")]).notes == ["p: 4 looked at"]


@pytest.mark.parametrize("samples", [None, DATASET.samples()], ids=["all", "chosen"])
def test_progress_ends_at_the_total(samples: Sequence[Sample] | None) -> None:
    seen: list[tuple[int, int]] = []
    sets = [Fake("p"), Fake("q", there="ab")]
    check_run(DATASET, sets, missing="skip", samples=samples, progress=lambda *each: seen.append(each))
    assert seen[-1] == (12, 12)
    assert seen == sorted(seen)
    assert {total for _, total in seen} == {12}


def test_broken_truth_is_reported_once(tmp_path: Path) -> None:
    dataset = write_camvid(tmp_path / "camvid")
    for name in IDS:
        write_label_image(tmp_path / "p" / f"{name}.png", np.zeros((6, 8), np.uint8))
    (tmp_path / "camvid" / "testannot" / f"{IDS[1]}.png").write_text("broken")
    predictions = LabelMaps(tmp_path / "p", dataset=dataset)
    for samples in (None, dataset.samples()):
        (problem,) = check_run(dataset, [predictions], samples=samples).problems
        assert problem.where.endswith(f"testannot/{IDS[1]}.png")
    absent = tmp_path / "camvid" / "testannot" / f"{IDS[1]}.png"
    absent.unlink()
    (problem,) = check_run(dataset, [predictions]).problems
    assert problem.found == "no such file or directory"


def test_files_of_every_kind_of_trouble_at_once(tmp_path: Path) -> None:
    dataset = write_camvid(tmp_path / "camvid")
    good = np.zeros((6, 8), np.uint8)
    write_label_image(tmp_path / "p" / f"{IDS[0]}.png", good[:, :7])
    write_label_image(tmp_path / "p" / f"{IDS[1]}.png", good + 11)
    write_label_image(tmp_path / "p" / "not_a_sample.png", good)
    report = check_run(dataset, [LabelMaps(tmp_path / "p", dataset=dataset)])
    assert [problem.found for problem in report.problems] == [
        "no prediction, as for 1 of 3 samples",
        "6x7 px",
        "ids 11",
    ]
    assert report.notes[0] == "p: 1 .png files belong to no sample of the split, e.g. not_a_sample.png"


def test_the_real_predictions_are_in_order() -> None:
    dataset = Camvid(data_dir("camvid"), "test")
    sets = [
        LabelMaps(data_dir("camvid_predictions", model, "test"), dataset=dataset)
        for model in ("fcn8_small", "unet_small")
    ]
    assert check_run(dataset, sets, samples=dataset.samples()[::10], images=True) == Findings()
    report = check_run(dataset, [LabelMaps(data_dir("camvid", "testannot"), dataset=dataset)])
    # Raw ids passed off as training ids: wherever there is void, and there is in nearly every frame.
    assert len(report.problems) > 200
    assert all("--ignore 11" in problem.hint for problem in report.problems)
