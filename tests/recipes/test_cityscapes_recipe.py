"""docs/cityscapes.md, command by command, on 500 small frames in the layout of Cityscapes."""

from __future__ import annotations

import csv
import io
import re
import shlex
from collections.abc import Iterator, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")

from tests.bench.cli.street import call
from tests.paths import REPOSITORY
from tests.recipes.street_files import VOID, Frame, write_everything

PART = {"segfix/5": 50, "segfix/13": 10, "bpr/1": 5, "bpr/10": 500, "bpr/15": 500, "bpr/16": 500}
"""Every how many-th frame networks, DenseCRF and bootstraps of AP get, which take their time."""

Key = tuple[str, str, str, str]
Records = dict[Key, dict[str, str]]


def commands() -> list[list[str]]:
    """Those of the page, without `bench`."""
    page = (REPOSITORY / "docs" / "cityscapes.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```sh\n(.*?)```", page, re.DOTALL)
    lines = [line for block in blocks for line in block.replace("\\\n", " ").splitlines()]
    assert all(line.startswith("bench ") for line in lines)
    return [shlex.split(line)[1:] for line in lines]


@dataclass(frozen=True)
class Done:
    """folder: where the commands ran. said: what each printed, by its words."""

    folder: Path
    frames: Sequence[Frame]
    said: dict[str, str]

    def table(self, name: str, out: str = "") -> Records:
        folder = self.folder / (out or f"paper-output/{name.replace('/', '-')}")
        with (folder / "table.csv").open(encoding="utf-8") as file:
            return {(r["baseline"], r["refiner"], r["metric"], r["class"]): r for r in csv.DictReader(file)}


def run(words: Sequence[str]) -> str:
    """What a command printed; in this process, on a part of the frames where it is slow."""
    is_table, out = words[:2] == ["paper", "run"], io.StringIO()
    more = ("--workers", "1") if is_table or words[0] == "make-offsets" else ()
    part = ("--every", str(PART[words[2]])) if is_table and words[2] in PART else ()
    with redirect_stdout(out):
        code = call(*words, *more, *part)
    assert code == 0, shlex.join(words)
    return out.getvalue()


@pytest.fixture(scope="module")
def done(tmp_path_factory) -> Iterator[Done]:
    folder = tmp_path_factory.mktemp("recipe")
    frames = write_everything(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        yield Done(folder, frames, {shlex.join(words): run(words) for words in commands()})


def ours(records: Records, *key: str) -> float:
    return float(records[(*key, *("",) * (4 - len(key)))]["ours"])


def test_the_page_makes_the_tables_that_it_promises(done):
    names = [words[2] for words in commands() if words[:2] == ["paper", "run"]]
    assert names == ["segfix/1", "segfix/5", "segfix/8", "segfix/13", "bpr/1", "bpr/10", "bpr/15", "bpr/16"]
    for name in names:
        text = (done.folder / "paper-output" / name.replace("/", "-") / "table.md").read_text()
        assert "No image failed and none was missing." in text
        assert "| difference |" in text


def test_all_frames_are_checked(done):
    checks = {words: said for words, said in done.said.items() if "check" in words.split()[:2]}
    assert len(checks) == 5
    assert all("in order: 500 samples, 1 prediction sets" in said for said in checks.values())


def test_iou_is_that_of_the_definition(done):
    counts = np.zeros((20, 20), np.int64)
    for frame in done.frames:
        moved = frame.moved(3)
        found = np.where(moved >= 1000, moved // 1000, moved)
        scored = frame.labels != VOID
        np.add.at(counts, (frame.labels[scored], found[scored]), 1)
    union = counts.sum(axis=0) + counts.sum(axis=1) - np.diag(counts)
    expected = 100 * float(np.mean((np.diag(counts) / np.maximum(union, 1))[union > 0]))
    plain = done.table("segfix/1")["DeepLabV3", "", "mIoU", ""]
    assert float(plain["ours"]) == pytest.approx(expected, abs=1e-6)
    assert float(plain["difference"]) == pytest.approx(expected - 79.5, abs=1e-6)


def test_offset_files_of_the_truth_do_what_the_oracle_does(done):
    bound, by_class = done.table("segfix/1"), done.table("segfix/8")
    for model in ("DeepLabV3", "HRNet-W48", "Gated-SCNN"):
        oracle = ours(bound, model, "GT-oracle offset m=8", "boundary_f@1px")
        assert ours(by_class, model, "SegFix", "boundary_f@1px") == pytest.approx(oracle)
    assert oracle != ours(bound, "Gated-SCNN", "", "boundary_f@1px")
    assert len(by_class) == 3 * 20 * 6


def test_true_offsets_gain_with_densecrf_and_without(done):
    table = done.table("segfix/5")
    plain, crf, offsets, both = (
        ours(table, "DeepLabV3", refiner, "mIoU") for refiner in ("", "DenseCRF", "SegFix", "DenseCRF+SegFix")
    )
    assert plain < crf < both
    assert plain < offsets


def test_workers_and_repetition_change_no_byte_and_offsets_of_the_network_no_number(done):
    (words,) = (words for words in commands() if words[2] == "segfix/13")
    first = done.folder / "paper-output" / "segfix-13"
    kept = {kind: (first / f"table.{kind}").read_bytes() for kind in ("md", "csv", "tex")}
    run(words)
    assert call(*words, "--every", PART["segfix/13"], "--workers", 2, "--out", "two") == 0
    for kind, expected in kept.items():
        assert (first / f"table.{kind}").read_bytes() == expected
        assert (done.folder / "two" / f"table.{kind}").read_bytes() == expected
    saved = [*words[: words.index("--checkpoint")], "--offsets", "offsets/predicted"]
    assert call(*saved, "--every", PART["segfix/13"], "--workers", 1, "--out", "saved") == 0
    assert (done.folder / "saved" / "table.csv").read_bytes() == kept["csv"]
    table = done.table("segfix/13")
    assert ours(table, "DeepLabV3", "SegFix", "mIoU") > ours(table, "DeepLabV3", "", "mIoU")


def test_true_masks_near_the_boundary_gain_the_more_the_wider(done):
    table, model = done.table("bpr/1"), "Mask R-CNN (COCO pre-trained)"
    aps = [ours(table, model, name, "AP") for name in ("", *(f"GT-oracle replace {n}" for n in ("1px", "2px", "all")))]
    assert aps == sorted(aps)
    assert aps[0] < 20 < 60 < aps[-1]


def test_rows_with_checkpoints_are_made_and_others_say_what_they_lack(done):
    model, objects = "Mask R-CNN (COCO pre-trained)", done.table("bpr/10")
    made = {(key[0], key[1]) for key, record in objects.items() if record["ours"]}
    assert made == {(model, refiner) for refiner in ("", "SegFix", "BPR", "SegFix+BPR")}
    text = (done.folder / "paper-output" / "bpr-10" / "table.md").read_text()
    assert "Not made: predictions of polytransform_coco: none." in text
    assert "Rows of Cityscapes test are not shown." in text
    maps, segments = done.table("bpr/15"), done.table("bpr/16")
    assert ours(maps, "HRNet-W18s", "BPR", "AF") != ours(maps, "HRNet-W18s", "", "AF")
    assert ours(maps, "HRNet-W18s", "SegFix", "AF") > ours(maps, "HRNet-W18s", "", "AF")
    assert 0 < ours(segments, "UPSNet-ResNet50", "BPR", "PQ") != ours(segments, "UPSNet-ResNet50", "", "PQ")
