"""Boundaries, bands and distances of label maps, each computed once for all classes.

Void is a label like any other here: the edge between a class and void is an edge of the class. What a metric makes of
void is its own rule; only the truth of semantic edges has one, for it is part of its definition.
"""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from boundary_bench.metrics.functional.label_codes import Codes, label_codes, no_class
from boundary_bench.metrics.kernels.distance import FAR16, coded_distance, squared_distance
from boundary_bench.metrics.kernels.label_edges import mark_edges
from boundary_bench.metrics.kernels.thinning import pack, thin_words, unpack
from boundary_bench.metrics.structures.labels import Labels


def class_boundaries(labels: Labels, *, classes: int) -> NDArray[np.bool_]:
    """Boundary maps of all classes, by the convention of `seg2bmap` of the BSDS benchmark.

    A pixel is on the boundary of class k where its membership in k differs from that of its right, lower or lower-right
    neighbour: the edge lies half a pixel towards the origin. The last row looks right only, the last column down only,
    the corner is never an edge.

    Args:
        labels: uint8 or int32 (H, W).
        classes: number of classes K.

    Returns:
        bool (K, H, W). All False for a class that is absent or fills the image.
    """
    codes = label_codes(labels, classes=classes)
    window = np.pad(codes, ((0, 1), (0, 1)), mode="edge")
    member = window[None] == np.arange(classes, dtype=window.dtype)[:, None, None]
    here = member[:, :-1, :-1]
    edges: NDArray[np.bool_] = (here != member[:, :-1, 1:]) | (here != member[:, 1:, :-1]) | (here != member[:, 1:, 1:])
    return edges


def semantic_edges(
    labels: Labels,
    *,
    classes: int,
    radius_px: float,
    instances: NDArray[np.int32] | None = None,
    sides: Literal["both", "own"] = "both",
) -> NDArray[np.bool_]:
    """Edge maps of all classes as training and evaluation of semantic edge detection use them.

    A pixel is on an edge where its disk holds a pixel of another class, or of another instance of its own. It belongs
    to the edges of its own class and, with `both` sides, of the classes that it meets, so edges are as wide on either
    side and a pixel may be on several. Void forms no edges: neither its own pixels nor those that meet nothing but
    void. The image border is no edge. These are the rules of SEAL's `seg2edge` (Yu et al., ECCV 2018; radius 2 for
    training); with `own` and a radius of 1, the maps are lines one pixel wide inside each class; `thin` makes lines
    of any.

    Args:
        labels: uint8 or int32 (H, W); any id that is no class is void.
        classes: number of classes K.
        radius_px: of the disk, Euclidean, inclusive, 1 to 16000; 1 looks at four neighbours.
        instances: int32 (H, W), tells objects of a class apart; None where they are not told apart.
        sides: whether a pixel counts for the classes that it meets.

    Returns:
        bool (K, H, W). All False for a class that is absent or meets no other.

    Raises:
        ValueError: K or radius_px out of range, unknown sides, or instances of another size.
    """
    if not 1 <= radius_px <= 16000:
        raise ValueError(f"radius_px is {radius_px}; allowed: 1 to 16000")
    if sides not in ("both", "own"):
        raise ValueError(f"sides is {sides!r}; allowed: 'both' or 'own'")
    if instances is not None and instances.shape != labels.shape:
        raise ValueError(f"instances have shape {instances.shape}; allowed: that of the labels, {labels.shape}")
    codes = label_codes(labels, classes=classes)
    near = band(codes, width_px=radius_px)
    if instances is not None:
        near |= band(instances, width_px=radius_px)
    edges = np.zeros((classes, *labels.shape), np.bool_)
    told_apart = codes if instances is None else instances
    mark_edges(codes, told_apart, near, radius_px, no_class(codes), sides == "both", edges)
    return edges


def thin(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """A mask thinned to lines one pixel wide: bool (H, W), equal to `bwmorph(mask, 'thin', inf)` in MATLAB.

    Outside the image lies background. The source is named in `boundary_bench.metrics.kernels.thinning`.
    """
    words = pack(mask)
    thin_words(words)
    return unpack(words, mask.shape[1])


def other_label_distance(labels: Labels, *, max_px: int) -> NDArray[np.float32]:
    """Euclidean distance of each pixel to the nearest pixel of any other label.

    This is the fused distance map of SegFix (Section 3.3): the sum over classes of the distance transforms inside each
    class. Neighbouring pixels have distance 1. The image border is no edge.

    Args:
        labels: uint8 or int32 (H, W).
        max_px: up to which distance the result is exact, >= 1.

    Returns:
        float32 (H, W), pixels; infinite beyond max_px, so everywhere in a map of one label.

    Raises:
        ValueError: max_px < 1 or above 16000.
    """
    squared = _checked_squared_distance(labels, max_px)
    distance = np.sqrt(squared, dtype=np.float32)
    distance[squared > max_px * max_px] = np.inf
    return distance


def band(labels: Labels | Codes, *, width_px: float) -> NDArray[np.bool_]:
    """Pixels within `width_px` (Euclidean, inclusive) of a pixel of another label: bool (H, W).

    Raises:
        ValueError: width_px below 0, not finite, or above 16000.
    """
    if not 0 <= width_px <= 16000:
        raise ValueError(f"width_px is {width_px}; allowed: 0 to 16000")
    if width_px < 1:
        return np.zeros(labels.shape, np.bool_)
    within: NDArray[np.bool_] = _checked_squared_distance(labels, math.ceil(width_px)) <= width_px * width_px
    return within


def distance_bins(labels: Labels | Codes, *, max_px: int) -> NDArray[np.uint8]:
    """Distance to the nearest pixel of another label, rounded up: uint8 (H, W), 1..max_px, and 0 beyond.

    Raises:
        ValueError: max_px < 1 or above 126.
    """
    if not 1 <= max_px <= 126:
        raise ValueError(f"max_px is {max_px}; allowed: 1 to 126")
    codes = np.zeros(FAR16 + 1, np.uint8)
    near = np.arange(max_px * max_px + 1)
    codes[: len(near)] = np.ceil(np.sqrt(near))
    return coded_distance(labels, max_px, codes)


def diagonal_px(size: tuple[int, int]) -> float:
    """Length of the image diagonal in pixels, of (H, W)."""
    return math.hypot(*size)


def _checked_squared_distance(labels: Labels | Codes, max_px: int) -> NDArray[np.int16] | NDArray[np.int32]:
    if not 1 <= max_px <= 16000:
        raise ValueError(f"max_px is {max_px}; allowed: 1 to 16000")
    return squared_distance(labels, max_px)


def band_width_px(ratio: float, size: tuple[int, int]) -> int:
    """Width of a band given as a ratio of the image diagonal, rounded to whole pixels, at least 1."""
    return max(1, round(ratio * diagonal_px(size)))
