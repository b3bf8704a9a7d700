"""Class probabilities at the resolution of the labels, and the labels they stand for."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from boundary_bench.metrics.structures.labels import MOST_NARROW_CLASSES, Labels, label_dtype
from boundary_bench.metrics.structures.segmentation import Segmentation, SemanticMap


def upsample(probabilities: NDArray[np.float32], size: tuple[int, int]) -> NDArray[np.float32]:
    """Bilinear interpolation to full resolution with half-pixel centres (`align_corners=False`).

    Args:
        probabilities: float32 (K, h, w).
        size: (H, W) of the labels.

    Returns:
        float32 (K, H, W), a new array.

    Raises:
        ValueError: (h, w) is finer than (H, W) or has another field of view.
    """
    height, width = size
    _check_field_of_view(probabilities.shape[1:], size)
    full = np.empty((len(probabilities), height, width), dtype=np.float32)
    for coarse, fine in zip(probabilities, full, strict=True):
        cv2.resize(coarse, (width, height), dst=fine, interpolation=cv2.INTER_LINEAR)
    return full


def require(prediction: Segmentation, user: str) -> NDArray[np.float32]:
    """The probabilities of a prediction at full resolution, float32 (K, H, W).

    Args:
        prediction: may lack them.
        user: who asks; named in the message.

    Raises:
        TypeError, ValueError: as `require_coarse`.
    """
    return upsample(require_coarse(prediction, user), prediction.size)


def require_coarse(prediction: Segmentation, user: str) -> NDArray[np.float32]:
    """The probabilities of a prediction at the resolution that it has them, float32 (K, h, w), not to be written to.

    Args:
        prediction: may lack them.
        user: who asks; named in the message.

    Raises:
        TypeError: the prediction is no semantic map.
        ValueError: there are none, they do not cover the labels, or K > 255 beside uint8 labels, which cannot hold it.
    """
    if not isinstance(prediction, SemanticMap):
        raise TypeError(f"{user} got a {type(prediction).__name__}; allowed: a SemanticMap")
    if prediction.probabilities is None:
        raise ValueError(f"{user} needs class probabilities, and the prediction has labels only")
    classes = len(prediction.probabilities)
    if classes > MOST_NARROW_CLASSES and prediction.labels.dtype == np.uint8:
        raise ValueError(
            f"probabilities have K = {classes}; allowed beside uint8 labels: at most {MOST_NARROW_CLASSES}"
        )
    _check_field_of_view(prediction.probabilities.shape[1:], prediction.size)
    return prediction.probabilities


def most_likely(probabilities: NDArray[Any], *, dtype: np.dtype[Any] | None = None) -> Labels:
    """The class of the largest entry at each pixel; the smallest id where several are equal.

    Args:
        probabilities: floats (K, H, W), any non-negative or signed scores.
        dtype: of the labels, uint8 or int32; None takes `label_dtype(K)`.
    """
    best = probabilities[0].copy()
    labels: Labels = np.zeros(best.shape, label_dtype(len(probabilities)) if dtype is None else dtype)
    for class_id, scores in enumerate(probabilities[1:], start=1):
        np.copyto(labels, class_id, where=scores > best)
        np.maximum(best, scores, out=best)
    return labels


def relabelled(prediction: SemanticMap, scores: NDArray[Any]) -> Labels:
    """`most_likely` in the dtype of a prediction's labels; void stays void, for it has no score."""
    labels = most_likely(scores, dtype=prediction.labels.dtype)
    labels[prediction.labels == prediction.void] = prediction.void
    return labels


def _check_field_of_view(coarse: tuple[int, ...], full: tuple[int, int]) -> None:
    """A common stride must explain both sides, each rounded up or down to whole cells."""
    (h, w), (height, width) = coarse, full
    finer = h > height or w > width
    if finer or (h - 1) * width >= (w + 1) * height or (w - 1) * height >= (h + 1) * width:
        raise ValueError(
            f"probabilities have (h, w) = ({h}, {w}); allowed for labels of {height} x {width}: "
            "the same size, or coarser with the same field of view"
        )
