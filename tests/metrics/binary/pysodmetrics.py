"""The scores of pysodmetrics for pairs of masks."""

from __future__ import annotations

import warnings
from collections.abc import Iterable

import numpy as np
import py_sod_metrics
from numpy.typing import NDArray

from boundary_bench.metrics.structures.binary_mask import BinaryMask

Pair = tuple[BinaryMask, BinaryMask]
PEERS = {
    "F": py_sod_metrics.Fmeasure,
    "E": py_sod_metrics.Emeasure,
    "S": py_sod_metrics.Smeasure,
    "weighted_F": py_sod_metrics.WeightedFmeasure,
    "MAE": py_sod_metrics.MAE,
    "HCE": py_sod_metrics.HumanCorrectionEffortMeasure,
}
WITHOUT_VOID = ("F", "MAE")
"""Scores that count pixels; of the others void is background."""


def values_of(prediction: BinaryMask, truth: BinaryMask, *, normalise: bool) -> NDArray[np.float64]:
    """What the prediction is worth, float64 (H, W): normalised where it is scored, 0 where it is not."""
    values = prediction.levels / 255
    scored = values if truth.void is None else values[~truth.void]
    if normalise and len(scored) and scored.min() != scored.max():
        values = (values - scored.min()) / (scored.max() - scored.min())
    return values if truth.void is None else np.where(truth.void, 0.0, values)


def results(pairs: Iterable[Pair], name: str, *, normalise: bool = True) -> dict[str, NDArray[np.float64]]:
    """The numbers of the peer of that name, for a set."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        peer = PEERS[name]()
        for prediction, truth in pairs:
            _step(peer, name, prediction, truth, normalise)
        found = peer.get_results()
    if name in ("F", "E"):
        both = found["fm" if name == "F" else "em"]
        curve = np.asarray(both["curve"])
        return {f"{name}_max": curve.max(), f"{name}_mean": curve.mean(), f"{name}_adaptive": both["adp"]}
    (value,) = found.values()
    return {name: value}


def _step(peer: object, name: str, prediction: BinaryMask, truth: BinaryMask, normalise: bool) -> None:
    if truth.void is None and normalise:
        peer.step(prediction.levels, truth.mask.astype(np.uint8) * 255)  # type: ignore[attr-defined]
        return
    values, mask = values_of(prediction, truth, normalise=normalise), truth.mask.copy()
    if truth.void is not None and name in WITHOUT_VOID:
        values, mask = (each[~truth.void][None] for each in (values, mask))
    peer.step(values, mask, normalize=False)  # type: ignore[attr-defined]


def mean_squared_error(pairs: Iterable[Pair], *, normalise: bool = True) -> float:
    """By NumPy, of the same values."""
    errors = []
    for prediction, truth in pairs:
        squared = (values_of(prediction, truth, normalise=normalise) - truth.mask) ** 2
        errors.append(squared.mean() if truth.void is None else squared[~truth.void].mean())
    return float(np.mean(errors))
