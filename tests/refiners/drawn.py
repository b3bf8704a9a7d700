"""Objects and segments drawn by hand, and back to arrays."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from boundary_bench.metrics.structures.masks import Masks
from boundary_bench.metrics.structures.segmentation import InstanceSet, PanopticMap
from tests.void import VOID


def mask(picture: str) -> NDArray[np.bool_]:
    """`#` is the object."""
    return np.array([[pixel == "#" for pixel in row.strip()] for row in picture.strip().splitlines()])


def objects(*masks: str | NDArray[np.bool_], categories: Sequence[int] = (), **columns: Sequence[float]) -> InstanceSet:
    """Objects of masks, drawn or as arrays; all of category 0 unless said otherwise."""
    arrays = [mask(one) if isinstance(one, str) else one for one in masks]
    kinds = np.array(categories or [0] * len(arrays))
    return InstanceSet(
        Masks.from_dense(arrays[0].shape, arrays), kinds, **{name: np.asarray(c) for name, c in columns.items()}
    )


def dense(found: InstanceSet) -> list[NDArray[np.bool_]]:
    return [found.masks.dense(index) for index in range(len(found))]


def pictures(found: InstanceSet) -> list[str]:
    """The inverse of `mask` for each of them."""
    return ["\n".join("".join(".#"[pixel] for pixel in row) for row in one.astype(int)) for one in dense(found)]


def ids(picture: str) -> NDArray[np.int32]:
    """One digit a pixel, `.` is void."""
    rows = [row.strip() for row in picture.strip().splitlines()]
    return np.array([[0 if pixel == "." else int(pixel) for pixel in row] for row in rows], np.int32)


def labels(picture: str) -> NDArray[np.uint8]:
    """One digit a pixel, `.` is void."""
    rows = [row.strip() for row in picture.strip().splitlines()]
    return np.array([[VOID if pixel == "." else int(pixel) for pixel in row] for row in rows], np.uint8)


def segments(picture: str, categories: dict[int, int], crowd: Sequence[int] = ()) -> PanopticMap:
    """A map whose segments come in the order of `categories`."""
    order = np.array(list(categories), np.int32)
    return PanopticMap(ids(picture), order, np.array(list(categories.values())), np.isin(order, crowd))
