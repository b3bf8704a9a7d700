"""What metrics of detections can be set to: IoU thresholds, ranges of areas, limits; as people write them."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from boundary_bench.metrics.functional.matching import ALL_AREAS, IOU_THRESHOLDS
from boundary_bench.metrics.functional.object_sizes import SizeSource

ABSENT = -1
"""Place of an IoU threshold that is not among those of a metric: what is named after it is undefined."""
NAMED = {"AP50": 0.5, "AP75": 0.75, "AP90": 0.9}
"""IoU thresholds that values are named after."""
USUAL_LIMITS = (1, 10)
Bound = float | str | None
"""End of a range of areas in px: a number, one as text such as "1e10", or None for no limit."""


def iou_thresholds(given: Sequence[float] | None) -> NDArray[np.float64]:
    """Float64 (T,); COCO's ten for None.

    Raises:
        ValueError: anything but rising numbers in (0, 1].
    """
    if given is None:
        return IOU_THRESHOLDS
    found = [] if isinstance(given, str) or not isinstance(given, Sequence | np.ndarray) else list(map(_number, given))
    rising = all(low < high for low, high in itertools.pairwise(found))
    if not found or not rising or not all(0 < one <= 1 for one in found):
        shown = list(given) if isinstance(given, Sequence | np.ndarray) and not isinstance(given, str) else given
        raise ValueError(f"iou_thresholds are {shown}; allowed: rising numbers above 0 and up to 1, such as [0.2, 0.3]")
    return np.array(found)


def described(thresholds: NDArray[np.float64]) -> str | list[float]:
    """IoU thresholds in the words of a definition."""
    usual = len(thresholds) == len(IOU_THRESHOLDS) and bool((thresholds == IOU_THRESHOLDS).all())
    return "0.50 to 0.95 by 0.05" if usual else thresholds.tolist()


def place_of(threshold: float, thresholds: NDArray[np.float64]) -> int:
    """Where a threshold is, however its last bits were rounded; ABSENT where it is not."""
    near = np.flatnonzero(np.abs(thresholds - threshold) < 1e-9)
    return int(near[0]) if len(near) else ABSENT


def area_ranges(given: Mapping[str, Sequence[Bound]]) -> dict[str, tuple[float, float]]:
    """Ranges by name, in px, both ends included; infinity where there is no limit.

    Raises:
        ValueError: a range that is not two rising numbers.
    """
    allowed = "allowed: two rising numbers of pixels, null for no limit"
    if not isinstance(given, Mapping):
        raise ValueError(f"area_ranges are {given!r}; allowed: a name and two rising numbers of pixels for each range")
    found = {}
    for name, bounds in given.items():
        if isinstance(bounds, str) or not isinstance(bounds, Sequence) or len(bounds) != 2:
            raise ValueError(f"area_ranges: {name} is {bounds!r}; {allowed}")
        low = 0.0 if bounds[0] is None else _number(bounds[0])
        high = math.inf if bounds[1] is None else _number(bounds[1])
        if not 0 <= low <= high:
            raise ValueError(f"area_ranges: {name} is {list(bounds)}; {allowed}")
        found[str(name)] = (low, high)
    return found


def as_array(ranges: Mapping[str, tuple[float, float]]) -> NDArray[np.float64]:
    """All areas first, then the ranges: float64 (A, 2)."""
    return np.array([ALL_AREAS, *ranges.values()], np.float64)


def as_data(ranges: Mapping[str, tuple[float, float]]) -> dict[str, list[float | None]]:
    """Ranges as JSON can hold them, None for no limit."""
    return {name: [None if math.isinf(bound) else bound for bound in bounds] for name, bounds in ranges.items()}


def detection_limits(given: int | Sequence[int]) -> tuple[int, ...]:
    """How many detections of an image and class count, rising; one number n gives 1, 10 and n.

    Raises:
        ValueError: anything but rising whole numbers above 0.
    """
    numbers = [given] if isinstance(given, int | str) or not isinstance(given, Sequence) else list(given)
    whole = all(isinstance(one, int) and not isinstance(one, bool) and one >= 1 for one in numbers)
    if not numbers or not whole or any(low >= high for low, high in itertools.pairwise(numbers)):
        raise ValueError(f"max_detections is {given}; allowed: a whole number >= 1, or several, rising")
    return (*USUAL_LIMITS, *numbers) if isinstance(given, int) else tuple(numbers)


def size_source(given: SizeSource) -> SizeSource:
    """The same.

    Raises:
        ValueError: an unknown source of areas.
    """
    if given not in get_args(SizeSource):
        allowed = ", ".join(get_args(SizeSource))
        raise ValueError(f"areas is {given!r}; allowed: {allowed} (ranges of areas are given by `area_ranges`)")
    return given


def _number(given: Any) -> float:
    """A number, or one as text; NaN for anything else."""
    try:
        return math.nan if isinstance(given, bool) else float(given)
    except (TypeError, ValueError):
        return math.nan
