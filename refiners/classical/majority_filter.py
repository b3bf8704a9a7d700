"""The most frequent label in a disk: smoothing that knows nothing of the image."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from boundary_bench.metrics.functional.geometry import band
from boundary_bench.metrics.structures.labels import Labels, void_of
from boundary_bench.metrics.structures.segmentation import Task
from boundary_bench.refiners.common.per_label import ALL_KINDS, AnyMap, Window, refined


class MajorityFilter:
    """Gives each pixel the most frequent label of the disk around it.

    The disk is Euclidean (all pixels whose centres are within `radius_px`) and is cut off at the image
    border. Void pixels have no vote and stay void. Of several labels with equally many votes the pixel keeps
    its own if it is among them, else it takes the smallest id. Probabilities are dropped: they no longer
    describe the labels.

    Of objects, each mask is smoothed by itself, as a map of object and background; so is a binary mask. The labels of a
    panoptic map are its segments, of which the earlier counts as the smaller id.
    """

    tasks: frozenset[Task] = ALL_KINDS

    def __init__(self, radius_px: int = 2) -> None:
        """Fix the disk.

        Args:
            radius_px: its radius in px, at least 1.

        Raises:
            ValueError: a smaller radius.
        """
        if radius_px < 1:
            raise ValueError(f"radius_px is {radius_px}; allowed: 1 or more")
        self.radius_px = radius_px

    def refine(self, image: NDArray[np.uint8], prediction: AnyMap) -> AnyMap:  # noqa: ARG002
        """The smoothed labels, in the dtype they came in.

        Args:
            image: RGB, uint8 (H, W, 3); not looked at.
            prediction: of any kind; semantic labels uint8 or int32 (H, W).
        """

        def vote(labels: Labels, window: Window) -> Labels:  # noqa: ARG001
            return majority_labels(labels, radius_px=self.radius_px)

        # Pixels a radius off the mask can change; their disks reach another radius.
        return refined(prediction, vote, margin_px=2 * self.radius_px)


def majority_labels(labels: Labels, *, radius_px: int) -> Labels:
    """The vote of `MajorityFilter`: uint8 or int32 (H, W) in, a new array of the same dtype out."""
    smoothed = labels.copy()
    # Elsewhere the disk holds one label only, so the vote is decided.
    undecided = band(labels, width_px=radius_px) & (labels != void_of(labels))
    _vote(labels, void_of(labels), np.argwhere(undecided), _disk(radius_px), smoothed)
    return smoothed


def _disk(radius_px: int) -> NDArray[np.int64]:
    steps = np.arange(-radius_px, radius_px + 1)
    dy, dx = np.meshgrid(steps, steps, indexing="ij")
    inside = dy**2 + dx**2 <= radius_px**2
    return np.stack([dy[inside], dx[inside]], axis=1).astype(np.int64)


@njit(cache=True, nogil=True)
def _vote(
    labels: NDArray[Any], void: int, pixels: NDArray[np.int64], disk: NDArray[np.int64], out: NDArray[Any]
) -> None:
    height, width = labels.shape
    ids = np.empty(len(disk), labels.dtype)
    votes = np.empty(len(disk), np.int64)
    for y, x in pixels:
        found = 0
        for dy, dx in disk:
            yy, xx = y + dy, x + dx
            if not (0 <= yy < height and 0 <= xx < width) or labels[yy, xx] == void:
                continue
            # A disk holds few different labels: a short list is searched faster than a table is cleared.
            slot = 0
            while slot < found and ids[slot] != labels[yy, xx]:
                slot += 1
            if slot == found:
                ids[slot] = labels[yy, xx]
                votes[slot] = 0
                found += 1
            votes[slot] += 1
        out[y, x] = _winner(ids[:found], votes[:found], labels[y, x])


@njit(cache=True, nogil=True)
def _winner(ids: NDArray[Any], votes: NDArray[np.int64], own: Any) -> Any:
    most = votes.max()
    winner = own
    chosen = False
    for label, count in zip(ids, votes):  # noqa: B905 (numba knows no strict)
        if count != most:
            continue
        if label == own:
            return own
        if not chosen or label < winner:
            winner = label
            chosen = True
    return winner
