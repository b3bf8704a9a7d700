"""Edge maps and boundary annotations written as users and datasets have them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.io import savemat
from scipy.sparse import csc_matrix


def write_pngs(folder: Path, sample: str, maps: NDArray[np.uint8], digits: int = 3) -> Path:
    """class_001/{sample}.png and so on, of (K, H, W)."""
    for k, one in enumerate(maps, start=1):
        place = folder / f"class_{k:0{digits}}"
        place.mkdir(parents=True, exist_ok=True)
        Image.fromarray(one).save(place / f"{sample}.png")
    return folder


def write_npz(folder: Path, sample: str, **arrays: NDArray[np.generic]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    np.savez(folder / f"{sample}.npz", **arrays)  # type: ignore[arg-type]
    return folder


def cells(values: Sequence[object]) -> NDArray[np.object_]:
    """A column of cells."""
    column = np.empty((len(values), 1), object)
    for row, value in enumerate(values):
        column[row, 0] = value
    return column


def write_sbd(root: Path, sample: str, instances: NDArray[np.uint8], categories: Sequence[int]) -> None:
    """cls/ and inst/ of one image. Boundaries are the first row of each class or object, so that nobody draws them."""
    labels = np.append(0, categories).astype(np.uint8)[instances]
    by_class = [csc_matrix(first_row(labels == k)) for k in range(1, 21)]
    by_object = [csc_matrix(first_row(instances == n)) for n in range(1, len(categories) + 1)]
    present = np.unique(labels[labels > 0])[:, None]
    for kind, struct in (
        ("cls", {"Boundaries": cells(by_class), "Segmentation": labels, "CategoriesPresent": present}),
        ("inst", {"Boundaries": cells(by_object), "Segmentation": instances, "Categories": np.array([categories]).T}),
    ):
        (root / kind).mkdir(parents=True, exist_ok=True)
        savemat(root / kind / f"{sample}.mat", {f"GT{kind}": struct}, do_compression=True)


def first_row(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The uppermost pixels of a mask."""
    out = np.zeros_like(mask)
    if mask.any():
        row = np.flatnonzero(mask.any(axis=1))[0]
        out[row] = mask[row]
    return out


def write_bsds(root: Path, split: str, sample: str, people: Sequence[NDArray[np.bool_]]) -> Path:
    """groundTruth/{split}/{sample}.mat of so many annotators."""
    path = root / "groundTruth" / split / f"{sample}.mat"
    path.parent.mkdir(parents=True, exist_ok=True)
    structs = [{"Segmentation": one.astype(np.uint16), "Boundaries": one.astype(np.uint8)} for one in people]
    savemat(path, {"groundTruth": cells(structs).T})
    return path
