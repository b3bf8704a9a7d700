"""The average of several models' probabilities, against which SegFix compares itself."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from boundary_bench.metrics.structures.labels import void_of
from boundary_bench.metrics.structures.segmentation import SemanticMap
from boundary_bench.refiners.common import probabilities


def average(maps: Sequence[SemanticMap]) -> SemanticMap:
    """Mean of class probabilities at full resolution, and its argmax.

    Every map counts the same, whatever the resolution its probabilities were saved at: each is enlarged
    bilinearly before the mean is taken. A pixel that is void in every map stays void. Source: SegFix (ECCV
    2020), Section 4.6 and Table 11, where two segmentation models of one capacity are combined.

    Args:
        maps: one or more predictions of the same image and the same K classes.

    Returns:
        Labels in the dtype of the first map, the smallest id where classes are equally likely; probabilities
        float32 (K, H, W).

    Raises:
        ValueError: no maps, a map without probabilities, or maps that differ in size or K.
    """
    _check(maps)
    total = probabilities.require(maps[0], "the ensemble")
    for other in maps[1:]:
        total += probabilities.require(other, "the ensemble")
    total /= np.float32(len(maps))
    labels = probabilities.most_likely(total, dtype=maps[0].labels.dtype)
    labels[np.logical_and.reduce([each.labels == each.void for each in maps])] = void_of(labels)
    return SemanticMap(labels, total)


def _check(maps: Sequence[SemanticMap]) -> None:
    if not maps:
        raise ValueError("the ensemble has 0 maps; allowed: one or more")
    for index, each in enumerate(maps):
        if each.probabilities is None:
            raise ValueError(f"map {index} of the ensemble has labels only; every map needs class probabilities")
    _require_one("sizes", [each.size for each in maps])
    _require_one("numbers of classes", [len(each.probabilities) for each in maps if each.probabilities is not None])


def _require_one(what: str, values: Sequence[object]) -> None:
    if len(set(values)) > 1:
        raise ValueError(f"maps of the ensemble have {what} {values}; allowed: one for all")
