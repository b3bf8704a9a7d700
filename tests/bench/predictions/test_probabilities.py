"""Predictions as class probabilities: normalisation, labels by hand, and everything that can be wrong."""

from __future__ import annotations

import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest

from boundary_bench.bench.datasets.camvid import Camvid
from boundary_bench.bench.errors import InputError
from boundary_bench.bench.formats.probabilities import read_probabilities, same_view
from boundary_bench.bench.plugins.protocols import Sample
from boundary_bench.bench.predictions.label_maps import LabelMaps
from boundary_bench.bench.predictions.probabilities import Probabilities
from tests.bench.label_files import MemoryDataset
from tests.paths import data_dir

SIZE = (4, 8)
DATASET = MemoryDataset({"a": np.zeros(SIZE, np.uint8)})
A = Sample("a")


def saved(folder: Path, values: np.ndarray, key: str = "prob", name: str = "a") -> Path:
    folder.mkdir(exist_ok=True)
    np.savez(folder / f"{name}.npz", **{key: values})
    return folder


def uniform(shape: tuple[int, ...] = (3, *SIZE), dtype: type = np.float32) -> np.ndarray:
    return np.full(shape, 1 / 3, dtype)


def test_labels_are_the_most_likely_classes_enlarged(tmp_path: Path) -> None:
    # Class 0 left, class 2 right, on two cells four pixels wide each: with half-pixel centres the weight of
    # the right cell is 0, 0, 1/8, 3/8, 5/8, 7/8, 1, 1, so the label changes in the middle.
    left = np.array([[[1, 0]], [[0, 0]], [[0, 1]]], np.float32)
    predictions = Probabilities(saved(tmp_path / "p", left), dataset=DATASET)
    loaded = predictions.load(A)
    assert loaded.labels.dtype == np.uint8
    np.testing.assert_array_equal(loaded.labels, [[0, 0, 0, 0, 2, 2, 2, 2]] * 4)
    np.testing.assert_array_equal(loaded.probabilities, left)


def test_another_weight_moves_the_change(tmp_path: Path) -> None:
    # The right cell is 0.6 class 2: its share passes that of class 0 (1 - w + 0.4 w) at w = 5/6 only.
    grid = np.array([[[1, 0.4]], [[0, 0]], [[0, 0.6]]], np.float32)
    predictions = Probabilities(saved(tmp_path / "p", grid), dataset=DATASET)
    np.testing.assert_array_equal(predictions.load(A).labels, [[0, 0, 0, 0, 0, 2, 2, 2]] * 4)


def test_bytes_are_divided_by_their_sum(tmp_path: Path) -> None:
    values = np.array([200, 50, 7], np.uint8)[:, None, None] * np.ones(SIZE, np.uint8)
    loaded = Probabilities(saved(tmp_path / "p", values), dataset=DATASET).load(A)
    assert loaded.probabilities is not None
    np.testing.assert_allclose(loaded.probabilities[:, 0, 0], np.array([200, 50, 7]) / 257, rtol=1e-6)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_floats_are_normalised(tmp_path: Path, dtype: type) -> None:
    values = np.array([0.7, 0.2, 0.108], dtype)[:, None, None] * np.ones(SIZE, dtype)
    loaded = Probabilities(saved(tmp_path / "p", values), dataset=DATASET).load(A)
    assert loaded.probabilities is not None
    assert loaded.probabilities.dtype == np.float32
    np.testing.assert_allclose(loaded.probabilities.sum(axis=0), 1, rtol=1e-6)
    np.testing.assert_allclose(loaded.probabilities[0], 0.7 / 1.008, rtol=1e-3)


def with_value(value: float) -> np.ndarray:
    values = uniform()
    values[1, 2, 3] = value
    return values


BAD = {
    "fewer classes": (uniform((2, *SIZE)), "shape (2, 4, 8)", ""),
    "one more class": (uniform((4, *SIZE)), "shape (4, 4, 8)", "one more class"),
    "classes last": (uniform((*SIZE, 3)), "shape (4, 8, 3)", "come first"),
    "batch axis": (uniform((1, 3, *SIZE)), "shape (1, 3, 4, 8)", "batch axis"),
    "labels": (np.zeros(SIZE, np.uint8), "shape (4, 8)", "leave --format out"),
    "empty": (np.zeros((3, 0, 0), np.float32), "shape (3, 0, 0)", ""),
    "transposed": (uniform((3, 8, 4)), "shape (3, 8, 4)", "swapped"),
    "finer": (uniform((3, 8, 16)), "shape (3, 8, 16)", "crop"),
    "another aspect": (uniform((3, 4, 4)), "shape (3, 4, 4)", "crop"),
    "NaN": (with_value(np.nan), "1 values that are not finite", ""),
    "infinite": (with_value(np.inf), "1 values that are not finite", ""),
    "logits": (with_value(-3), "values in [-3, 0.333333]", "softmax"),
    "0..255 as float": (uniform() * 255, "values in [85, 85]", "multiplied by 255"),
    "integers": (np.ones((3, *SIZE), np.int64), "dtype int64", ""),
    "sums too large": (uniform() * 2, "sums over classes in [2, 2]", "sigmoid"),
    "one sum too small": (with_value(0), "sums over classes in [0.666667, 1]", "sigmoid"),
    "one-hot bytes": (np.eye(3, dtype=np.uint8)[:, :1, None] * np.ones(SIZE, np.uint8), "in [1, 1]", "one-hot"),
    "bytes that sum to 0": (np.zeros((3, *SIZE), np.uint8), "in [0, 0]", "sigmoid"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_arrays_are_found_and_refused(tmp_path: Path, name: str) -> None:
    values, found, hint = BAD[name]
    predictions = Probabilities(saved(tmp_path / "p", values), dataset=DATASET)
    (problem,) = predictions.check(A, SIZE)
    assert problem.where == f"{tmp_path / 'p' / 'a.npz'}[prob]"
    assert found in problem.found
    assert hint in problem.hint
    assert bool(hint) == bool(problem.hint)
    with pytest.raises(InputError):
        predictions.load(A)


def test_as_many_classes_as_a_byte_has_values(tmp_path: Path) -> None:
    # Rounding may move the sum of 255 bytes by as much as the sum itself; nothing at all is still wrong.
    file = saved(tmp_path / "p", np.zeros((255, 2, 2), np.uint8)) / "a.npz"
    with pytest.raises(InputError, match="sums over classes"):
        read_probabilities(file, classes=255, size=(2, 2))


class Evil:
    """Unpickling it would leave a trace."""

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (Path("unpickled"),)


def test_pickled_objects_are_never_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    saved(tmp_path / "p", np.array([Evil()], dtype=object))
    with pytest.raises(InputError, match="cannot be read"):
        Probabilities("p", dataset=DATASET).load(A)
    (tmp_path / "p" / "a.npz").write_bytes(__import__("pickle").dumps(Evil()))
    with pytest.raises(InputError, match="cannot be read"):
        Probabilities("p", dataset=DATASET).load(A)
    assert not (tmp_path / "unpickled").exists()


def test_broken_files(tmp_path: Path) -> None:
    folder = saved(tmp_path / "p", uniform((3, 4, 8)))
    file = folder / "a.npz"
    whole = file.read_bytes()
    predictions = Probabilities(folder, dataset=DATASET)
    for data in (b"", b"text", whole[:100], whole[: len(whole) // 2], whole[:-10]):
        file.write_bytes(data)
        (problem,) = predictions.check(A, SIZE)
        assert "cannot be read" in problem.found
    # One bit of the array: the checksum of the archive tells.
    middle = len(whole) // 2
    file.write_bytes(whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :])
    assert "cannot be read" in predictions.check(A, SIZE)[0].found
    with open(file, "wb") as out:
        np.save(out, uniform())
    assert predictions.check(A, SIZE) == []  # what a file is, its first bytes say
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("prob.npy", "not an array")
    assert "cannot be read" in predictions.check(A, SIZE)[0].found


def test_another_key(tmp_path: Path) -> None:
    folder = saved(tmp_path / "p", uniform(), key="probs")
    (problem,) = Probabilities(folder, dataset=DATASET, key="prob").check(A, SIZE)
    assert problem.found == "arrays probs"
    assert problem.hint == "did you mean 'probs'?"
    predictions = Probabilities(folder, dataset=DATASET, key="probs")
    assert predictions.check(A, SIZE) == []
    assert predictions.describe()["key"] == "probs"


@pytest.mark.parametrize(
    ("grid", "size", "same"),
    [
        ((45, 60), (360, 480), True),
        ((90, 120), (360, 480), True),
        ((360, 480), (360, 480), True),
        ((129, 257), (1024, 2048), True),  # stride 8 with both edges
        ((12, 16), (375, 500), True),  # stride 32, rounded up
        ((11, 15), (375, 500), True),  # rounded down
        ((1, 1), (1024, 2048), True),  # stride 1100
        ((1, 1), (100, 200), True),
        ((2, 2), (100, 301), False),
        ((1, 2), (1024, 2048), True),
        ((1, 1), (30, 40), True),
        ((60, 45), (360, 480), False),
        ((45, 80), (360, 480), False),
        ((45, 63), (360, 480), False),
        ((361, 481), (360, 480), False),
        ((360, 240), (360, 480), False),
    ],
)
def test_grids_with_the_same_field_of_view(grid: tuple[int, int], size: tuple[int, int], same: bool) -> None:
    assert same_view(grid, size) is same


def test_presence_digest_and_name(tmp_path: Path) -> None:
    folder = saved(tmp_path / "model", uniform())
    saved(folder, uniform(), name="unused")
    predictions = Probabilities(folder, dataset=DATASET)
    assert predictions.name == "model"
    assert predictions.has(A)
    assert not predictions.has(Sample("b"))
    assert predictions.notes() == ["1 .npz files belong to no sample of the split, e.g. unused.npz"]
    before = predictions.digest(A)
    saved(folder, with_value(0.3))
    assert predictions.digest(A) != before
    with pytest.raises(InputError, match="no file for b"):
        predictions.load(Sample("b"))


@pytest.mark.parametrize(("model", "least"), [("fcn8_small", 0.98), ("unet_small", 0.98)])
def test_real_probabilities_nearly_give_the_saved_labels(model: str, least: float) -> None:
    camvid = Camvid(data_dir("camvid"), "test")
    soft = Probabilities(data_dir("camvid_predictions", model, "test_prob"), dataset=camvid)
    hard = LabelMaps(data_dir("camvid_predictions", model, "test"), dataset=camvid)
    samples = camvid.samples()[::60]
    for sample in samples:
        assert soft.check(sample, (360, 480)) == []
    equal = [(soft.load(sample).labels == hard.load(sample).labels).mean() for sample in samples]
    assert least < np.mean(equal) < 1


def test_real_probabilities_against_plain_arithmetic() -> None:
    file = sorted(data_dir("camvid_predictions", "fcn8_small", "test_prob").glob("*.npz"))[0]
    stored = np.load(file)["prob"].astype(np.float64)
    read = read_probabilities(file, classes=11, size=(360, 480))
    np.testing.assert_allclose(read, stored / stored.sum(axis=0), rtol=1e-6)
    camvid = Camvid(data_dir("camvid"), "test")
    loaded = Probabilities(file.parent, dataset=camvid).load(camvid.samples()[0])
    full = [cv2.resize(plane, (480, 360), interpolation=cv2.INTER_LINEAR) for plane in read]
    np.testing.assert_array_equal(loaded.labels, np.argmax(full, axis=0))
