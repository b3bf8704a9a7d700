"""Masks and windows of them for the tests of boundary patches."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from boundary_bench.refiners.bpr.patches import PlacedMask
from tests.strategies import DrawFn, label_maps


@st.composite
def masks(draw: DrawFn) -> NDArray[np.bool_]:
    """Of up to 24 x 24 pixels, empty and full ones included, in all of the image or amid it; read-only."""
    labels = draw(label_maps(classes=3))
    mask = np.asarray(labels < draw(st.integers(0, 2)))
    for side in range(4):
        np.rot90(mask, side)[: draw(st.integers(0, 4))] = False
    mask.flags.writeable = False
    return mask


@st.composite
def windows(draw: DrawFn, mask: NDArray[np.bool_]) -> PlacedMask:
    """A window of a mask that holds all of it: its box at the least, the image at most."""
    rows, columns = np.nonzero(mask.any(axis=1))[0], np.nonzero(mask.any(axis=0))[0]
    if not len(rows):
        return np.zeros((0, 0), np.bool_), 0, 0
    margin = draw(st.sampled_from([0, 1, 2, 24]))
    top, left = max(int(rows[0]) - margin, 0), max(int(columns[0]) - margin, 0)
    return mask[top : int(rows[-1]) + 1 + margin, left : int(columns[-1]) + 1 + margin], top, left
