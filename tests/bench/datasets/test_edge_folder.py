"""Anybody's own true edges in a folder, as BIPED has them."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from boundary_bench.bench.datasets.edges import EdgeTruth, build_dataset
from boundary_bench.bench.datasets.own.edge_folder import EdgeMapFolder
from boundary_bench.bench.errors import InputError
from boundary_bench.bench.plugins.validation import check_run

SIZE = (20, 30)


def line(value: int = 255, width: int = 1) -> NDArray[np.uint8]:
    edges = np.zeros(SIZE, np.uint8)
    edges[8 : 8 + width] = value
    return edges


def save(folder: Path, **maps: NDArray[np.generic]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, each in maps.items():
        Image.fromarray(each).save(folder / f"{name}.png")
    return folder


def notes(data: EdgeMapFolder) -> list[str]:
    found = check_run(data, [])
    assert found.ok
    return [str(note) for note in found.notes]


@pytest.mark.parametrize("value", [1, 255])
def test_edges_of_one_annotator_are_where_a_picture_of_lines_says(tmp_path: Path, value: int) -> None:
    data = EdgeMapFolder(save(tmp_path, a=line(value), b=line(0)))
    assert (data.task, data.classes, data.name, data.split) == ("edges", ("edge",), "folder", "all")
    first, second = data.samples()
    assert data.size(first) == SIZE
    maps = data.truth(first).maps
    assert (maps.dtype, maps.shape) == (np.bool_, (1, 1, *SIZE))
    np.testing.assert_array_equal(maps[0, 0], line() > 0)
    assert not data.truth(second).maps.any()
    assert notes(data) == []


def test_grey_levels_are_cut_at_the_middle_and_it_is_said(tmp_path: Path) -> None:
    blurred = line()
    blurred[7], blurred[9] = 127, 128
    data = EdgeMapFolder(save(tmp_path, a=blurred, b=line()))
    np.testing.assert_array_equal(data.truth(data.samples()[0]).maps[0, 0].any(axis=1).nonzero()[0], [8, 9])
    (note,) = notes(data)
    assert "1 of 2 true edge maps hold levels between background and edge, such as a" in note
    assert note.endswith("edges are where they reach 0.5")
    lower = EdgeMapFolder(tmp_path, threshold=">126")
    assert lower.truth(lower.samples()[0]).maps[0, 0, 7].all()
    assert lower.truth_settings == {"threshold": ">126"}


def test_dark_lines_on_white_are_told_and_so_are_regions(tmp_path: Path) -> None:
    region = np.zeros(SIZE, np.uint8)
    region[2:18, 2:26] = 255
    for name, drawn in (("white", 255 - line()), ("region", region)):
        (note,) = notes(EdgeMapFolder(save(tmp_path / name, a=drawn)))
        assert "1 of 1 true edge maps hold areas rather than lines, such as a: are edges drawn dark on white?" in note
    assert notes(EdgeMapFolder(save(tmp_path / "thick", a=line(width=4)))) == []


def test_maps_of_ones_among_others_are_refused_and_so_are_maps_without_an_edge(tmp_path: Path) -> None:
    found = check_run(EdgeMapFolder(save(tmp_path / "mixed", a=line(1), b=line(255))), [])
    assert [str(each) for each in found.problems] == [
        "true edges of folder/all: 1 in a, 255 in b; allowed: 0 and 1 in all masks, or 0 to 255 in all of them"
    ]
    save(tmp_path / "dim", a=line(100), b=line(90))
    (problem,) = check_run(EdgeMapFolder(tmp_path / "dim"), []).problems
    assert "no level above 100 in any map; the threshold is 0.5; allowed: maps with an edge" in str(problem)
    assert check_run(EdgeMapFolder(tmp_path / "dim", threshold=">0"), []).ok


def test_a_folder_without_classes_holds_edges_and_label_maps_have_theirs_drawn(tmp_path: Path) -> None:
    truth = save(tmp_path / "truth", a=line())
    assert isinstance(build_dataset("folder", {"task": "edges", "truth": truth}), EdgeMapFolder)
    for more in ({"classes": 2}, {"radius_px": 2}):
        drawn = build_dataset("folder", {"task": "edges", "truth": truth, **more})
        assert isinstance(drawn, EdgeTruth), more
        assert drawn.truth(drawn.samples()[0]).maps.any()
    with pytest.raises(InputError, match="true edges: ignore: 128; allowed: neither classes nor levels to ignore"):
        build_dataset("folder", {"task": "edges", "truth": truth, "ignore": 128})


def test_images_and_splits_are_found_beside_them(tmp_path: Path) -> None:
    save(tmp_path / "edges/test", a=line())
    save(tmp_path / "imgs/test", a=np.zeros((*SIZE, 3), np.uint8))
    data = EdgeMapFolder(tmp_path / "edges", tmp_path / "imgs", split="test")
    (sample,) = data.samples()
    assert data.image(sample).shape == (*SIZE, 3)
    assert data.split == "test"
    before = data.digest(sample)
    cv2.imwrite(str(tmp_path / "edges/test/a.png"), line(width=2))
    assert data.digest(sample) != before
