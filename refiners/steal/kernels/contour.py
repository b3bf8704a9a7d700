"""Morphological geodesic active contours on masks of 64 pixels a word (Marquez-Neila, Baumela and Alvarez, PAMI 2014).

Masks are uint64 (h + 2, w + 2): bit b of word [y + 1, x + 1] is the pixel in row y and column 64 x + b of the region
that the contour may reach. Around lies a frame of zeros, which is never written to. Nor are the bits that fill up the
last word of a row, so that what lies outside of the region is outside of the mask.

Balloon and gradient ask the speed only at pixels that the mask alone proposes to change, a narrow band along the
contour. Smoothing asks nobody: its loops run over slices from 0 on, without branches, so that the compiler vectorises
them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from boundary_bench.refiners.steal.kernels.bits import lowest

ONE = np.uint64(1)
TOP = np.uint64(63)


@njit(nogil=True, cache=True)
def advance(
    mask: Any,
    spare: Any,
    fill: Any,
    speed: Any,
    corner: Any,
    steps: Any,
    smoothing: Any,
    phase: Any,
    direction: Any,
    limit: Any,
) -> Any:
    """Let the contour make some steps, in place; each is balloon, gradient, smoothing.

    Args:
        mask: as the module says.
        spare: of the same shape, zeros in its frame.
        fill: uint64, the bits in use of the last word of a row.
        speed: float32 or float64 (H, W) of the whole image, H and W at least 2.
        corner: (top, left) of the region in the image.
        steps: how many.
        smoothing: how often each step smooths.
        phase: 0 or 1, which of the two smoothing operators comes next.
        direction: of the balloon: outwards (1), inwards (-1) or none (0).
        limit: above which speed the balloon moves.

    Returns:
        The phase after the last step.
    """
    now, other = mask, spare
    for _ in range(steps):
        if direction != 0:
            _inflate(now, other, fill, speed, corner, direction > 0, limit)
            now, other = other, now
        _attract(now, other, fill, speed, corner)
        now, other = other, now
        for _ in range(smoothing):
            if phase == 0:
                _close_lines(now, other)
                _open_lines(other, now)
            else:
                _open_lines(now, other)
                _close_lines(other, now)
            phase = 1 - phase
    # After an odd number of exchanges the result lies in the spare.
    if (steps * (2 if direction != 0 else 1)) % 2:
        mask[:] = now
    return phase


@njit(nogil=True, cache=True)
def _inflate(mask: Any, result: Any, fill: Any, speed: Any, corner: Any, outwards: Any, limit: Any) -> None:
    """Dilate or erode by 3 x 3 pixels, where the speed is above the limit."""
    height, width = mask.shape
    for y in range(1, height - 1):
        line = speed[corner[0] + y - 1]
        for x in range(1, width - 1):
            here = mask[y, x]
            before, middle, after = (
                _column(mask, y, x - 1, outwards),
                _column(mask, y, x, outwards),
                _column(mask, y, x + 1, outwards),
            )
            left, right = (middle << ONE) | (before >> TOP), (middle >> ONE) | (after << TOP)
            proposed = (left | middle | right) if outwards else (left & middle & right)
            changes = proposed ^ here
            if x == width - 2:
                changes &= fill
            start = corner[1] + 64 * (x - 1)
            while changes:
                bit = lowest(changes)
                changes &= changes - ONE
                if line[start + np.int64(bit)] > limit:
                    here ^= ONE << bit
            result[y, x] = here


@njit(nogil=True, cache=True, inline="always")
def _column(mask: Any, y: Any, x: Any, outwards: Any) -> Any:
    """The word and those above and below it, united or intersected."""
    if outwards:
        return mask[y - 1, x] | mask[y, x] | mask[y + 1, x]
    return mask[y - 1, x] & mask[y, x] & mask[y + 1, x]


@njit(nogil=True, cache=True)
def _attract(mask: Any, result: Any, fill: Any, speed: Any, corner: Any) -> None:
    """Set pixels where the gradients of mask and speed point the same way, clear those where they oppose each other."""
    height, width = mask.shape
    for y in range(1, height - 1):
        # Beyond its border the mask goes on as it ends: the gradient there is one-sided.
        above, below = max(y - 1, 1), min(y + 1, height - 2)
        for x in range(1, width - 1):
            here, up, down = mask[y, x], mask[above, x], mask[below, x]
            left, right = (here << ONE) | (mask[y, x - 1] >> TOP), (here >> ONE) | (mask[y, x + 1] << TOP)
            if x == 1:
                left |= here & ONE
            changes = up ^ down
            if x == width - 2:
                right |= here & (fill ^ (fill >> ONE))
                changes |= left ^ right
                changes &= fill
            else:
                changes |= left ^ right
            while changes:
                bit = lowest(changes)
                changes &= changes - ONE
                rise = np.int64((down >> bit) & ONE) - np.int64((up >> bit) & ONE)
                run = np.int64((right >> bit) & ONE) - np.int64((left >> bit) & ONE)
                slope = _slope(speed, corner[0] + y - 1, corner[1] + 64 * (x - 1) + np.int64(bit), rise, run)
                if slope > 0:
                    here |= ONE << bit
                elif slope < 0:
                    here &= ~(ONE << bit)
            result[y, x] = here


@njit(nogil=True, cache=True, inline="always")
def _slope(speed: Any, y: Any, x: Any, rise: Any, run: Any) -> Any:
    """Scalar product, up to a positive factor, of the speed's gradient and the differences of the mask."""
    above, below = max(y - 1, 0), min(y + 1, speed.shape[0] - 1)
    before, after = max(x - 1, 0), min(x + 1, speed.shape[1] - 1)
    down = (speed[below, x] - speed[above, x]) * rise
    across = (speed[y, after] - speed[y, before]) * run
    # Differences over two pixels are halved in either gradient, those at the border over one pixel in none.
    return down * 0.25 ** (below - above - 1) + across * 0.25 ** (after - before - 1)


@njit(nogil=True, cache=True)
def _close_lines(mask: Any, result: Any) -> None:
    """Set pixels that lie beside a set one on each of four lines: horizontal, vertical and both diagonals."""
    for y in range(1, len(mask) - 1):
        a, b, c = mask[y - 1], mask[y], mask[y + 1]
        above, up, above_next = a[:-2], a[1:-1], a[2:]
        before, here, after = b[:-2], b[1:-1], b[2:]
        below, down, below_next = c[:-2], c[1:-1], c[2:]
        out = result[y, 1:-1]
        for x in range(len(out)):
            vertical = up[x] | down[x]
            horizontal = (here[x] << ONE) | (before[x] >> TOP) | (here[x] >> ONE) | (after[x] << TOP)
            falling = (up[x] << ONE) | (above[x] >> TOP) | (down[x] >> ONE) | (below_next[x] << TOP)
            rising = (up[x] >> ONE) | (above_next[x] << TOP) | (down[x] << ONE) | (below[x] >> TOP)
            out[x] = here[x] | (vertical & horizontal & falling & rising)


@njit(nogil=True, cache=True)
def _open_lines(mask: Any, result: Any) -> None:
    """Clear pixels that do not lie between two set ones on any of the four lines."""
    for y in range(1, len(mask) - 1):
        a, b, c = mask[y - 1], mask[y], mask[y + 1]
        above, up, above_next = a[:-2], a[1:-1], a[2:]
        before, here, after = b[:-2], b[1:-1], b[2:]
        below, down, below_next = c[:-2], c[1:-1], c[2:]
        out = result[y, 1:-1]
        for x in range(len(out)):
            vertical = up[x] & down[x]
            horizontal = ((here[x] << ONE) | (before[x] >> TOP)) & ((here[x] >> ONE) | (after[x] << TOP))
            falling = ((up[x] << ONE) | (above[x] >> TOP)) & ((down[x] >> ONE) | (below_next[x] << TOP))
            rising = ((up[x] >> ONE) | (above_next[x] << TOP)) & ((down[x] << ONE) | (below[x] >> TOP))
            out[x] = here[x] & (vertical | horizontal | falling | rising)
