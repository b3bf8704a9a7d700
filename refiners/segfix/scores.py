"""How good a network's boundaries and directions are by themselves (SegFix, Section 4.1 and Table 2)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from boundary_bench.refiners.segfix.directions import NO_DIRECTION, Directions, number_of_classes

Counts = Mapping[str, int]
"""Pixels of one image or more."""

REGIONS = ("predicted", "true")
"""Whose boundary directions are scored on: the network's, as in the paper, or the truth's."""


def branch_counts(
    boundary: NDArray[np.bool_],
    classes: NDArray[np.uint8],
    true_boundary: NDArray[np.int8],
    true_classes: NDArray[np.int8],
    directions: Directions,
) -> dict[str, int]:
    """Counts of one image for `branch_scores`; void is not counted.

    Args:
        boundary: as predicted, (H, W).
        classes: of directions, as predicted, (H, W), 0..m-1.
        true_boundary: (H, W), 1 on it, 0 off it, -1 in void.
        true_classes: (H, W), 0..m-1, or `NO_DIRECTION` where there is none.
        directions: the division of the circle.

    Returns:
        `pixels` that are not void; `both`, `predicted` and `true` boundary; and for each of `REGIONS` those that have
        a direction (`directed@`), whose direction is right (`right@`), or right or next to it (`near@`).
    """
    known = true_boundary >= 0
    predicted, true = boundary & known, true_boundary == 1
    counts = {"pixels": known, "both": predicted & true, "predicted": predicted, "true": true}
    turned = (classes.astype(np.int16) - true_classes) % number_of_classes(directions)
    near = np.isin(turned, (0, 1, number_of_classes(directions) - 1))
    for name, region in zip(REGIONS, (predicted, true), strict=True):
        directed = region & (true_classes != NO_DIRECTION)
        counts |= {f"directed@{name}": directed, f"right@{name}": directed & (turned == 0)}
        counts[f"near@{name}"] = directed & near
    return {name: int(np.count_nonzero(mask)) for name, mask in counts.items()}


def total(counts: Iterable[Counts]) -> dict[str, int]:
    """The sum over images; nothing of none."""
    found: dict[str, int] = {}
    for each in counts:
        found = {name: found.get(name, 0) + number for name, number in each.items()}
    return found


def branch_scores(counts: Counts) -> dict[str, float | None]:
    """Fractions of the pixels of all images together.

    Args:
        counts: the total over the images.

    Returns:
        `mask_precision`, `mask_recall` and their harmonic mean `mask_F`; the accuracies of the direction on either of
        `REGIONS`: `direction_accuracy@` of the very class, `direction_accuracy_pm1@` of it or one next to it. None
        where there is no pixel to take a fraction of.
    """
    scores = {
        "mask_F": _fraction(2 * counts["both"], counts["predicted"] + counts["true"]),
        "mask_precision": _fraction(counts["both"], counts["predicted"]),
        "mask_recall": _fraction(counts["both"], counts["true"]),
    }
    for region in REGIONS:
        scores[f"direction_accuracy@{region}"] = _fraction(counts[f"right@{region}"], counts[f"directed@{region}"])
        scores[f"direction_accuracy_pm1@{region}"] = _fraction(counts[f"near@{region}"], counts[f"directed@{region}"])
    return scores


def _fraction(part: int, whole: int) -> float | None:
    return part / whole if whole else None
