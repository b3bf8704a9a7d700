"""Region numbers by their definitions."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def region(
    prediction: NDArray[np.integer], truth: NDArray[np.integer], classes: int, ignored: int | None
) -> tuple[float, float]:
    """Mean IoU and pixel accuracy, in per cent; pixels whose truth is ignored do not count, nor does that class."""
    scored = truth != ignored
    prediction, truth = prediction[scored], truth[scored]
    unions = [((prediction == k) | (truth == k)).sum() for k in range(classes)]
    shared = [((prediction == k) & (truth == k)).sum() for k in range(classes)]
    ious = [shared[k] / unions[k] for k in range(classes) if k != ignored and unions[k]]
    return 100 * float(np.mean(ious)), 100 * float((prediction == truth).mean())
