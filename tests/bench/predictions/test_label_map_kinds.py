"""Label maps as people have them: every kind of file, ids of void, and pictures in colours."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from boundary_bench.bench.datasets.camvid import Camvid
from boundary_bench.bench.errors import InputError
from boundary_bench.bench.formats.labels.label_space import LabelSpace
from boundary_bench.bench.plugins import registry
from boundary_bench.bench.plugins.protocols import Sample
from boundary_bench.bench.predictions.label_maps import LabelMaps
from tests.bench.label_files import IDS, MemoryDataset, write_camvid

FIRST = Sample(IDS[0])
SIZE = (6, 8)
NEW = np.arange(48).reshape(SIZE) % 11
SOFT = (np.arange(11)[:, None, None] == NEW).astype(np.float32)


@pytest.fixture
def camvid(tmp_path: Path) -> Camvid:
    return write_camvid(tmp_path / "camvid")


def written(folder: Path, name: str, labels: np.ndarray) -> Path:
    """The label map in the kind of file that the name ends in."""
    folder.mkdir(exist_ok=True)
    path = folder / name
    if path.suffix == ".npy":
        np.save(path, labels)
    elif path.suffix == ".npz":
        np.savez(path, labels)
    else:
        Image.fromarray(labels).save(path)
    return path


@pytest.mark.parametrize("suffix", [".png", ".tif", ".TIFF", ".bmp", ".npy", ".npz"])
def test_label_maps_in_every_kind_of_file(tmp_path: Path, camvid: Camvid, suffix: str) -> None:
    written(tmp_path / "p", f"{FIRST.id}{suffix}", NEW.astype(np.uint8))
    written(tmp_path / "p", f"{IDS[1]}_pred.npy", NEW)
    predictions = LabelMaps(tmp_path / "p", dataset=camvid)
    for sample in (FIRST, Sample(IDS[1])):
        assert predictions.check(sample, SIZE) == []
        np.testing.assert_array_equal(predictions.load(sample).labels, NEW)


def test_two_kinds_of_files_for_a_sample(tmp_path: Path, camvid: Camvid) -> None:
    for suffix in (".png", ".npy"):
        written(tmp_path / "p", f"{FIRST.id}{suffix}", NEW.astype(np.uint8))
    (problem,) = LabelMaps(tmp_path / "p", dataset=camvid).check(FIRST, SIZE)
    assert problem.found == f"{FIRST.id}.npy, {FIRST.id}.png for {FIRST.id}"


@pytest.mark.parametrize("place", ["p", "p/prob"])
def test_probabilities_in_the_same_folder_are_no_second_label_map(tmp_path: Path, camvid: Camvid, place: str) -> None:
    written(tmp_path / "p", f"{FIRST.id}.png", NEW.astype(np.uint8))
    (tmp_path / place).mkdir(exist_ok=True)
    np.savez(tmp_path / place / f"{FIRST.id}.npz", prob=SOFT)
    np.testing.assert_array_equal(LabelMaps(tmp_path / "p", dataset=camvid).load(FIRST).labels, NEW)
    if place != "p":
        np.savez(tmp_path / place / f"{IDS[1]}.npz", prob=SOFT)
        both = LabelMaps(tmp_path / "p", dataset=camvid, probabilities=tmp_path / place)
        assert [both.has(sample) for sample in camvid.samples()] == [True, False, False]
        np.testing.assert_array_equal(both.load(FIRST).probabilities, SOFT)


def test_a_folder_of_probabilities_is_named(tmp_path: Path, camvid: Camvid) -> None:
    written(tmp_path / "p", f"{FIRST.id}.npz", SOFT)
    (problem,) = LabelMaps(tmp_path / "p", dataset=camvid).check(FIRST, SIZE)
    assert "--format probabilities" in problem.hint


def test_arrays_are_found_by_their_names(tmp_path: Path, camvid: Camvid) -> None:
    (tmp_path / "p").mkdir()
    np.savez(tmp_path / "p" / f"{FIRST.id}.npz", a=NEW, b=NEW[::-1])
    (tmp_path / "q").mkdir()
    np.savez(tmp_path / "q" / f"{FIRST.id}.npz", soft=SOFT, prob=SOFT[::-1])
    (problem,) = LabelMaps(tmp_path / "p", dataset=camvid).check(FIRST, SIZE)
    assert "--key NAME" in problem.hint
    predictions = LabelMaps(
        tmp_path / "p", dataset=camvid, key="b", probabilities=tmp_path / "q", probabilities_key="soft"
    )
    loaded = predictions.load(FIRST)
    np.testing.assert_array_equal(loaded.labels, NEW[::-1])
    np.testing.assert_array_equal(loaded.probabilities, SOFT)
    assert predictions.describe()["probabilities"] == "soft"


@pytest.mark.parametrize(("value", "dtype"), [(255, np.uint8), (65535, np.uint16), (-1, np.int16), (65535, np.int64)])
def test_usual_ids_of_void(tmp_path: Path, camvid: Camvid, value: int, dtype: type) -> None:
    labels = NEW.astype(dtype)
    labels[0] = value
    written(tmp_path / "p", f"{FIRST.id}.npy", labels)
    predictions = LabelMaps(tmp_path / "p", dataset=camvid)
    assert predictions.check(FIRST, SIZE) == []
    assert (predictions.load(FIRST).labels[0] == 255).all()
    assert predictions.notes()[0].startswith(f"8 px are void ({value}) in 1 of 1 label maps; they count as wrong")


@pytest.mark.parametrize("value", [11, 3, 77])
def test_ids_that_the_user_calls_void(tmp_path: Path, camvid: Camvid, value: int) -> None:
    labels = NEW.astype(np.uint8)
    labels[0] = value
    written(tmp_path / "p", f"{FIRST.id}.png", labels)
    if value > 10:
        assert f"ids {value}" in str(LabelMaps(tmp_path / "p", dataset=camvid).check(FIRST, SIZE)[0])
    predictions = LabelMaps(tmp_path / "p", dataset=camvid, ignore=[value])
    assert predictions.check(FIRST, SIZE) == []
    np.testing.assert_array_equal(predictions.load(FIRST).labels, np.where(labels == value, 255, labels))
    assert f"void ({value})" in predictions.notes()[0]
    assert predictions.describe()["ignore"] == [value]


@pytest.mark.parametrize("ignore", [["a"], [1.5], [True]])
def test_what_is_no_id_cannot_be_void(tmp_path: Path, camvid: Camvid, ignore: list) -> None:
    with pytest.raises(InputError, match="ignore: "):
        LabelMaps(tmp_path, dataset=camvid, ignore=ignore)


def test_a_class_that_has_the_usual_id_of_void(tmp_path: Path) -> None:
    class Many(MemoryDataset):
        classes = tuple(map(str, range(300)))  # type: ignore[assignment]

    labels = np.array([[254, 255, 256, 299, -1]])
    written(tmp_path / "p", "a.npy", labels)
    predictions = LabelMaps(tmp_path / "p", dataset=Many({"a": np.zeros((1, 5), np.uint8)}))
    assert predictions.check(Sample("a"), (1, 5)) == []
    np.testing.assert_array_equal(predictions.load(Sample("a")).labels, labels)
    assert predictions.notes()[0].startswith("1 px are void (-1)")


def test_a_rule_of_the_dataset_s_own_goes_before_the_option(tmp_path: Path) -> None:
    class Own(MemoryDataset):
        prediction_space = LabelSpace(3, {10: 0, 20: 1, 30: 2}, void={7})

    written(tmp_path / "p", "a.png", np.array([[10, 20, 30, 7]], np.uint8))
    dataset = Own({"a": np.zeros((1, 4), np.uint8)})
    assert LabelMaps(tmp_path / "p", dataset=dataset).load(Sample("a")).labels.tolist() == [[0, 1, 2, 255]]
    ignoring = LabelMaps(tmp_path / "p", dataset=dataset, ignore=[20])
    assert ignoring.load(Sample("a")).labels.tolist() == [[0, 255, 2, 255]]


def test_pictures_in_the_colours_of_the_classes(tmp_path: Path, camvid: Camvid) -> None:
    rgb = camvid.colours[NEW]
    rgb[0] = 0
    written(tmp_path / "p", f"{FIRST.id}_color.png", rgb)
    written(tmp_path / "p", f"{IDS[1]}.png", NEW.astype(np.uint8))
    expected = NEW.copy()
    expected[0] = 255
    predictions = LabelMaps(tmp_path / "p", dataset=camvid)
    for sample in camvid.samples()[:2]:
        assert predictions.check(sample, SIZE) == []
    np.testing.assert_array_equal(predictions.load(FIRST).labels, expected)
    void, colours = predictions.notes()
    assert void.startswith("8 px are void (colour (0, 0, 0)) in 1 of 2 label maps")
    assert colours == "1 of 2 label maps are pictures in the colours of the classes, read as such"
    told = LabelMaps(tmp_path / "p", dataset=camvid, label_space="colours")
    np.testing.assert_array_equal(told.load(FIRST).labels, expected)
    assert "colour (1, 1, 1)" in told.check(Sample(IDS[1]), SIZE)[0].found
    raw = LabelMaps(tmp_path / "p", dataset=camvid, label_space="label_ids")
    assert "colour-coded" in raw.check(FIRST, SIZE)[0].hint


def test_a_colour_of_no_class(tmp_path: Path, camvid: Camvid) -> None:
    rgb = camvid.colours[NEW]
    rgb[2, 3] = 9
    path = written(tmp_path / "p", f"{FIRST.id}.png", rgb)
    (problem,) = LabelMaps(tmp_path / "p", dataset=camvid).check(FIRST, SIZE)
    assert str(problem).startswith(f"{path}: colour (9, 9, 9) at row 2, column 3 (from 0), 1 px")


class BlackAndWhite(MemoryDataset):
    classes = ("background", "object")  # type: ignore[assignment]
    colours = np.array([(0, 0, 0), (255, 255, 255)], np.uint8)


def test_equal_channels_are_ids_or_colours_and_not_guessed(tmp_path: Path) -> None:
    mask = (NEW > 5).astype(np.uint8)
    path = written(tmp_path / "p", "a.png", np.dstack([mask * 255] * 3))
    dataset = BlackAndWhite({"a": mask})
    (problem,) = LabelMaps(tmp_path / "p", dataset=dataset).check(Sample("a"), SIZE)
    assert problem.where == str(path)
    assert "three equal channels" in problem.found
    told = LabelMaps(tmp_path / "p", dataset=dataset, label_space="colours")
    np.testing.assert_array_equal(told.load(Sample("a")).labels, mask)
    # One channel as the hint says: 255 is void there, and is said to be.
    written(tmp_path / "p", "a.png", mask * 255)
    grey = LabelMaps(tmp_path / "p", dataset=dataset)
    assert grey.check(Sample("a"), SIZE) == []
    assert "void (255)" in grey.notes()[0]


def test_equal_channels_that_can_be_one_thing_only(tmp_path: Path, camvid: Camvid) -> None:
    ids = NEW.astype(np.uint8)
    path = written(tmp_path / "p", f"{FIRST.id}.png", np.dstack([ids] * 3))
    (problem,) = LabelMaps(tmp_path / "p", dataset=camvid).check(FIRST, SIZE)
    assert problem.hint == "its three channels are equal: save one of them as a grey PNG"
    written(tmp_path / "p", path.name, ids)
    np.testing.assert_array_equal(LabelMaps(tmp_path / "p", dataset=camvid).load(FIRST).labels, ids)
    stretched = np.rint(NEW * 25.5).astype(np.uint8)
    written(tmp_path / "p", path.name, np.dstack([stretched] * 3))
    (problem,) = LabelMaps(tmp_path / "p", dataset=camvid).check(FIRST, SIZE)
    assert "stretched over 0..255: save the ids themselves" in problem.hint
    # The sky's grey is the id of no class.
    written(tmp_path / "p", path.name, np.full((*SIZE, 3), 128, np.uint8))
    assert (LabelMaps(tmp_path / "p", dataset=camvid).load(FIRST).labels == 0).all()


@pytest.mark.parametrize("name", ["label_png", "label-png", "label_maps", "bench.predictions.label_png:LabelPng"])
def test_the_former_name(name: str) -> None:
    assert registry.find("predictions", name) is LabelMaps
