"""The guided image filter on label maps: smoothing that stops where the image has an edge."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from boundary_bench.metrics.structures.binary_mask import BinaryMask
from boundary_bench.metrics.structures.labels import Labels, void_of
from boundary_bench.metrics.structures.segmentation import Task
from boundary_bench.refiners.common import binary, probabilities
from boundary_bench.refiners.common.per_label import ALL_KINDS, SEMANTIC, AnyMap, Window, is_uniform, refined

Source = Literal["labels", "probabilities"]
Plane = NDArray[np.float32]

STRIP_ROWS = 256
ROUNDING = 1e-6


class GuidedFilter:
    """Filters one map per class under the guidance of the image, and takes the argmax.

    Inside each window a class's map is approximated as a linear function of the RGB values; the fits of all
    windows that cover a pixel are averaged. Source: He, Sun and Tang, Guided Image Filtering (ECCV 2010; PAMI
    2013), with the colour guide of Section 3.6 and windows cut off at the image border.

    `source="labels"` filters the indicator (0 or 1) of each class of the saved labels, so that the filter
    starts from the baseline itself; ids are never blended. `source="probabilities"` filters the saved class
    probabilities, bilinearly enlarged, which know how sure the model was, but whose argmax may differ from
    the saved labels.

    A pixel keeps its label where no class scores above 0. Void pixels belong to no class and stay void.
    Probabilities are dropped: filtered maps are scores that can lie outside 0..1.

    Of objects, each mask is filtered by itself, against its background. Of a panoptic map, each segment is a
    class; of equal scores the earlier segment's wins. Both have labels only, so with `source="probabilities"`
    semantic maps and binary masks alone are refined.

    A binary mask is filtered as an object. Where it is soft, its probabilities are filtered unless the source is
    labels, and the result, clipped to 0..1, is soft as well: the object is where it is 0.5 or more. One that is empty
    or fills the image stays as it is.
    """

    def __init__(self, radius_px: int = 4, eps: float = 1e-4, source: Source | None = None) -> None:
        """Fix the windows.

        Args:
            radius_px: a window has 2 * radius_px + 1 px a side; at least 1.
            eps: regularises the fit, in squared intensity with RGB in 0..1; positive. Image contrast below
                its square root is smoothed over.
            source: what is filtered. Default: probabilities of soft binary masks, else labels.

        Raises:
            ValueError: another value.
        """
        if radius_px < 1:
            raise ValueError(f"radius_px is {radius_px}; allowed: 1 or more")
        if not 0 < eps < np.inf:
            raise ValueError(f"eps is {eps}; allowed: a positive, finite number")
        if source not in (None, "labels", "probabilities"):
            raise ValueError(f'source is {source!r}; allowed: "labels", "probabilities"')
        self.radius_px, self.eps, self.source = radius_px, eps, source
        self.needs_probabilities = source == "probabilities"
        self.tasks: frozenset[Task] = SEMANTIC | {"binary"} if self.needs_probabilities else ALL_KINDS

    def refine(self, image: NDArray[np.uint8], prediction: AnyMap) -> AnyMap:
        """Labels in the dtype they came in.

        Args:
            image: RGB, uint8 (H, W, 3), the guide.
            prediction: of one of `tasks`; semantic maps with probabilities where they are the source.

        Raises:
            TypeError: probabilities are the source and the prediction is a set of objects or a panoptic map.
            ValueError: image and labels differ in size; probabilities are the source and are absent or do not
                cover the labels.
        """
        if image.shape[:2] != prediction.size:
            raise ValueError(f"image is {image.shape[:2]}; allowed: the size of the labels, {prediction.size}")
        if isinstance(prediction, BinaryMask) and prediction.probabilities is not None:
            return self._soft(image, prediction)
        full: NDArray[np.float32] | None = None
        # Those of a hard mask are its labels.
        if not isinstance(prediction, BinaryMask) and self.needs_probabilities:
            full = probabilities.require(prediction, "the guided filter of probabilities")

        def filtered(labels: Labels, window: Window) -> Labels:
            return self._in_strips(image[window], labels, full)

        # Windows that touch the mask reach two radii off it; there they are averaged with windows one radius on.
        return refined(prediction, filtered, margin_px=3 * self.radius_px)

    def _soft(self, image: NDArray[np.uint8], prediction: BinaryMask) -> BinaryMask:
        if is_uniform(prediction.mask):
            return binary.unrefined(prediction)
        plane = prediction.mask.astype(np.float32) if self.source == "labels" else binary.probability(prediction)
        found = np.empty(plane.shape, np.float32)
        for inner, outer in _strips(len(plane), margin=2 * self.radius_px):
            strip = _Guide(image[outer], self.radius_px, self.eps).filter(plane[outer])
            found[inner] = strip[inner.start - outer.start :][: inner.stop - inner.start]
        return binary.answer(prediction, found)

    def _in_strips(self, image: NDArray[np.uint8], labels: Labels, full: NDArray[np.float32] | None) -> Labels:
        result = labels.copy()
        for inner, outer in _strips(len(labels), margin=2 * self.radius_px):
            scores = None if full is None else full[:, outer]
            strip = self._filtered(image[outer], labels[outer], scores)
            result[inner] = strip[inner.start - outer.start :][: inner.stop - inner.start]
        return result

    def _filtered(self, image: NDArray[np.uint8], labels: Labels, scores: NDArray[np.float32] | None) -> Labels:
        guide = _Guide(image, self.radius_px, self.eps)
        result, void = labels.copy(), labels == void_of(labels)
        # A class scores 0, but for rounding, where nothing of it is within reach. Beside void, where scores do
        # not sum to 1, that could beat the class that is there.
        best = np.full(labels.shape, ROUNDING, dtype=np.float32)
        for class_id, plane in _indicators(labels) if scores is None else enumerate(scores):
            filtered = guide.filter(plane)
            np.copyto(result, class_id, where=(filtered > best) & ~void)
            np.maximum(best, filtered, out=best)
        return result


def _indicators(labels: Labels) -> Iterator[tuple[int, Plane]]:
    for class_id in np.unique(labels[labels != void_of(labels)]):
        yield int(class_id), (labels == class_id).astype(np.float32)


def _strips(height: int, margin: int) -> Iterator[tuple[slice, slice]]:
    """Rows to fill, and the rows that decide them: large images are filtered piece by piece to save memory."""
    for top in range(0, height, STRIP_ROWS):
        bottom = min(top + STRIP_ROWS, height)
        yield slice(top, bottom), slice(max(top - margin, 0), bottom + margin)


class _Guide:
    """Window statistics of the image, computed once and used for every class."""

    def __init__(self, image: NDArray[np.uint8], radius_px: int, eps: float) -> None:
        self._side = 2 * radius_px + 1
        self._area = self._sum(np.ones(image.shape[:2], dtype=np.float32))
        scaled = image.astype(np.float64) / 255
        channels = [np.ascontiguousarray(scaled[..., c]) for c in range(3)]
        # Differences of nearly equal products, so not in float32. Everything after it is.
        self._inverse = _inverse(self._covariances(channels, eps))
        self._channels = [channel.astype(np.float32) for channel in channels]
        self._means = [self._mean(channel) for channel in self._channels]

    def filter(self, scores: Plane) -> Plane:
        """The guided filter's output for one float32 (H, W) map."""
        mean = self._mean(scores)
        covariance = [
            self._mean(channel * scores) - channel_mean * mean
            for channel, channel_mean in zip(self._channels, self._means, strict=True)
        ]
        slopes = [sum(self._inverse[i][j] * covariance[j] for j in range(3)) for i in range(3)]
        offset = mean - sum(slope * channel for slope, channel in zip(slopes, self._means, strict=True))
        result = self._mean(offset)
        for slope, channel in zip(slopes, self._channels, strict=True):
            result += self._mean(slope) * channel
        return result

    def _covariances(self, channels: list[NDArray[np.float64]], eps: float) -> list[list[NDArray[np.float64]]]:
        means = [self._mean(channel) for channel in channels]
        rows = [
            [self._mean(a * b) - a_mean * b_mean for b, b_mean in zip(channels, means, strict=True)]
            for a, a_mean in zip(channels, means, strict=True)
        ]
        for i in range(3):
            rows[i][i] += eps
        return rows

    def _mean(self, plane: NDArray[Any]) -> NDArray[Any]:
        return np.asarray(self._sum(plane) / self._area)

    def _sum(self, plane: NDArray[Any]) -> NDArray[Any]:
        side = (self._side, self._side)
        summed: Any = cv2.boxFilter(plane, -1, side, normalize=False, borderType=cv2.BORDER_CONSTANT)
        return np.asarray(summed)


def _inverse(m: list[list[NDArray[np.float64]]]) -> list[list[Plane]]:
    """The inverse of a symmetric 3x3 matrix at every pixel, by cofactors."""
    cofactors = [
        [
            m[(i + 1) % 3][(j + 1) % 3] * m[(i + 2) % 3][(j + 2) % 3]
            - m[(i + 1) % 3][(j + 2) % 3] * m[(i + 2) % 3][(j + 1) % 3]
            for j in range(3)
        ]
        for i in range(3)
    ]
    determinant = sum(m[0][j] * cofactors[0][j] for j in range(3))
    return [[(cofactors[i][j] / determinant).astype(np.float32) for j in range(3)] for i in range(3)]
