"""Evidence of boundaries for contours: a stopping function of a network's edges, and the likelihood of a contour.

Source: STEAL (Acuna, Kar and Fidler, CVPR 2019), Equations 9 to 15, and where the functions say so its released code.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from boundary_bench.metrics.functional.geometry import band

Mask = NDArray[np.bool_]
Probability = NDArray[np.float32]

MERGE_WEIGHT = 0.5
"""Of the edges of other classes, as released."""
EDGE_WIDTH_PX = 2.0
"""How far the edges of masks reach, as the released code draws them for active alignment."""


def merged(probabilities: Probability, index: int, *, weight: float = MERGE_WEIGHT) -> Probability:
    """The edges of one class, with those of the others as weaker evidence: a boundary of any class may be its own.

    As released: the others are summed up and divided by their largest sum before they are weighted and added.

    Args:
        probabilities: float32 (K, H, W), 0..1.
        index: of the class.
        weight: of the other classes; with 0 the class's own probabilities remain.

    Returns:
        float32 (H, W), from 0 to 1 + weight.
    """
    own: Probability = probabilities[index]
    if weight == 0 or len(probabilities) == 1:
        return own
    others = probabilities[:index].sum(axis=0) + probabilities[index + 1 :].sum(axis=0)
    return np.asarray(own + np.float32(weight) * (others / (others.max() + np.float32(1e-6))), np.float32)


def normalised(evidence: Probability) -> Probability:
    """The evidence divided by its maximum, as released; zeros stay zeros."""
    return np.asarray(evidence / (evidence.max() + np.float32(1e-5)), np.float32)


def stopping_function(
    evidence: Probability, edges: Mask | None = None, *, closeness: float = 0.0
) -> NDArray[np.float32] | NDArray[np.float64]:
    """g(f, y, λ) of Equation 11: low on likely boundaries and, as far as λ says, near the given ones.

    Args:
        evidence: f, float32 (H, W), finite and not below 0.
        edges: y, bool (H, W), of the mask that is to be aligned; None where its place says nothing (λ = 0).
        closeness: λ, at least 0; given with `edges` alone.

    Returns:
        (H, W), 0 to 1 + λ: float64 with `edges`, float32 without.

    Raises:
        ValueError: evidence out of its range, a closeness that is not 0 or more, or one without edges.
    """
    if not (evidence.min() >= 0 and evidence.max() < np.inf):
        raise ValueError(f"evidence lies in [{evidence.min():g}, {evidence.max():g}]; allowed: finite, 0 or more")
    if not 0 <= closeness < np.inf or (edges is None and closeness):
        allowed = "finite, 0 or more" if edges is not None else "0 without edges"
        raise ValueError(f"closeness is {closeness}; allowed: {allowed}")
    of_network = 1 / np.sqrt(1 + evidence, dtype=np.float32)
    return of_network if edges is None else of_network + closeness / np.sqrt(1.0 + edges)


def mask_edges(mask: Mask, *, width_px: float = EDGE_WIDTH_PX, border: bool = False) -> Mask:
    """Pixels within a distance of the other side of a mask's contour.

    Args:
        mask: bool (H, W).
        width_px: Euclidean, inclusive.
        border: whether all is outside of the mask beyond the image, so that it has edges along the image border. So
            it is released; but there is no boundary to be seen.

    Returns:
        bool (H, W); none for an empty mask.
    """
    labels = mask.view(np.uint8)
    return band(np.pad(labels, 1), width_px=width_px)[1:-1, 1:-1] if border else band(labels, width_px=width_px)


def energy(edges: Mask, probability: Probability) -> float:
    """-log P(ŷ | x; θ) of Equation 15, pixels being independent (Section 3.1), up to what all edges have in common.

    An edge pixel adds -log f and takes away -log(1 - f), which is the sum over all pixels less that of no edges.

    Args:
        edges: ŷ, bool (H, W).
        probability: f, float32 (H, W), 0..1; certainty is taken for a probability of 1e-6 from it.
    """
    likely = np.clip(probability[edges].astype(np.float64), 1e-6, 1 - 1e-6)
    return float((np.log1p(-likely) - np.log(likely)).sum())


def likeliest(masks: Iterable[Mask], probability: Probability, *, width_px: float = EDGE_WIDTH_PX) -> Mask:
    """The mask whose edges have the least energy, the first of equal ones (Section 3.5: the steps are a latent number).

    Args:
        masks: at least one, bool (H, W): an evolution in the order of its steps.
        probability: float32 (H, W), of the class's edges.
        width_px: of the edges that the probabilities are of.
    """
    return min(masks, key=lambda mask: energy(mask_edges(mask, width_px=width_px), probability))
