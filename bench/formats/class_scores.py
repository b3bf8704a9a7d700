"""Scores of classes as models give them, as probabilities: float32 (K, h, w) that sum to 1 at each pixel."""

from __future__ import annotations

from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

Scores = Literal["probabilities", "logits", "sigmoid"]
"""`probabilities` sum to 1 over the classes. `logits` may be any numbers; their softmax is taken. Those of `sigmoid`
lie in 0..1, each class for itself, and are divided by their sum. A single channel for two classes is the score of the
second: its probability, or its logit."""
SCORES: Final = ("probabilities", "logits", "sigmoid")

SUM_TOLERANCE: Final = 1e-2
"""How far from 1 the probabilities of a pixel may sum, in floating point."""
ROWS: Final = 64
"""Rows whose softmax is taken at a time: in float64, all would take twice the memory of the result."""
VALUES: Final = "float16, float32 or float64 in 0..1, or uint8 (255 times the probability)"
AS_LOGITS: Final = "give --scores logits, in an experiment scores: logits"
AS_SIGMOID: Final = "give --scores sigmoid, in an experiment scores: sigmoid"

Finding = tuple[str, str, str]
"""What was found, what is allowed, and a hint."""


def probabilities_of(stored: NDArray[Any], scores: Scores) -> tuple[NDArray[np.float32] | None, Finding | None]:
    """Probabilities, or why there are none.

    Args:
        stored: (K, h, w), or (1, h, w) for two classes where `one_for_two` says so.
        scores: what the values are.
    """
    if finding := _range_problem(stored, scores):
        return None, finding
    if scores == "logits":
        return _softmax(stored), None
    found = stored.astype(np.float32)
    total = found.sum(axis=0)
    if finding := _sum_problem(stored, total, scores):
        return None, finding
    found /= total
    return found, None


def second_of_two(stored: NDArray[Any], scores: Scores) -> tuple[NDArray[np.float32] | None, Finding | None]:
    """Probabilities of both classes (2, h, w) from the score of the second alone, (h, w), or why there are none."""
    if finding := _range_problem(stored, scores):
        return None, finding
    if scores == "logits":
        return _softmax(np.stack([np.zeros_like(stored), stored])), None
    whole = 255 if stored.dtype == np.uint8 else 1
    if whole == 255 and stored.max() <= 1:
        found = f"one channel of bytes in [{stored.min()}, {stored.max()}]"
        return None, (found, "255 times the probability", "labels of 0 and 1? then leave --format out")
    second = np.minimum(stored.astype(np.float32) / np.float32(whole), np.float32(1))
    return np.stack([1 - second, second]), None


def _softmax(stored: NDArray[Any]) -> NDArray[np.float32]:
    found = np.empty(stored.shape, np.float32)
    for start in range(0, stored.shape[1], ROWS):
        block = stored[:, start : start + ROWS].astype(np.float64)
        block -= block.max(axis=0)
        np.exp(block, out=block)
        block /= block.sum(axis=0)
        found[:, start : start + ROWS] = block
    return found


def _range_problem(stored: NDArray[Any], scores: Scores) -> Finding | None:
    if stored.dtype == np.uint8:
        return ("dtype uint8", "floating point for logits", "") if scores == "logits" else None
    low, high = float(stored.min()), float(stored.max())
    if not np.isfinite(low + high):
        bad = int(np.count_nonzero(~np.isfinite(stored)))
        return f"{bad} values that are not finite", "finite numbers" if scores == "logits" else VALUES, ""
    if scores == "logits":
        return _already(stored, low, high)
    if low < 0 or high > 1 + SUM_TOLERANCE:
        function = "softmax" if stored.ndim == 3 else "the sigmoid"
        hint = f"these look like logits: apply {function} before saving, or {AS_LOGITS}" if low < 0 else ""
        hint = hint or (
            f"were they multiplied by 255? then save uint8; or logits? then {AS_LOGITS}" if high > 2 else ""
        )
        return f"values in [{low:g}, {high:g}]", VALUES, hint
    return None


def _already(stored: NDArray[Any], low: float, high: float) -> Finding | None:
    """Problem with logits that are probabilities already, whose softmax would be nearly even."""
    if low < 0 or high > 1 + SUM_TOLERANCE or stored.ndim < 3:
        return None
    total = stored.sum(axis=0, dtype=np.float32)
    if (np.abs(total - 1) > SUM_TOLERANCE).any():
        return None
    return f"values in [{low:g}, {high:g}] that sum to 1", "logits", "these are probabilities: leave --scores out"


def _sum_problem(stored: NDArray[Any], total: NDArray[np.float32], scores: Scores) -> Finding | None:
    one, slack = (255.0, float(stored.shape[0])) if stored.dtype == np.uint8 else (1.0, SUM_TOLERANCE)
    low, high = float(total.min()), float(total.max())
    if low > 0 and (scores == "sigmoid" or (one - slack <= low and high <= one + slack)):
        return None
    found, allowed = f"sums over classes in [{low:g}, {high:g}]", f"{one:g} up to rounding ({slack:g})"
    if scores == "sigmoid":
        return found, "above 0 at each pixel", "no class has a score at some pixels: is there one for the background?"
    if one == 255 and high == 1:
        return found, allowed, "is it a one-hot map of 0 and 1? then save it as float32, or times 255"
    return found, allowed, f"are these scores of a sigmoid? then {AS_SIGMOID}"
