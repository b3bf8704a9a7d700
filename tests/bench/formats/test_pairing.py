"""Names of two folders that belong together, and names that do not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boundary_bench.bench.errors import InputError
from boundary_bench.bench.formats.file_index import FileIndex
from boundary_bench.bench.formats.pairing import NamePattern, key_of, pair


@pytest.mark.parametrize(
    ("names", "files", "pairs"),
    [
        (["a", "b"], ["a", "b", "c"], {"a": "a", "b": "b"}),
        (["x/1", "y/1"], ["x/1_pred", "y/1_pred"], {"x/1": "x/1_pred", "y/1": "y/1_pred"}),
        (["a_labels", "b_labels"], ["a_pred", "b_pred"], {"a_labels": "a_pred", "b_labels": "b_pred"}),
        (["0001TP_1_L", "0001TP_2_L"], ["0001TP_1", "0001TP_2"], {"0001TP_1_L": "0001TP_1", "0001TP_2_L": "0001TP_2"}),
        (["a", "b", "c"], ["pred_a", "pred_b", "pred_c"], {"a": "pred_a", "b": "pred_b", "c": "pred_c"}),
        (["ulm_1_gtFine_labelIds", "ulm_2_gtFine_labelIds"], ["ulm_1_leftImg8bit", "ulm_2_leftImg8bit"], None),
        (["gt_01", "gt_02", "gt_03"], ["pred-01", "pred-02", "pred-03"], None),
        (["photo_gt"], ["photo_pred"], {"photo_gt": "photo_pred"}),
        (["a", "b", "c", "d"], ["a.jpg", "b.jpg", "d.jpg"], {"a": "a.jpg", "b": "b.jpg", "d": "d.jpg"}),
    ],
)
def test_names_that_belong_together(names: list[str], files: list[str], pairs: dict[str, str] | None) -> None:
    found = pair(names, files, "folder")
    assert found is not None
    wanted = dict(zip(names, files, strict=True)) if pairs is None else pairs
    assert dict(found.files) == wanted
    assert bool(found.note) == (found.files != {name: name for name in found.files})


@pytest.mark.parametrize(
    ("names", "files"),
    [
        (["1", "2"], ["11", "12"]),
        (["0001", "0002"], ["001", "002"]),
        (["im_1", "im_2"], ["pred-1", "pred-2"]),
        (["scene_1_gt"], ["scene_2_pred"]),
        (["frame_1_gt", "frame_2_gt"], ["frame_3_pred", "frame_4_pred"]),
        (["x/a", "x/b"], ["y/a", "y/b"]),
        (["a"], ["b"]),
    ],
    ids=["part of a number", "zeros", "two beginnings", "another number", "other frames", "other folders", "nothing"],
)
def test_names_that_do_not_belong_together(names: list[str], files: list[str]) -> None:
    assert pair(names, files, "folder") is None


def test_two_ways_of_pairing_are_refused() -> None:
    names = ["a", "b", "c"]
    files = [f"{name}_{kind}" for name in names for kind in ("hard", "soft")]
    with pytest.raises(InputError, match="'_hard' or '_soft'") as refused:
        pair(names, files, "folder")
    assert "--prediction-name" in str(refused.value)


WORD = st.text("abcxyz", min_size=1, max_size=4)


@given(st.lists(WORD, min_size=3, max_size=8, unique=True), WORD, WORD)
def test_what_was_put_around_names_is_taken_away(names: list[str], before: str, after: str) -> None:
    files = {name: f"{before}_{name}_{after}" for name in names}
    found = pair(names, [*files.values(), "other"], "folder")
    assert found is not None
    assert dict(found.files) == files


def test_a_key_is_a_composed_path_without_its_ending() -> None:
    assert key_of("a/Ma\u0308rz.1.PNG") == "a/M\u00e4rz.1"


def test_patterns() -> None:
    pattern = NamePattern("{id}_gt/mask.png", "--truth-name")
    assert pattern.id_of("x/1_gt/mask.png") == "x/1"
    assert pattern.id_of("x/1/mask.png") is None
    assert NamePattern("init_{id}.png", "--truth-name").id_of("bear/init_1_2.png") == "bear/1_2"
    assert NamePattern("init_{id}.png", "--truth-name").id_of("init_1.png") == "1"
    assert NamePattern("test/init_{id}.png", "--truth-name").id_of("test/a/init_1.png") == "a/1"
    assert NamePattern("test/init_{id}.png", "--truth-name").id_of("val/init_1.png") is None
    with pytest.raises(InputError, match=re.escape("--truth-name: 'mask.png'")):
        NamePattern("mask.png", "--truth-name")


def _touch(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return folder


def test_same_names_in_many_folders_belong_to_their_path(tmp_path: Path) -> None:
    _touch(tmp_path, "rec_0/000_pred.PNG", "rec_1/000_pred.PNG")
    index = FileIndex(tmp_path, ".png", ["rec_0/000", "rec_1/000"])
    assert index.path("rec_1/000") == tmp_path / "rec_1/000_pred.PNG"
    assert index.notes() == []


def test_a_pattern_goes_before_any_rule(tmp_path: Path) -> None:
    _touch(tmp_path, "a.png", "a_pred.png", "b_pred.png")
    index = FileIndex(tmp_path, ".png", ["a", "b"], pattern="{id}_pred.png")
    assert index.path("a") == tmp_path / "a_pred.png"
    assert index.names_unmatched() == ["a.png"]


def test_a_link_to_its_own_folder_is_walked_once(tmp_path: Path) -> None:
    _touch(tmp_path, "x/a.png")
    (tmp_path / "x/again").symlink_to(tmp_path)
    assert FileIndex(tmp_path, ".png", ["a"]).path("a") == tmp_path / "x/a.png"


def test_decomposed_names_of_other_systems(tmp_path: Path) -> None:
    _touch(tmp_path, "Ma\u0308rz.png")
    for name in ("M\u00e4rz", "Ma\u0308rz"):
        assert name in FileIndex(tmp_path, ".png", [name])
