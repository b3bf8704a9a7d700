"""A CamVid folder small enough to score by hand, predictions for it, and the command line as a function."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest

from boundary_bench.bench.cli import main

SIZE = (24, 32)
IDS = ("seq_0001", "seq_0002", "seq_0003")


@dataclass(frozen=True)
class Street:
    """root: CamVid layout, splits val and test. predictions: label PNGs of the test split. probabilities: .npz."""

    root: Path
    predictions: Path
    probabilities: Path

    @property
    def options(self) -> tuple[str, ...]:
        return ("--dataset", "camvid", "--root", str(self.root), "--split", "test")

    @property
    def scored(self) -> tuple[str, ...]:
        return (*self.options, "--predictions", str(self.predictions))


def build(folder: Path) -> Street:
    """Left of column 16 building, right of it road, one void column; predictions have the edge 2 px too far right."""
    truth = np.full(SIZE, 1, np.uint8)
    truth[:, 16:] = 3
    truth[:, 31] = 11
    prediction = np.full(SIZE, 1, np.uint8)
    prediction[:, 18:] = 3
    image = np.repeat(np.where(truth == 1, 60, 200)[..., None], 3, axis=2).astype(np.uint8)
    for split in ("val", "test"):
        for name in IDS:
            write(folder / "camvid" / split / f"{name}.png", image)
            write(folder / "camvid" / f"{split}annot" / f"{name}.png", truth)
    for name in IDS:
        write(folder / "net" / "test" / f"{name}.png", prediction)
        save_probabilities(folder / "prob", name, prediction)
    return Street(folder / "camvid", folder / "net" / "test", folder / "prob")


def with_one_class(street: Street, split: str = "val") -> None:
    """Write truth anew with buildings and void alone."""
    truth = np.full(SIZE, 1, np.uint8)
    truth[:, 20:] = 11
    for name in IDS:
        write(street.root / f"{split}annot" / f"{name}.png", truth)


ONE_CLASS = "truth of camvid/val: nothing but the class building and void in 3 images; allowed: an image at least"
"""What trainings say of it."""


def save_probabilities(folder: Path, name: str, labels: np.ndarray) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    onehot = (np.arange(11)[:, None, None] == labels).astype(np.float32)
    np.savez(folder / f"{name}.npz", prob=0.6 * onehot + 0.4 / 11)


def write(path: Path, picture: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), picture)


def read(path: Path) -> np.ndarray:
    found = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    assert found is not None
    return found


def sets(*changes: str) -> tuple[str, ...]:
    """`key=value` each as `--set` options."""
    return tuple(part for change in changes for part in ("--set", change))


def call(*arguments: object) -> int:
    """Exit code of `bench` with these arguments."""
    with pytest.raises(SystemExit) as stop:
        main([str(argument) for argument in arguments])
    return int(stop.value.code or 0)
