"""Predictions of the shipped baseline network: on the fly, or saved as any user's predictions are."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImage

from boundary_bench.bench.errors import InputError, Problem
from boundary_bench.bench.plugins.protocols import Dataset, Image, Sample
from boundary_bench.metrics.structures.segmentation import SemanticMap, Task

if TYPE_CHECKING:
    from boundary_bench.bench.demo.network import Stride8Network

WEIGHTS: Final = Path(__file__).with_name("stride8_synthetic.safetensors")
RULE: Final = "argmax of the class probabilities at stride 8, enlarged bilinearly with half-pixel centres"


def load_network(weights: Path = WEIGHTS) -> Stride8Network:
    """The network in inference mode, computing in float32 from the half-precision weights of the file.

    Raises:
        ValueError: as `boundary_bench.refiners.networks.checkpoint_kind.CheckpointKind.load`.
    """
    from boundary_bench.bench.demo.checkpoint import STRIDE8_CHECKPOINTS

    return STRIDE8_CHECKPOINTS.load(weights)[0]


def predict(image: Image, network: Stride8Network) -> NDArray[np.float32]:
    """Class probabilities of one image.

    Args:
        image: RGB, uint8 (H, W, 3), of at least 64 px a side.
        network: in inference mode.

    Returns:
        float32 (K, ceil(H / 8), ceil(W / 8)), summing to 1 over K.
    """
    import torch

    with torch.inference_mode():
        batch = torch.from_numpy(np.array(image)).permute(2, 0, 1)[None].float() / 255
        probabilities: NDArray[np.float32] = torch.softmax(network(batch)[0], dim=0).numpy()
    return probabilities


def enlarged_labels(probabilities: NDArray[np.float32], size: tuple[int, int]) -> NDArray[np.uint8]:
    """uint8 labels (H, W) of coarse probabilities (K, h, w), by `RULE`; the lower id where two are equal."""
    last = np.ascontiguousarray(probabilities.transpose(1, 2, 0))
    enlarged = cv2.resize(last, size[::-1], interpolation=cv2.INTER_LINEAR)
    return np.asarray(enlarged.argmax(axis=2), dtype=np.uint8)


class Stride8Baseline:
    """The baseline network as a prediction set: runs on each image when it is asked for.

    Labels are the argmax of the class probabilities at stride 8, enlarged bilinearly with half-pixel centres, so
    they follow from the coarse probabilities that come with them.

    Args:
        dataset: with the 19 classes of Cityscapes; the network has seen synthetic scenes only.
        name: what tables call it.
        threads: of torch, for the whole process.

    Raises:
        InputError: the dataset has other classes.
    """

    task: Task = "semantic"
    has_probabilities: bool = True

    def __init__(self, dataset: Dataset, name: str = "stride8", *, threads: int = 1) -> None:
        from boundary_bench.bench.datasets.street_scene.labels import NAMES

        if tuple(dataset.classes) != NAMES:
            problem = Problem(dataset.name, f"{len(dataset.classes)} classes", "the 19 classes of Cityscapes")
            raise InputError(problem)
        self.name = name
        self._dataset = dataset
        self._threads = threads

    def has(self, sample: Sample) -> bool:  # noqa: ARG002
        """Whether there is a prediction: always."""
        return True

    def load(self, sample: Sample) -> SemanticMap:
        """The prediction, uint8 labels (H, W) and float32 probabilities (19, ceil(H / 8), ceil(W / 8))."""
        image = self._dataset.image(sample)
        probabilities = predict(image, _shared_network(self._threads))
        return SemanticMap(enlarged_labels(probabilities, image.shape[:2]), probabilities)

    def digest(self, sample: Sample) -> str:
        """Digest of weights, rule and sample."""
        parts = (_weights_digest(), RULE, self._dataset.digest(sample))
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    def check(self, sample: Sample, size: tuple[int, int]) -> list[Problem]:  # noqa: ARG002
        """Nothing: there are no files of a sample that could be wrong."""
        return []

    def describe(self) -> dict[str, Any]:
        """Description of the predictions' origin."""
        return {"format": "stride8 baseline", "weights": WEIGHTS.name, "sha256": _weights_digest(), "labels": RULE}


def save_predictions(dataset: Dataset, folder: Path) -> None:
    """Saves the baseline's predictions for all samples as files.

    Args:
        dataset: with the 19 classes of Cityscapes.
        folder: made if absent; files of the same name are replaced. `<sample id>.png` holds uint8 training ids,
            `prob/<sample id>.npz` under the key `prob` the class probabilities, uint8 (19, ceil(H / 8), ceil(W / 8)),
            value / 255 up to a factor that makes them sum to 1 in each pixel.
    """
    predictions = Stride8Baseline(dataset)
    (folder / "prob").mkdir(parents=True, exist_ok=True)
    for sample in dataset.samples():
        prediction = predictions.load(sample)
        assert prediction.probabilities is not None
        PillowImage.fromarray(prediction.labels).save(folder / f"{sample.id}.png")
        shares = np.rint(prediction.probabilities * 255).astype(np.uint8)
        np.savez_compressed(folder / "prob" / f"{sample.id}.npz", prob=shares)


@lru_cache(maxsize=1)
def _shared_network(threads: int) -> Stride8Network:
    """One network a process; kept out of prediction sets so that they travel to workers without it."""
    import torch

    torch.set_num_threads(threads)
    return load_network()


@lru_cache(maxsize=1)
def _weights_digest() -> str:
    return hashlib.sha256(WEIGHTS.read_bytes()).hexdigest()
