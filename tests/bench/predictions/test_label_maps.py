"""Predictions in label PNGs: which file is whose, which ids are read how, and everything that can be wrong."""

from __future__ import annotations

import pickle
from pathlib import Path

import cv2
import numpy as np
import pytest

from boundary_bench.bench.datasets.camvid import Camvid
from boundary_bench.bench.datasets.cityscapes import Cityscapes
from boundary_bench.bench.errors import InputError
from boundary_bench.bench.formats.labels.label_image import write_label_image
from boundary_bench.bench.plugins.protocols import Sample
from boundary_bench.bench.predictions.label_maps import LabelMaps
from tests.bench.label_files import IDS, chunk, png, write_camvid
from tests.paths import data_dir

FIRST = Sample(IDS[0])
SIZE = (6, 8)


@pytest.fixture
def camvid(tmp_path: Path) -> Camvid:
    return write_camvid(tmp_path / "camvid")


@pytest.fixture
def cityscapes(tmp_path: Path) -> Cityscapes:
    for name in ("ulm_000001_000019", "bonn_000002_000019"):
        folder = tmp_path / "cs" / "gtFine" / "val" / name.partition("_")[0]
        write_label_image(folder / f"{name}_gtFine_labelIds.png", np.full(SIZE, 7, np.uint8))
    return Cityscapes(tmp_path / "cs", "val")


def full(value: int, size: tuple[int, int] = SIZE) -> np.ndarray:
    return np.full(size, value, np.uint8)


@pytest.mark.parametrize(
    "name",
    [
        "{}.png",
        "{}.PNG",
        "{}_pred.png",
        "{}_leftImg8bit_pred.png",
        "some/folder/{}.png",
        "0001TP/{}_labels.png",
    ],
)
def test_names_that_belong_to_a_sample(tmp_path: Path, camvid: Camvid, name: str) -> None:
    write_label_image(tmp_path / "p" / name.format(FIRST.id), full(5))
    predictions = LabelMaps(tmp_path / "p", dataset=camvid)
    assert [predictions.has(sample) for sample in camvid.samples()] == [True, False, False]
    assert (predictions.load(FIRST).labels == 5).all()
    assert predictions.load(FIRST).probabilities is None
    assert predictions.check(FIRST, SIZE) == []
    assert predictions.notes() == ["no id is below 5: labels may start at 1, or be raw label ids"]


@pytest.mark.parametrize("name", ["x{}.png", "{}x.png", "{}-pred.png", ".{}.png", ".hidden/{}.png"])
def test_names_that_belong_to_none(tmp_path: Path, camvid: Camvid, name: str) -> None:
    write_label_image(tmp_path / "p" / name.format(FIRST.id), full(5))
    write_label_image(tmp_path / "p" / f"{IDS[1]}.png", full(0))
    assert not LabelMaps(tmp_path / "p", dataset=camvid).has(FIRST)


def test_a_name_goes_to_the_longest_id(tmp_path: Path) -> None:
    camvid = write_camvid(tmp_path / "camvid", ids=("a_1", "a_1_2"))
    write_label_image(tmp_path / "p" / "a_1_2.png", full(5))
    predictions = LabelMaps(tmp_path / "p", dataset=camvid)
    assert not predictions.has(Sample("a_1"))
    assert predictions.has(Sample("a_1_2"))


def test_the_plain_name_goes_before_one_with_an_ending(tmp_path: Path, camvid: Camvid) -> None:
    for ending in ("color", "labelTrainIds"):
        write_label_image(tmp_path / "p" / f"{FIRST.id}_{ending}.png", full(9))
    write_label_image(tmp_path / "p" / f"{FIRST.id}.png", full(5))
    predictions = LabelMaps(tmp_path / "p", dataset=camvid)
    assert (predictions.load(FIRST).labels == 5).all()


@pytest.mark.parametrize("names", [("a/{}.png", "b/{}.png"), ("{}_x.png", "{}_y.png")])
def test_two_files_that_could_be_meant(tmp_path: Path, camvid: Camvid, names: tuple[str, str]) -> None:
    for name in names:
        write_label_image(tmp_path / "p" / name.format(FIRST.id), full(5))
    predictions = LabelMaps(tmp_path / "p", dataset=camvid)
    assert predictions.has(FIRST)
    (problem,) = predictions.check(FIRST, SIZE)
    assert all(name.format(FIRST.id) in problem.found for name in names)
    with pytest.raises(InputError, match="one file for a sample"):
        predictions.load(FIRST)


@pytest.mark.parametrize(("space", "expected"), [("label_ids", 0), ("train_ids", 3)])
def test_the_ending_that_says_the_label_space_decides(
    tmp_path: Path, cityscapes: Cityscapes, space, expected: int
) -> None:
    for kind, value in (("labelIds", 7), ("labelTrainIds", 3), ("instanceIds", 1), ("color", 2)):
        write_label_image(tmp_path / "p" / "ulm" / f"ulm_000001_000019_gtFine_{kind}.png", full(value))
    predictions = LabelMaps(tmp_path / "p", dataset=cityscapes, label_space=space)
    assert (predictions.load(Sample("ulm_000001_000019")).labels == expected).all()


def test_label_ids_become_training_ids(tmp_path: Path, cityscapes: Cityscapes) -> None:
    raw = np.array([[7, 26, 0, 33]], np.uint8)
    write_label_image(tmp_path / "p" / "ulm_000001_000019.png", raw)
    sample = Sample("ulm_000001_000019")
    predictions = LabelMaps(tmp_path / "p", dataset=cityscapes, label_space="label_ids")
    assert predictions.load(sample).labels.tolist() == [[0, 13, 255, 18]]
    assert predictions.describe() == {
        "format": "label_maps",
        "label_space": "label_ids",
        "ignore": [],
        "probabilities": None,
    }
    (problem,) = LabelMaps(tmp_path / "p", dataset=cityscapes).check(sample, (1, 4))
    assert problem.found == "ids 26, 33"
    assert "raw label ids: give --label-space label_ids" in problem.hint


def test_palette_and_sixteen_bit_files(tmp_path: Path, camvid: Camvid) -> None:
    (tmp_path / "p").mkdir()
    palette = png(full(4), bits=4, colour_type=3, before=chunk(b"PLTE", bytes(15)))
    (tmp_path / "p" / f"{IDS[0]}.png").write_bytes(palette)
    ids = np.arange(48).reshape(SIZE) % 11
    write_label_image(tmp_path / "p" / f"{IDS[1]}.png", ids.astype(np.int32))
    predictions = LabelMaps(tmp_path / "p", dataset=camvid)
    np.testing.assert_array_equal(predictions.load(Sample(IDS[1])).labels, ids)
    assert (predictions.load(FIRST).labels == 4).all()


BAD = {
    "another size": (full(0, (6, 9)), "6x9 px", "is it a crop"),
    "half the size": (full(0, (3, 4)), "3x4 px", "nothing is resized silently"),
    "transposed": (full(0, (8, 6)), "8x6 px", "swapped"),
    "raw void": (full(11), "ids 11", "--ignore 11"),
    "starts at 1": (np.arange(1, 49, dtype=np.uint8).reshape(SIZE) % 11 + 1, "ids 11", "start at 1"),
    "unknown ids": (full(77), "ids 77", ""),
    "a photograph": (np.arange(48, dtype=np.uint8).reshape(SIZE) * 5, "ids 15, 20,", "photograph"),
    "wide ids": (np.full(SIZE, 26001, np.int32), "ids 26001", ""),
    "colours": (np.arange(144, dtype=np.uint8).reshape(*SIZE, 3), "colour (2, 1, 0) at row 0", "save label ids"),
    "three equal channels": (np.zeros((*SIZE, 3), np.uint8), "three equal channels", "--label-space colours"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_files_are_found_and_refused(tmp_path: Path, camvid: Camvid, name: str) -> None:
    labels, found, hint = BAD[name]
    file = tmp_path / "p" / f"{FIRST.id}.png"
    if labels.ndim == 2:
        write_label_image(file, labels)
    else:
        file.parent.mkdir()
        cv2.imwrite(str(file), labels)
    predictions = LabelMaps(tmp_path / "p", dataset=camvid)
    (problem,) = predictions.check(FIRST, SIZE)
    assert problem.where == str(file)
    assert found in problem.found
    assert hint in problem.hint
    if "px" not in found:
        with pytest.raises(InputError):
            predictions.load(FIRST)


def test_a_truncated_file(tmp_path: Path, camvid: Camvid) -> None:
    file = tmp_path / "p" / f"{FIRST.id}.png"
    write_label_image(file, full(1))
    file.write_bytes(file.read_bytes()[:-20])
    predictions = LabelMaps(tmp_path / "p", dataset=camvid)
    (problem,) = predictions.check(FIRST, SIZE)
    assert "truncated" in problem.found


def test_void_is_noted_and_counted_once(tmp_path: Path, camvid: Camvid) -> None:
    labels = full(0)
    labels[:2] = 255
    write_label_image(tmp_path / "p" / f"{FIRST.id}.png", labels)
    labels = full(4)
    write_label_image(tmp_path / "p" / f"{IDS[1]}.png", labels)
    predictions = LabelMaps(tmp_path / "p", dataset=camvid)
    for _ in range(2):
        for name in IDS[:2]:
            assert predictions.check(Sample(name), SIZE) == []
    assert (predictions.load(FIRST).labels[:2] == 255).all()
    (note,) = predictions.notes()
    assert note.startswith("16 px are void (255) in 1 of 2 label maps; they count as wrong")


def test_a_binary_mask_and_files_of_no_sample_are_noted(tmp_path: Path, camvid: Camvid) -> None:
    labels = full(0)
    labels[0] = 1
    for name in (FIRST.id, "other_000010", "other_000020", "._other"):
        write_label_image(tmp_path / "p" / f"{name}.png", labels)
    predictions = LabelMaps(tmp_path / "p", dataset=camvid)
    predictions.check(FIRST, SIZE)
    unused, mask = predictions.notes()
    assert unused == "2 .png files belong to no sample of the split, e.g. other_000010.png"
    assert "binary mask" in mask


def test_folders_without_predictions(tmp_path: Path, camvid: Camvid) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "jpg").mkdir()
    (tmp_path / "jpg" / f"{FIRST.id}.jpg").touch()
    for name, found in (
        ("absent", "no such folder"),
        ("empty", "an empty folder"),
        ("jpg", r"no .*\.png, .* file.*there are 1 \.jpg"),
        (f"jpg/{FIRST.id}.jpg", ": a file"),
    ):
        with pytest.raises(InputError, match=found):
            LabelMaps(tmp_path / name, dataset=camvid)


def test_another_label_space(tmp_path: Path, camvid: Camvid) -> None:
    with pytest.raises(InputError, match="train_ids or label_ids"):
        LabelMaps(tmp_path, dataset=camvid, label_space="trainIds")  # type: ignore[arg-type]


def test_the_name_says_the_model_not_the_split(tmp_path: Path, camvid: Camvid) -> None:
    write_label_image(tmp_path / "model" / "test" / f"{FIRST.id}.png", full(0))
    assert LabelMaps(tmp_path / "model" / "test", dataset=camvid).name == "model"
    assert LabelMaps(tmp_path / "model", dataset=camvid).name == "model"
    assert LabelMaps(tmp_path / "model", dataset=camvid, name="mine").name == "mine"


def test_the_digest_follows_the_contents(tmp_path: Path, camvid: Camvid) -> None:
    for name, value in zip(IDS, (1, 1, 2), strict=True):
        write_label_image(tmp_path / "p" / f"{name}.png", full(value))
    predictions = LabelMaps(tmp_path / "p", dataset=camvid)
    one, same, other = (predictions.digest(Sample(name)) for name in IDS)
    assert one == same != other


def write_probabilities(folder: Path, name: str, values: np.ndarray) -> None:
    folder.mkdir(exist_ok=True)
    np.savez(folder / f"{name}.npz", prob=values)


def test_probabilities_beside_the_labels(tmp_path: Path, camvid: Camvid) -> None:
    soft = np.random.default_rng(0).dirichlet(np.ones(11), (3, 4)).transpose(2, 0, 1).astype(np.float32)
    for name in IDS[:2]:
        write_label_image(tmp_path / "p" / f"{name}.png", full(2))
    write_probabilities(tmp_path / "q", IDS[0], soft)
    predictions = LabelMaps(tmp_path / "p", dataset=camvid, probabilities=tmp_path / "q")
    plain = LabelMaps(tmp_path / "p", dataset=camvid)
    assert predictions.has_probabilities
    assert not plain.has_probabilities
    assert [predictions.has(sample) for sample in camvid.samples()] == [True, False, False]
    loaded = predictions.load(FIRST)
    assert (loaded.labels == 2).all()
    np.testing.assert_allclose(loaded.probabilities, soft, rtol=1e-6)
    assert predictions.check(FIRST, SIZE) == []
    before = predictions.digest(FIRST)
    write_probabilities(tmp_path / "q", IDS[0], soft[::-1])
    assert predictions.digest(FIRST) != before
    write_probabilities(tmp_path / "q", IDS[0], soft[:10])
    write_label_image(tmp_path / "p" / f"{IDS[0]}.png", full(20))
    labels, probabilities = predictions.check(FIRST, SIZE)
    assert labels.found == "ids 20"
    assert "shape (10, 3, 4)" in probabilities.found


def test_it_travels_to_other_processes(tmp_path: Path, camvid: Camvid) -> None:
    write_label_image(tmp_path / "p" / f"{FIRST.id}.png", full(5))
    predictions = pickle.loads(pickle.dumps(LabelMaps(tmp_path / "p", dataset=camvid)))
    assert (predictions.load(FIRST).labels == 5).all()


def test_the_truth_as_its_own_prediction() -> None:
    camvid = Camvid(data_dir("camvid"), "test")
    predictions = LabelMaps(data_dir("camvid", "testannot"), dataset=camvid, label_space="label_ids")
    for sample in camvid.samples()[::50]:
        np.testing.assert_array_equal(predictions.load(sample).labels, camvid.truth(sample).labels)
    first = camvid.samples()[0]
    (problem,) = LabelMaps(data_dir("camvid", "testannot"), dataset=camvid).check(first, (360, 480))
    assert problem.found == "ids 11"
