from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from PIL import Image

from boundary_bench.bench.datasets.synthetic import VERSION, Synthetic
from boundary_bench.bench.demo.checkpoint import STRIDE8_CHECKPOINTS
from boundary_bench.bench.demo.predict import (
    WEIGHTS,
    Stride8Baseline,
    enlarged_labels,
    load_network,
    predict,
    save_predictions,
)
from boundary_bench.bench.errors import InputError
from tests.void import VOID


@pytest.fixture(scope="module")
def dataset() -> Synthetic:
    return Synthetic("val", images=4)


@pytest.fixture(scope="module")
def confusion(dataset: Synthetic) -> np.ndarray:
    """Pixels by (truth, prediction, distance in px to the true boundary) over the samples."""
    baseline = Stride8Baseline(dataset)
    counts = np.zeros((19, 19, 64), dtype=np.int64)
    for sample in dataset.samples():
        truth, found = dataset.truth(sample).labels, baseline.load(sample).labels
        edge = np.ones(truth.shape, np.uint8)
        edge[:, 1:][truth[:, 1:] != truth[:, :-1]] = 0
        edge[1:][truth[1:] != truth[:-1]] = 0
        distance = np.minimum(cv2.distanceTransform(edge, cv2.DIST_L2, 5), 63).astype(int)
        scored = truth != VOID
        np.add.at(counts, (truth[scored], found[scored], distance[scored]), 1)
    return counts


def test_weights_were_trained_on_this_generator() -> None:
    _, card = STRIDE8_CHECKPOINTS.load(WEIGHTS)
    assert card["network"] == "Stride8Network"
    assert card["data"] == f"synthetic train, generator version {VERSION}"
    assert card["recipe"]["steps"] == 3600
    assert WEIGHTS.stat().st_size < 4e6


def test_mean_iou_is_a_networks(confusion: np.ndarray) -> None:
    """A network that errs, and the very one of the card: in training mode or fed another range it scores less."""
    matrix = confusion.sum(axis=2)
    right = np.diag(matrix)
    union = matrix.sum(axis=0) + matrix.sum(axis=1) - right
    iou = right[union > 0] / union[union > 0]
    assert iou.mean() == pytest.approx(0.654, abs=0.01)


def test_errors_concentrate_at_boundaries(confusion: np.ndarray) -> None:
    pixels = confusion.sum(axis=(0, 1))
    wrong = pixels - np.trace(confusion)
    near, far = wrong[:4].sum() / pixels[:4].sum(), wrong[12:].sum() / pixels[12:].sum()
    assert near > 0.1
    assert near > 4 * far


def test_probabilities_and_labels_agree(dataset: Synthetic) -> None:
    prediction = Stride8Baseline(dataset).load(dataset.samples()[0])
    assert prediction.probabilities is not None
    assert prediction.probabilities.shape == (19, 32, 64)
    assert np.allclose(prediction.probabilities.sum(axis=0), 1.0, atol=1e-5)
    # torch calls half-pixel centres align_corners=False.
    coarse = torch.from_numpy(prediction.probabilities.copy())[None]
    enlarged = torch.nn.functional.interpolate(coarse, (256, 512), mode="bilinear", align_corners=False)[0].numpy()
    top = np.sort(enlarged, axis=0)
    clear = top[-1] - top[-2] > 1e-4
    assert clear.mean() > 0.99
    assert np.array_equal(enlarged.argmax(axis=0)[clear], prediction.labels[clear])


def test_the_lower_id_wins_where_two_are_equal() -> None:
    probabilities = np.full((3, 2, 2), 0.4, np.float32)
    probabilities[0] = 0.2
    assert (enlarged_labels(probabilities, (16, 16)) == 1).all()


def test_sizes_that_are_no_multiples_of_8() -> None:
    image = np.random.default_rng(0).integers(0, 256, (70, 101, 3), dtype=np.uint8)
    probabilities = predict(image, load_network())
    assert probabilities.shape == (19, 9, 13)
    assert enlarged_labels(probabilities, (70, 101)).shape == (70, 101)


def test_predictions_are_reproducible_and_travel(dataset: Synthetic) -> None:
    sample = dataset.samples()[1]
    baseline = Stride8Baseline(dataset)
    first = baseline.load(sample)
    twin = pickle.loads(pickle.dumps(baseline))
    second = twin.load(sample)
    assert np.array_equal(first.labels, second.labels)
    assert first.probabilities is not None
    assert second.probabilities is not None
    assert np.array_equal(first.probabilities, second.probabilities)
    assert baseline.digest(sample) == twin.digest(sample) != baseline.digest(dataset.samples()[0])
    assert baseline.has(sample)
    assert baseline.check(sample, (256, 512)) == []


def test_saved_files_hold_the_predictions(dataset: Synthetic, tmp_path: Path) -> None:
    two = Synthetic("val", images=2)
    save_predictions(two, tmp_path / "new" / "folder")
    names = sorted(str(p.relative_to(tmp_path / "new" / "folder")) for p in tmp_path.rglob("*") if p.is_file())
    assert names == ["prob/val_0000.npz", "prob/val_0001.npz", "val_0000.png", "val_0001.png"]
    for sample in two.samples():
        prediction = Stride8Baseline(dataset).load(sample)
        with Image.open(tmp_path / "new" / "folder" / f"{sample.id}.png") as file:
            assert file.mode == "L"
            assert np.array_equal(np.asarray(file), prediction.labels)
        shares = np.load(tmp_path / "new" / "folder" / "prob" / f"{sample.id}.npz")["prob"]
        assert shares.dtype == np.uint8
        assert shares.shape == (19, 32, 64)
        assert prediction.probabilities is not None
        assert np.abs(shares / 255 - prediction.probabilities).max() <= 0.5 / 255 + 1e-6


def test_refuses_a_dataset_of_other_classes() -> None:
    other = Synthetic("val", images=1)
    other.classes = ("sky", "road")
    with pytest.raises(InputError, match="2 classes"):
        Stride8Baseline(other)


def test_describes_itself_without_paths(dataset: Synthetic) -> None:
    card = Stride8Baseline(dataset, "mine").describe()
    assert card["weights"] == "stride8_synthetic.safetensors"
    assert len(card["sha256"]) == 64
    assert "/" not in "".join(card.values())


def test_importing_it_does_not_import_torch() -> None:
    imports = "import boundary_bench.bench.demo.predict, boundary_bench.bench.datasets.synthetic"
    code = f"import sys; {imports}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
