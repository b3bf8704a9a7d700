"""Why a label file may hold ids that are not allowed: a cause that is certain, with what to do, or none."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

MINUS_ONE = 65535
"""-1 as an unsigned number of 16 bits."""
SOFT = (
    "grey values in between, as of binary masks? your own are scored with --task binary, cut at --threshold; or cut "
    "them before saving, such as (mask > 127) * 255"
)
FEWEST_STRETCHED = 3
"""Levels from which evenly stretched ids can be told from ids."""


def hint(ids: NDArray[np.int64], unknown: NDArray[np.int64], classes: int) -> str:
    """Cause and remedy for a file of these ids, some of them unknown; "" where nothing is certain.

    Args:
        ids: sorted ids of the file, int64.
        unknown: those of them that are not allowed, at least one.
        classes: number of classes K; ids of classes are 0..K-1.
    """
    if is_stretched(ids):
        return "these are ids stretched over 0..255 as drawing tools do (plt.imsave, cmap): save the ids themselves"
    if unknown.tolist() == [classes] and 0 not in ids:
        return (
            f"labels seem to start at 1: subtract 1 before saving; or, where {classes} is void, give --ignore {classes}"
        )
    if len(unknown) == 1 and unknown[0] in (-1, MINUS_ONE, 255, classes):
        wrapped = f"{MINUS_ONE} is -1 in 16 bits: " if unknown[0] == MINUS_ONE else ""
        return f"{wrapped}is it void? then give --ignore {unknown[0]}"
    if unknown.size > max(16, classes):
        return "so many ids are those of a photograph or a colour-coded picture turned grey"
    return ""


def is_stretched(ids: NDArray[np.int64]) -> bool:
    """Whether the ids are 0, 1, 2 and so on, spread evenly over 0..255 and rounded."""
    if not FEWEST_STRETCHED <= len(ids) <= 128 or ids[0] != 0 or ids[-1] != 255:
        return False
    even = np.arange(len(ids)) * (255 / (len(ids) - 1))
    return bool((np.abs(ids - even) < 1).all())


def listed(ids: NDArray[np.int64], most: int) -> str:
    """`0..10, 255`: runs of ids in short form, cut off after so many of them."""
    runs = np.split(ids, np.flatnonzero(np.diff(ids) > 1) + 1)
    parts = [f"{run[0]}..{run[-1]}" if run.size > 2 else ", ".join(map(str, run)) for run in runs]
    return ", ".join(parts[:most]) + (", ..." if len(parts) > most else "")
