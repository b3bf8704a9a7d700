"""Saved edge maps: both forms, values and sizes by hand, and what can be wrong with them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from boundary_bench.bench.datasets.edges import EdgeTruth
from boundary_bench.bench.errors import InputError
from boundary_bench.bench.predictions.edges.edge_maps import SavedEdgeMaps
from tests.bench.edge_maps_on_disk import write_npz, write_pngs
from tests.bench.label_files import MemoryDataset

SIZE = (6, 8)
LABELS = np.zeros(SIZE, np.uint8)
DATASET: Any = EdgeTruth(MemoryDataset({"a_1": LABELS, "a_2": LABELS}))
FIRST, SECOND = DATASET.samples()
MAPS = np.random.default_rng(0).integers(0, 220, (3, *SIZE)).astype(np.uint8)


def one_class() -> Any:
    source = MemoryDataset({"a_1": LABELS})
    source.classes = ("a",)  # type: ignore[assignment]
    return EdgeTruth(source)


def saved(path: Path, **parameters: Any) -> SavedEdgeMaps:
    return SavedEdgeMaps(path, dataset=DATASET, **parameters)


def problem(path: Path, **parameters: Any) -> str:
    """What is wrong with the first sample, found at once or when it is checked."""
    try:
        found = saved(path, **parameters).check(FIRST, SIZE)
    except InputError as error:
        found = list(error.problems)
    return "\n".join(map(str, found))


@pytest.mark.parametrize("digits", [1, 2, 3])
def test_a_folder_for_each_class(tmp_path: Path, digits: int) -> None:
    folder = write_pngs(tmp_path / "net", "a_1_leftImg8bit", MAPS, digits)
    predictions = saved(folder)
    assert (predictions.name, predictions.task, predictions.has_probabilities) == ("net", "edges", True)
    assert predictions.has(FIRST)
    assert not predictions.has(SECOND)
    np.testing.assert_array_equal(predictions.load(FIRST).maps, MAPS)
    assert predictions.check(FIRST, SIZE) == []
    assert predictions.notes() == []
    assert predictions.describe()["files"] == "png"


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.uint8])
def test_one_file_for_each_image(tmp_path: Path, dtype: type) -> None:
    maps = MAPS if dtype is np.uint8 else (MAPS / 255).astype(dtype)
    predictions = saved(write_npz(tmp_path, "a_1", edges=maps))
    found = predictions.load(FIRST).maps
    np.testing.assert_array_equal(found, maps.astype(found.dtype))
    assert found.dtype == (np.uint8 if dtype is np.uint8 else np.float32)
    assert predictions.check(FIRST, SIZE) == []
    assert predictions.describe()["files"] == "npz"


def test_one_class_needs_no_folder_of_its_own(tmp_path: Path) -> None:
    Image.fromarray(MAPS[0]).save(tmp_path / "a_1.png")
    predictions = SavedEdgeMaps(tmp_path, dataset=one_class())
    np.testing.assert_array_equal(predictions.load(FIRST).maps, MAPS[:1])
    assert "no .npz file" in problem(tmp_path), "with three classes, whose map would it be?"


def test_digests_are_those_of_all_classes(tmp_path: Path) -> None:
    predictions = saved(write_pngs(tmp_path, "a_1", MAPS))
    before = predictions.digest(FIRST)
    Image.fromarray(MAPS[0]).save(tmp_path / "class_003" / "a_1.png")
    assert predictions.digest(FIRST) != before


@pytest.mark.parametrize("form", ["png", "npz"])
def test_another_size_is_refused_or_resampled_on_request(tmp_path: Path, form: str) -> None:
    half = np.zeros((3, 3, 4), np.uint8)
    half[:, :, 2:] = 200
    folder = write_pngs(tmp_path, "a_1", half) if form == "png" else write_npz(tmp_path, "a_1", edges=half)
    assert "3x4 px; allowed: 6x8, as the truth (resize resamples" in problem(folder)
    with pytest.raises(InputError, match="3x4"):
        saved(folder).load(FIRST)
    predictions = saved(folder, resize=True)
    assert predictions.check(FIRST, SIZE) == []
    found = predictions.load(FIRST)
    assert found.size == SIZE
    # Half-pixel centres: columns 3 and 4 lie a quarter and three quarters of the way from 0 to 200.
    expected = np.array([0, 0, 0, 50, 150, 200, 200, 200]) / 255
    np.testing.assert_allclose(found.maps, np.broadcast_to(expected, (3, *SIZE)), atol=1e-6)


def test_another_view_is_refused_even_then(tmp_path: Path) -> None:
    folder = write_npz(tmp_path, "a_1", edges=np.zeros((3, 8, 6), np.float32))
    assert "8x6 px; allowed: 6x8, as the truth (is it a crop" in problem(folder, resize=True)


@pytest.mark.parametrize(
    ("array", "said"),
    [
        (np.full((3, *SIZE), 1.5, np.float32), "values in [1.5, 1.5]"),
        (np.full((3, *SIZE), -0.1), "logits: apply the sigmoid"),
        (np.full((3, *SIZE), np.nan, np.float32), "values in [nan, nan]"),
        (np.full((3, *SIZE), 7, np.int32), "dtype int32"),
        (np.zeros((2, *SIZE), np.float32), "shape (2, 6, 8); allowed: (3, H, W)"),
        (np.zeros((*SIZE, 3), np.float32), "the classes come first, not last"),
        (np.zeros((3, 0, 8), np.float32), "shape (3, 0, 8)"),
    ],
)
def test_arrays_that_are_no_edge_maps(tmp_path: Path, array: np.ndarray, said: str) -> None:
    assert said in problem(write_npz(tmp_path, "a_1", edges=array))


def test_files_that_are_no_archives(tmp_path: Path) -> None:
    assert "arrays edge; did you mean 'edge'? allowed: an .npz file with the array 'edges'" in problem(
        write_npz(tmp_path, "a_1", edge=MAPS)
    )
    (tmp_path / "a_1.npz").write_bytes(b"PK no archive")
    assert "cannot be read" in problem(tmp_path)


def spoil_truncate(folder: Path) -> None:
    path = folder / "class_002" / "a_1.png"
    path.write_bytes(path.read_bytes()[:-20])


def spoil_colour(folder: Path) -> None:
    Image.fromarray(np.zeros((*SIZE, 3), np.uint8)).save(folder / "class_002" / "a_1.png")


def spoil_deep(folder: Path) -> None:
    Image.fromarray(np.zeros(SIZE, np.uint16)).save(folder / "class_002" / "a_1.png")


def spoil_palette(folder: Path) -> None:
    Image.fromarray(MAPS[0]).convert("P").save(folder / "class_002" / "a_1.png")


def spoil_size(folder: Path) -> None:
    Image.fromarray(np.zeros((3, 4), np.uint8)).save(folder / "class_002" / "a_1.png")


def spoil_remove(folder: Path) -> None:
    (folder / "class_002" / "a_1.png").rename(folder / "class_002" / "a_2.png")


def spoil_empty(folder: Path) -> None:
    (folder / "class_002" / "a_1.png").unlink()


def spoil_class(folder: Path) -> None:
    spoil_empty(folder)
    (folder / "class_002").rmdir()


def spoil_numbering(folder: Path) -> None:
    (folder / "class_003").rename(folder / "class_000")


def spoil_beyond(folder: Path) -> None:
    (folder / "class_004").mkdir()


def spoil_twice(folder: Path) -> None:
    (folder / "class_1").mkdir()


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (spoil_truncate, "class_002/a_1.png: a PNG file truncated"),
        (spoil_colour, "class_002/a_1.png: a 8-bit RGB picture; allowed: an 8-bit grey PNG"),
        (spoil_deep, "a 16-bit grey picture"),
        (spoil_palette, "a 8-bit palette picture"),
        (spoil_size, "a_1: maps of 3x4 and 6x8 px; allowed: one size for all classes"),
        (spoil_remove, "class_002: no file for a_1"),
        (spoil_empty, "class_002: an empty folder"),
        (spoil_class, "no folder of classes 2; allowed: class_001 to class_003, each once"),
        (spoil_numbering, "folders of classes 0; .*numbered from 1"),
        (spoil_beyond, "folders of classes 4; allowed: class_001 to class_003"),
        (spoil_twice, "two folders of classes 1"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, spoil: Any, said: str) -> None:
    folder = write_pngs(tmp_path, "a_1", MAPS)
    assert problem(folder) == ""
    spoil(folder)
    assert re.search(said, problem(folder))


def test_everything_wrong_is_said_at_once(tmp_path: Path) -> None:
    folder = write_pngs(tmp_path, "a_1", MAPS)
    spoil_truncate(folder)
    (folder / "class_003" / "a_1.png").write_bytes(b"no picture")
    assert len(saved(folder).check(FIRST, SIZE)) == 2


def test_what_looks_like_a_mistake_is_noted(tmp_path: Path) -> None:
    maps = np.minimum(MAPS, 1)
    maps[1] = 0
    folder = write_pngs(tmp_path, "a_1", maps)
    write_pngs(tmp_path, "other", maps)
    predictions = saved(folder)
    assert predictions.check(FIRST, SIZE) == []
    unused, empty, faint = predictions.notes()
    assert "other.png" in unused
    assert empty == "no edge anywhere of 1 of 3 classes: b"
    assert "255, not 1" in faint


def test_places_and_data_sets_that_do_not_fit(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such folder"):
        saved(tmp_path / "nowhere")
    with pytest.raises(InputError, match="an empty folder"):
        saved(tmp_path)
    with pytest.raises(InputError, match="semantic truth of memory/all; allowed: a dataset of edges truth"):
        SavedEdgeMaps(tmp_path, dataset=MemoryDataset({"a_1": LABELS}))


def ridge(sample_size: tuple[int, int] = (40, 61)) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """A vertical edge nine pixels wide, surest in column 29."""
    drawn = np.zeros(sample_size, np.uint8)
    drawn[:, 25:34] = [60, 120, 180, 230, 255, 230, 180, 120, 60]
    return drawn


def of_ridges(folder: Path, maps: dict[str, Any], **parameters: Any) -> SavedEdgeMaps:
    folder.mkdir(exist_ok=True)
    for name, each in maps.items():
        Image.fromarray(each).save(folder / f"{name}.png")
    source = MemoryDataset({name: np.zeros(each.shape, np.uint8) for name, each in maps.items()})
    source.classes = ("a",)  # type: ignore[assignment]
    return SavedEdgeMaps(folder, dataset=EdgeTruth(source), **parameters)


def test_a_thick_ridge_is_thinned_to_its_crest(tmp_path: Path) -> None:
    predictions = of_ridges(tmp_path, {"a": ridge()}, nms=True)
    (sample,) = predictions._dataset.samples()
    thin = predictions.load(sample).maps
    assert (thin.dtype, thin.shape) == (np.float32, (1, 40, 61))
    inside = thin[0, 6:-6]
    assert np.unique(inside.nonzero()[1]).tolist() == [29]
    assert (inside[:, 29] > 0.5).all()
    assert predictions.check(sample, (40, 61)) == []
    assert predictions.notes() == ["edges are thinned by non-maximum suppression (nms), and their maps smoothed for it"]
    assert predictions.describe()["nms"] is True
    thick = of_ridges(tmp_path, {"a": ridge()})
    assert np.unique(thick.load(sample).maps[0].nonzero()[1]).tolist() == list(range(25, 34))
    assert "nms" not in thick.describe()


def test_thinning_is_done_at_the_size_of_the_truth(tmp_path: Path) -> None:
    half = np.ascontiguousarray(ridge((40, 60))[::2, ::2])
    predictions = of_ridges(tmp_path, {"a": ridge((40, 60))}, nms=True, resize=True)
    Image.fromarray(half).save(tmp_path / "a.png")
    (sample,) = predictions._dataset.samples()
    found = predictions.load(sample).maps[0, 8:-8]
    assert found.shape[1] == 60
    assert len(np.unique(found.nonzero()[1])) <= 2, "lines thinned first and resampled then are wider"


def test_maps_too_small_to_be_thinned_are_refused(tmp_path: Path) -> None:
    predictions = of_ridges(tmp_path, {"a": np.zeros((1, 8), np.uint8)}, nms=True)
    (sample,) = predictions._dataset.samples()
    assert "1x8 px, and nms; allowed: at least 2x2 px" in str(predictions.check(sample, (1, 8))[0])


def checked(predictions: SavedEdgeMaps) -> SavedEdgeMaps:
    for sample in predictions._dataset.samples():
        assert predictions.check(sample, predictions._dataset.size(sample)) == []
    return predictions


def test_dark_edges_on_white_are_noticed_and_can_be_turned(tmp_path: Path) -> None:
    dark = {name: 255 - ridge() for name in "abc"} | {"right": ridge()}
    (note,) = checked(of_ridges(tmp_path / "dark", dark)).notes()
    assert note == (
        "most pixels are edges in 3 of 4 edge maps, such as a, b and 1 more: are edges drawn dark on white? "
        "invert: true (--invert) turns them"
    )
    turned = of_ridges(tmp_path / "all dark", {name: dark[name] for name in "abc"}, invert=True)
    assert checked(turned).notes() == []
    np.testing.assert_array_equal(turned.load(turned._dataset.samples()[0]).maps[0], ridge())
    assert turned.describe()["invert"] is True
    (note,) = checked(of_ridges(tmp_path / "right", {"a": ridge()}, invert=True)).notes()
    assert note.endswith("with invert they are turned")
    half = {"a": 255 - ridge(), "b": ridge()}
    assert checked(of_ridges(tmp_path / "half", half)).notes() == []


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_maps_of_floats_are_turned_and_thinned_too(tmp_path: Path, dtype: type) -> None:
    maps = np.stack([np.float32(255 - ridge()) / 255] * 3).astype(dtype)
    dataset: Any = EdgeTruth(MemoryDataset({"a_1": np.zeros((40, 61), np.uint8)}))
    predictions = SavedEdgeMaps(write_npz(tmp_path, "a_1", edges=maps), dataset=dataset, invert=True, nms=True)
    found = predictions.load(FIRST).maps
    assert found.dtype == np.float32
    assert [np.unique(one[6:-6].nonzero()[1]).tolist() for one in found] == [[29]] * 3
