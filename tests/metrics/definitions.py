"""The metrics by their plain definitions, slow and obvious: what the fast kernels are compared with."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from boundary_bench.metrics.structures.labels import void_of


def seg2bmap(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Boundary of one mask, half a pixel towards the origin."""
    edge = np.zeros_like(mask)
    edge[:-1, :-1] = (
        (mask[:-1, :-1] != mask[:-1, 1:]) | (mask[:-1, :-1] != mask[1:, :-1]) | (mask[:-1, :-1] != mask[1:, 1:])
    )
    edge[-1, :-1] = mask[-1, :-1] != mask[-1, 1:]
    edge[:-1, -1] = mask[:-1, -1] != mask[1:, -1]
    return edge


def disk(radius: int) -> NDArray[np.uint8]:
    y, x = np.mgrid[-radius : radius + 1, -radius : radius + 1]
    return (y * y + x * x <= radius * radius).astype(np.uint8)


def boundary_scores(
    prediction: NDArray[np.uint8], truth: NDArray[np.uint8], label: int, radius: int
) -> tuple[float, float, float]:
    """F, precision and recall of one class in one image, void as background."""
    scored = truth != void_of(truth)
    predicted, true = (seg2bmap((labels == label) & scored) for labels in (prediction, truth))
    near_true, near_predicted = (cv2.dilate(edge.astype(np.uint8), disk(radius)) > 0 for edge in (true, predicted))
    if not predicted.any() or not true.any():
        precision = 1.0 if not predicted.any() else 0.0
        recall = 1.0 if not true.any() else 0.0
    else:
        precision = (predicted & near_true).sum() / predicted.sum()
        recall = (true & near_predicted).sum() / true.sum()
    total = precision + recall
    return (2 * precision * recall / total if total else 0.0), precision, recall


def other_label_distance(labels: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Sum over labels of the distance transform inside each."""
    distance = np.zeros(labels.shape)
    values = np.unique(labels)
    if len(values) == 1:
        return np.full(labels.shape, np.inf)
    for value in values:
        mask = labels == value
        distance[mask] = ndimage.distance_transform_edt(mask)[mask]
    return distance


def inner_band(mask: NDArray[np.bool_], width: int) -> NDArray[np.bool_]:
    """A mask less its erosion by `width` steps of a 3 x 3 square, the outside counting as background."""
    padded = np.pad(mask.astype(np.uint8), 1)
    eroded = cv2.erode(
        padded, np.ones((3, 3), np.uint8), iterations=width, borderType=cv2.BORDER_CONSTANT, borderValue=0
    )
    return mask & (eroded[1:-1, 1:-1] == 0)
