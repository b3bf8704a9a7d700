"""What an image counts in a mean over images where neither truth nor prediction has a pixel: tools differ."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

BothEmpty = Literal["undefined", "one", "zero"]
_VALUES: dict[BothEmpty, float] = {"undefined": np.nan, "one": 1.0, "zero": 0.0}


def checked(both_empty: BothEmpty) -> BothEmpty:
    """The rule itself.

    Raises:
        ValueError: one that there is not.
    """
    if both_empty not in _VALUES:
        raise ValueError(f"both_empty is {both_empty!r}; allowed: {', '.join(map(repr, _VALUES))}")
    return both_empty


def filled(scores: NDArray[np.float64], both_empty: BothEmpty) -> NDArray[np.float64]:
    """Scores of images, with what those count that have none: NaN where they are undefined."""
    return np.where(np.isnan(scores), _VALUES[both_empty], scores)
