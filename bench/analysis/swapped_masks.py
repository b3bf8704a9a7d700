"""Binary masks in which object and background are swapped: what in them speaks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from boundary_bench.metrics.functional.masks.mask_counts import mask_counts

if TYPE_CHECKING:
    from boundary_bench.bench.engine.plan import Plan

LOOKED_AT = 40
"""So many images with predictions and truth are looked at again."""
FITS = 0.5
"""The IoU from which on masks mean the same object."""


def swapped_notes(plan: Plan) -> list[str]:
    """A sentence for each set of binary masks whose complement fits the truth, and which themselves do not.

    Args:
        plan: of a run that was scored; some of its truth and predictions are read again.
    """
    if plan.dataset.task != "binary":
        return []
    notes = []
    for name in plan.prediction_sets:
        own, complement = _fit(plan, name)
        if complement >= FITS > own and complement > 2 * own:
            notes.append(
                f"{name}: IoU with the truth is {own:.2f}, that of everything else in the masks {complement:.2f}: "
                "object and background seem swapped (save 255 - mask)"
            )
    return notes


def _fit(plan: Plan, name: str) -> tuple[float, float]:
    """IoU of the object, and of the complement of the prediction, over the pixels of some images; 0 where there is
    neither."""
    predictions, total, seen = plan.prediction_sets[name], np.zeros((2, 2), np.int64), 0
    for sample in plan.samples:
        if seen == LOOKED_AT:
            break
        if predictions.has(sample):
            total += mask_counts(predictions.load(sample), plan.dataset.truth(sample))
            seen += 1
    true, others = total[1].sum(), total[0]
    own, complement = total[1, 1], total[1, 0]
    return float(own / max(true + others[1], 1)), float(complement / max(true + others[0], 1))
