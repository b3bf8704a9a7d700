"""A folder of photos, true masks and coarse ones, hard and soft, of discs on an even ground."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

SIZE = (40, 52)
IDS = ("a", "b", "c", "empty")
SHIFT_PX = 3


@dataclass(frozen=True)
class BinaryWorld:
    """Folders with `{id}.png`: of RGB photos, of truth, and of masks that lie too far to the right."""

    images: Path
    truth: Path
    coarse: Path
    soft: Path


def build(folder: Path) -> BinaryWorld:
    """Write the files; the mask called `empty` is."""
    world = BinaryWorld(*(folder / name for name in ("images", "truth", "coarse", "soft")))
    for number, name in enumerate(IDS):
        truth = _disc(number, 0)
        coarse = _disc(number, SHIFT_PX) if name != "empty" else np.zeros(SIZE, np.uint8)
        noise = np.random.default_rng(number).normal(0, 4, (*SIZE, 3))
        photo = np.clip(90 + 60 * truth[..., None] + noise, 0, 255).astype(np.uint8)
        levels = cv2.GaussianBlur(coarse * np.uint8(230), (5, 5), 0)
        for where, picture in (
            (world.images, photo),
            (world.truth, truth * np.uint8(255)),
            (world.coarse, coarse * np.uint8(255)),
            (world.soft, levels),
        ):
            where.mkdir(parents=True, exist_ok=True)
            cv2.imwrite(str(where / f"{name}.png"), picture)
    return world


def read(path: Path) -> NDArray[np.uint8]:
    """Levels of a written mask."""
    return np.asarray(cv2.imread(str(path), cv2.IMREAD_UNCHANGED), np.uint8)


def _disc(number: int, shift_px: int) -> NDArray[np.uint8]:
    found = np.zeros(SIZE, np.uint8)
    cv2.circle(found, (22 + number + shift_px, 19), 9 + number, 1, -1)
    return found
