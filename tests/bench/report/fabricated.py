"""Results made up by hand and by formula, so that reports are tested without an evaluation."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from boundary_bench.bench.results.table import COLUMNS, Results, frame

NAN = math.nan


def tiny() -> Results:
    """Two methods on three classes, every cell written by hand; `pole` is undefined, one image failed."""
    rows = [
        ("net_a", "identity", False, "mIoU", None, 0.5823, 0.5692, 0.5961, NAN, NAN, NAN, 2, 1, 0, 0, 4),
        ("net_a", "identity", False, "boundary_f@1px", None, 0.365, 0.35, 0.38, NAN, NAN, NAN, 2, 1, 0, 0, 4),
        ("net_a", "identity", False, "IoU", "road", 0.9, 0.88, 0.92, NAN, NAN, NAN, 1, 0, 0, 0, 4),
        ("net_a", "identity", False, "IoU", "pole", NAN, NAN, NAN, NAN, NAN, NAN, 0, 1, 0, 0, 4),
        ("net_a", "identity", False, "IoU", "c|r & 5%_x", 0.2646, 0.2, 0.3, NAN, NAN, NAN, 1, 0, 0, 0, 4),
        ("net_a", "replace 1px", True, "mIoU", None, 0.6402, 0.6, 0.7, 0.0579, 0.05, 0.065, 2, 1, 1, 0, 4),
        (
            "net_a",
            "replace 1px",
            True,
            "boundary_f@1px",
            None,
            0.365,
            0.3,
            0.4,
            -0.00001,
            -0.01,
            0.01,
            2,
            1,
            1,
            0,
            4,
        ),
        ("net_a", "replace 1px", True, "IoU", "road", 0.95, 0.9, 0.97, 0.05, 0.04, 0.06, 1, 0, 1, 0, 4),
        ("net_a", "replace 1px", True, "IoU", "pole", NAN, NAN, NAN, NAN, NAN, NAN, 0, 1, 1, 0, 4),
        (
            "net_a",
            "replace 1px",
            True,
            "IoU",
            "c|r & 5%_x",
            0.3,
            0.2,
            0.4,
            0.0354,
            -0.01,
            0.05,
            1,
            0,
            1,
            0,
            4,
        ),
    ]
    return _results(rows, "drawn", 4, None, ["road", "pole", "c|r & 5%_x"])


MASKS = {
    "IoU": (0.8, 0.02), "HD95_px": (12.5, -3.25), "MAE": (0.0349, 0.0021), "HCE": (1016.4, -20.6),
}  # fmt: skip
"""Numbers of binary masks: of the unrefined ones, and what `mend` adds; all gains but that of MAE are improvements."""


def masks() -> Results:
    """One refiner on binary masks, with numbers of every unit; no classes."""
    rows = []
    for metric, (value, gain) in MASKS.items():
        near = 0.1 * abs(gain)
        ends = (value - near, value + near)
        rows.append(("net", "identity", False, metric, None, value, *ends, NAN, NAN, NAN, 4, 0, 0, 0, 4))
        gains = (gain, gain - near, gain + near)
        rows.append(("net", "mend", False, metric, None, value + gain, NAN, NAN, *gains, 4, 0, 0, 0, 4))
    return _results(rows, "discs", 4, None, [])


CLASSES = [
    "sky",
    "building",
    "pole",
    "road",
    "pavement",
    "tree",
    "sign",
    "fence",
    "car",
    "pedestrian",
    "bicyclist",
]
REFINERS = {
    "identity": (0.0, False), "majority_filter": (0.001, False), "prior_shift": (0.006, False),
    "guided_filter": (0.004, False), "grabcut": (-0.012, False), "ensemble": (0.02, False),
    "oracle_replace 1px": (0.058, True), "oracle_replace 2px": (0.107, True),
    "oracle_replace 3px": (0.157, True),
    "oracle_replace ∞": (0.41, True), "oracle_offset m=4": (0.015, True), "oracle_offset m=8": (0.0165, True),
}  # fmt: skip


def large(predictions: tuple[str, ...] = ("fcn8_small", "unet_small")) -> Results:
    """Shaped like a full run: twelve refiners, eleven classes, seven metrics, error-distance curves."""
    rng = np.random.default_rng(3)
    rows, curves = [], {}
    for which, name in enumerate(predictions):
        for refiner, (gain, oracle) in REFINERS.items():
            rows += _rows(name, refiner, gain - 0.01 * which * (gain != 0), oracle, rng)
            curves[name, refiner] = {"error_distance": _curve(gain, which)}
    return _results(rows, "camvid", 233, 2, CLASSES, curves)


def _rows(name: str, refiner: str, gain: float, oracle: bool, rng: np.random.Generator) -> list[tuple[Any, ...]]:
    bases = {
        "mIoU": 0.58,
        "boundary_f@1px": 0.365,
        "boundary_f@2px": 0.457,
        "boundary_f@3px": 0.524,
        "boundary_IoU": 0.4,
    }
    rows = []
    for metric, base in bases.items():
        value, spread = base + gain, 0.012 + 0.001 * rng.random()
        paired = (NAN,) * 3 if refiner == "identity" else (gain, gain - 0.003, gain + 0.004)
        head = (name, refiner, oracle)
        rows.append((*head, metric, None, value, value - spread, value + spread, *paired, 11, 0, 0, 0, 233))
        for k, label in enumerate(CLASSES):
            local = min(max(value + 0.35 * math.cos(k), 0.02), 0.99)
            shown = "IoU" if metric == "mIoU" else metric
            rows.append((*head, shown, label, local, local - 0.02, local + 0.02, *paired, 1, 0, 0, 0, 233))
    return rows


RECOVERY = list(COLUMNS).index("recovery")


def _curve(gain: float, which: int) -> dict[str, np.ndarray]:
    distance = np.arange(1, 41)
    pixels = (2e6 * np.exp(-distance / 18.0)).astype(np.int64)
    rate = (0.45 - 0.7 * gain) * np.exp(-distance / (4.0 + which)) + 0.06 * (1 - 1.5 * gain)
    return {"distance_px": distance, "errors": (pixels * rate).astype(np.int64), "pixels": pixels}


def _results(
    rows: list[tuple[Any, ...]],
    name: str,
    samples: int,
    clusters: int | None,
    classes: list[str],
    curves: dict[Any, Any] | None = None,
) -> Results:
    colours = np.arange(3 * len(classes), dtype=np.uint8).reshape(-1, 3)
    dataset = {"name": name, "split": "test", "samples": samples, "clusters": clusters, "classes": classes}
    definitions = {
        "mIoU": {"metric": "mean IoU", "void": "ignored"},
        "boundary_f@1px": {
            "metric": "boundary F-score",
            "tolerances_px": [1],
            "tolerances_ratio": [],
            "variant": "gscnn",
        },
    }
    # No experiment here asks for recoveries.
    rows = [(*row[:RECOVERY], NAN, NAN, NAN, *row[RECOVERY:], None, None) for row in rows]
    return Results(
        numbers=frame({column: [row[i] for row in rows] for i, column in enumerate(COLUMNS)}),
        curves=curves or {},
        definitions=definitions,
        dataset={**dataset, "colours": colours},
        refused=[],
        provenance={"bootstrap": {"interval": "normal", "level": 0.95, "replicates": 1000}, "experiment": {}},
    )
