"""Masks of real images: classes of CamVid and the foreground of nuclei, true and predicted.

`python -m tests.real_masks OUT [--split test]` writes them as folders of images, truth and predictions, which the
data set `folder` reads: truth of 0, 255 and, for CamVid, 128 where nothing is known (`ignore: 128`); predictions of 0
and 255, and of levels in 255ths.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from boundary_bench.bench.datasets.camvid import Camvid
from boundary_bench.bench.datasets.coco import Coco
from boundary_bench.bench.datasets.synthetic import Synthetic
from boundary_bench.bench.plugins.protocols import Sample
from boundary_bench.bench.predictions.coco_results import CocoResults
from boundary_bench.bench.predictions.label_maps import LabelMaps
from boundary_bench.metrics.structures.binary_mask import BinaryMask
from boundary_bench.metrics.structures.segmentation import InstanceSet
from boundary_bench.refiners.common.probabilities import upsample
from tests.paths import data_dir

TRAINED = ("car", "pedestrian", "bicyclist", "tree", "building", "pavement")
UNKNOWN = 128
"""Level of true pixels that are not scored."""


class RealMask(NamedTuple):
    """One image with what is true, what is predicted, and how sure the model is where it said so."""

    name: str
    image: NDArray[np.uint8]
    truth: BinaryMask
    prediction: BinaryMask
    soft: BinaryMask | None


def camvid(category: str, split: str = "val", model: str = "fcn8_small") -> Iterator[RealMask]:
    """The images of a split that have the class in truth or prediction; what is void in the truth is void here."""
    dataset = Camvid(data_dir("camvid"), split)
    folder = data_dir("camvid_predictions", model)
    predictions = LabelMaps(folder / split, dataset=dataset, probabilities=folder / f"{split}_prob")
    number = dataset.classes.index(category)
    for sample in dataset.samples():
        truth, found = dataset.truth(sample), predictions.load(sample)
        mask, predicted = truth.labels == number, found.labels == number
        if mask.any() or predicted.any():
            assert found.probabilities is not None
            sure = upsample(found.probabilities[number : number + 1], truth.size)[0]
            true = BinaryMask(mask, void=truth.labels == truth.void)
            name = f"{_stretch(sample)}{category}_{sample.id}"
            yield RealMask(name, dataset.image(sample), true, BinaryMask(predicted), BinaryMask.soft(sure))


def nuclei(split: str = "train", resolution: str = "quarter") -> Iterator[RealMask]:
    """All objects of an image as one mask."""
    dataset = Coco(data_dir("nuclei", f"instances_{split}.json"), images=data_dir("nuclei", "images", split))
    results = data_dir("nuclei", f"predictions_watershed_{resolution}_{split}.json")
    predictions = CocoResults(results, dataset=dataset)
    for sample in dataset.samples():
        truth, found = _union(dataset.truth(sample)), _union(predictions.load(sample))
        yield RealMask(f"nuclei_{sample.id}", dataset.image(sample), truth, found, None)


def training() -> Iterator[RealMask]:
    """Masks to train on: of CamVid train three classes an image in turn, four fifths of nuclei train, and objects of
    synthetic scenes that are cut from an eighth of the resolution, as networks see them."""
    for turn, category in enumerate(TRAINED):
        every = camvid(category, "train")
        yield from (each for place, each in enumerate(every) if (place + turn) % 2 == 0)
    yield from (each for place, each in enumerate(nuclei("train")) if place % 5)
    yield from scenes(200)


def scenes(count: int) -> Iterator[RealMask]:
    """A class of each synthetic scene, of those with at least 400 px the one whose turn it is."""
    dataset = Synthetic("train")
    for turn, sample in enumerate(dataset.samples()[:count]):
        labels = dataset.truth(sample).labels
        there = [number for number in range(len(dataset.classes)) if np.count_nonzero(labels == number) >= 400]
        mask = labels == there[turn % len(there)]
        small = cv2.resize(
            mask.astype(np.float32), (mask.shape[1] // 8, mask.shape[0] // 8), interpolation=cv2.INTER_AREA
        )
        coarse = cv2.resize(small, mask.shape[::-1], interpolation=cv2.INTER_LINEAR) >= 0.5
        yield RealMask(f"scene_{sample.id}", dataset.image(sample), BinaryMask(mask), BinaryMask(coarse), None)


def _stretch(sample: Sample) -> str:
    """A folder for each stretch of video, whose images are not independent."""
    return "" if sample.cluster is None else f"{sample.cluster.replace('/', '_')}/"


def _union(objects: InstanceSet) -> BinaryMask:
    mask = np.zeros(objects.size, np.bool_)
    for index in range(len(objects)):
        mask |= objects.masks.dense(index)
    return BinaryMask(mask)


def write(masks: Iterator[RealMask], out: Path) -> int:
    """Folders `images`, `truth`, `coarse` and, where models say how sure they are, `soft`; how many masks."""
    count = 0
    for count, each in enumerate(masks, start=1):  # noqa: B007 - counted
        truth = np.where(each.truth.mask, 255, 0).astype(np.uint8)
        if each.truth.void is not None:
            truth[each.truth.void] = UNKNOWN
        pictures = {"images": each.image[..., ::-1], "truth": truth, "coarse": each.prediction.levels}
        if each.soft is not None:
            pictures["soft"] = each.soft.levels
        for folder, picture in pictures.items():
            path = out / folder / f"{each.name}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            cv2.imwrite(str(path), picture)
    return count


def main() -> None:
    """Write the cars of a split of CamVid, and the nuclei of the same, whose test split is called `val`."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--split", choices=("train", "val", "test"), default="test")
    given = parser.parse_args()
    if given.split == "train":
        print(write(training(), given.out), "masks to train on")
        return
    of_nuclei = {"val": "train", "test": "val"}[given.split]
    print(write(camvid("car", given.split), given.out / "cars"), "cars")
    print(write(nuclei(of_nuclei), given.out / "nuclei"), "nuclei")


if __name__ == "__main__":
    main()
