"""Options that say which questions about objects are asked: thresholds, sizes, numbers of detections, categories."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import typer

from boundary_bench.bench.cli.several import split
from boundary_bench.bench.errors import InputError, Problem

OPTIONS = {
    "tolerances_px": "--tolerance-px",
    "band_ratio": "--band-ratio",
    "iou_thresholds": "--iou-thresholds",
    "area_ranges": "--area-ranges",
    "max_detections": "--max-detections",
    "class_agnostic": "--class-agnostic",
    "areas": "--areas",
}
"""Parameters of metrics that have an option of their own, here and in `bench evaluate`."""
MOST_THRESHOLDS = 1000


@dataclass(frozen=True)
class Questions:
    """Values of these options; None where one was not given."""

    iou_thresholds: Annotated[
        list[str] | None,
        typer.Option(
            "--iou-thresholds", metavar="T ...", help="IoU thresholds of AP: 0.2 0.3, or 0.5:0.95:0.05 with its end."
        ),
    ] = None
    area_ranges: Annotated[
        list[str] | None,
        typer.Option(
            "--area-ranges", metavar="NAME=LOW:HIGH ...", help="Sizes to give AP of, in px: S=0:1024 L=9216:1e10."
        ),
    ] = None
    max_detections: Annotated[
        list[str] | None,
        typer.Option(
            "--max-detections",
            metavar="N ...",
            help="Detections that count per image and class; of several, the last for AP and each for AR.",
        ),
    ] = None
    class_agnostic: Annotated[
        bool | None, typer.Option("--class-agnostic", help="Match objects whatever their categories.")
    ] = None
    areas: Annotated[
        Literal["annotated", "mask", "file", "box"] | None,
        typer.Option("--areas", help="Which sizes the ranges go by; see the page of metrics."),
    ] = None

    def parameters(self) -> dict[str, Any]:
        """Parameters of metrics, those that were given.

        Raises:
            InputError: values that are no numbers, or ranges that are none.
        """
        detections = None if self.max_detections is None else _counts(split(self.max_detections))
        thresholds = None if self.iou_thresholds is None else _thresholds(split(self.iou_thresholds))
        ranges = None if self.area_ranges is None else _ranges(split(self.area_ranges))
        values: dict[str, Any] = {"iou_thresholds": thresholds, "area_ranges": ranges, "max_detections": detections}
        values |= {"class_agnostic": self.class_agnostic or None, "areas": self.areas}
        return {key: value for key, value in values.items() if value is not None}


NO_QUESTIONS = Questions()


def _counts(texts: Sequence[str]) -> int | list[int]:
    wrong = [text for text in texts if not text.isdecimal() or int(text) < 1]
    if wrong or not texts:
        raise InputError(Problem("--max-detections", repr(wrong[0] if wrong else ""), "whole numbers from 1 on"))
    counts = [int(text) for text in texts]
    return counts[0] if len(counts) == 1 else counts


def _thresholds(texts: Sequence[str]) -> list[float]:
    found = [value for text in texts for value in (_steps(text) if ":" in text else [_number(text)])]
    wrong = [value for value in found if not 0 < value <= 1]
    if wrong or not found:
        raise InputError(Problem("--iou-thresholds", f"{wrong[0]:g}" if wrong else "none", "above 0, at most 1"))
    return found


def _steps(text: str) -> list[float]:
    """The numbers of `low:high:step`, both ends included, with the bits that COCO's own thresholds have."""
    import numpy as np

    allowed = "low:high:step with a whole number of steps, such as 0.5:0.95:0.05"
    parts = text.split(":")
    if len(parts) != 3:
        raise InputError(Problem("--iou-thresholds", repr(text), allowed))
    low, high, step = map(_number, parts)
    steps = (high - low) / step if step > 0 else math.nan
    if not (0 <= steps < MOST_THRESHOLDS and abs(steps - round(steps)) < 1e-6):
        raise InputError(Problem("--iou-thresholds", repr(text), allowed))
    return [float(value) for value in np.linspace(low, high, round(steps) + 1)]


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise InputError(Problem("--iou-thresholds", repr(text), "numbers such as 0.5")) from None


def _ranges(texts: Sequence[str]) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {}
    for text in texts:
        name, _, bounds = text.partition("=")
        low, colon, high = bounds.partition(":")
        try:
            ends = [_pixels(low), _pixels(high)]
        except ValueError:
            ends = [math.nan]
        if not name or not colon or name in found or not 0 <= ends[0] <= ends[-1]:
            why = "a name twice" if name in found else "no range"
            allowed = "NAME=LOW:HIGH in px, each name once, such as S=0:1024 L=9216:1e10"
            raise InputError(Problem(f"--area-ranges {text}", why, allowed, "an open end is inf"))
        found[name] = ends
    return found


def _pixels(text: str) -> float:
    """A number of pixels; of a side's length too, as `32^2`."""
    side, power, exponent = text.replace("**", "^").partition("^")
    return float(side) ** float(exponent) if power else float(side)
