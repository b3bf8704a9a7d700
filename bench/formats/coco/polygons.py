"""COCO's polygons as pycocotools draws them: in whatever lists they come, checked before compiled code sees them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from boundary_bench.bench.errors import Problem
from boundary_bench.bench.formats.coco.document import kind_of
from boundary_bench.bench.formats.coco.faults import NO_PART, OUTSIDE, PAIRS, SHORT_PART, Tally

SLACK_PX: Final = 1.0
"""How far outside of the image is not worth a note: tools count pixels from corners or from centres."""
FAR: Final = 10
"""Polygons may reach as many widths and heights beyond the image: drawing takes time and memory for what is outside."""
LONGEST_PX: Final = 10**7
"""Length of all outlines of an object; pycocotools takes about 100 bytes a pixel of it."""
ALLOWED: Final = "polygons [[x1, y1, x2, y2, x3, y3, ...], ...] or a run-length code {size, counts}"

Part = NDArray[np.float64]
"""float64 (P, 2), x and y."""


@dataclass(frozen=True, slots=True)
class Outline:
    """The polygons of one object. parts: of three points or more; perimeter: length of all of them in px."""

    parts: tuple[Part, ...] = ()
    perimeter: float = 0.0


def outline_of(where: str, given: Sequence[Any], size: tuple[int, int], tally: Tally) -> Outline | Problem:
    """The polygons of an object, or what makes them none.

    Args:
        where: what to call the object in messages.
        given: a list of polygons, each `[x1, y1, ...]` or `[[x1, y1], ...]`; or one polygon without the list.
        size: (H, W) of the image.
        tally: counts what is read although COCO's form has it otherwise.
    """
    if not given:
        return Problem(where, "no polygon", ALLOWED, "an empty list has no mask, and boxes alone are not scored")
    polygons, parts = _listed(given), []
    name = where.rpartition(": ")[2]
    if polygons is not given or _holds_pairs(polygons):
        tally.add(PAIRS, name)
    for place, polygon in enumerate(polygons):
        part = f"{where}: polygon {place + 1}" if len(polygons) > 1 else where
        points = _points(polygon)
        if points is None:
            what = "no list of finite x, y pairs" if isinstance(polygon, list) else described(polygon)
            return Problem(part, f"a polygon that is {what}", ALLOWED)
        if len(points) < 3:
            tally.add(SHORT_PART, name)
        elif problem := _beyond(part, points, size):
            return problem
        else:
            parts.append(points)
    return _outline(where, name, parts, size, tally)


def _outline(where: str, name: str, parts: Sequence[Part], size: tuple[int, int], tally: Tally) -> Outline | Problem:
    if not parts:
        tally.add(NO_PART, name)
    for points in parts:
        if outside := _outside(points, size):
            tally.add(OUTSIDE, f"{name} to {outside}")
    perimeter = sum(float(np.hypot(*(np.roll(each, -1, axis=0) - each).T).sum()) for each in parts)
    if perimeter > LONGEST_PX:
        return Problem(where, f"polygons with outlines of {perimeter:.3g} px", f"at most {LONGEST_PX:.0e} px in all")
    return Outline(tuple(parts), perimeter)


def run_lengths(outline: Outline, size: tuple[int, int]) -> dict[str, Any]:
    """The run-length code of polygons together, as pycocotools draws and joins them.

    Where the image has more pixels than fit into pycocotools' 32-bit numbers, the columns of the polygons are drawn by
    themselves.

    Raises:
        ValueError: these columns alone have too many pixels.
    """
    from pycocotools import mask as coco_mask

    height, width = size
    if not outline.parts:
        return {"size": list(size), "counts": [height * width]}
    first, last = (0, width) if height * width < 2**32 else _columns(outline.parts, width)
    if height * (last - first) >= 2**32:
        raise ValueError(f"polygons {last - first} px wide in an image {height} px high; allowed: {2**32 // height} px")
    moved = [(part - (first, 0)).ravel().tolist() for part in outline.parts]
    code: dict[str, Any] = coco_mask.merge(coco_mask.frPyObjects(moved, height, last - first))
    return code if last - first == width else _widened(code["counts"], first, last, size)


def _columns(parts: Sequence[Part], width: int) -> tuple[int, int]:
    x = np.concatenate([part[:, 0] for part in parts]).clip(0, width)
    first = min(int(x.min()), width - 1)
    return max(first - 1, 0), min(int(x.max()) + 2, width)


def _widened(counts: bytes, first: int, last: int, size: tuple[int, int]) -> dict[str, Any]:
    """The code of some columns as that of the image: as many zeros before and after it."""
    from boundary_bench.metrics.structures.masks import Masks

    height, width = size
    window = (height, last - first)
    runs = Masks.from_coco(window, [{"size": window, "counts": counts}]).runs(0).astype(np.int64)
    runs[0] += first * height
    rest = (width - last) * height
    runs = np.r_[runs, rest] if len(runs) % 2 == 0 else np.r_[runs[:-1], runs[-1] + rest]
    return {"size": list(size), "counts": runs}


def _listed(given: Sequence[Any]) -> Sequence[Any]:
    """The list of polygons; one polygon by itself is put into a list."""
    if _is_number(given[0]):
        return [given]
    single = len(given) > 2 and all(isinstance(each, list) and len(each) == 2 for each in given)
    return [given] if single and all(_is_number(v) for each in given for v in each) else given


def _holds_pairs(polygons: Sequence[Any]) -> bool:
    return any(isinstance(polygon, list) and polygon and isinstance(polygon[0], list) for polygon in polygons)


def _points(polygon: Any) -> Part | None:
    """float64 (P, 2); None where the polygon is no list of finite pairs."""
    if isinstance(polygon, np.ndarray):
        polygon = polygon.tolist()
    if not isinstance(polygon, list):
        return None
    if polygon and isinstance(polygon[0], list):
        if any(not isinstance(pair, list) or len(pair) != 2 for pair in polygon):
            return None
        polygon = [value for pair in polygon for value in pair]
    if len(polygon) % 2 or not (set(map(type, polygon)) <= {int, float} or all(map(_is_number, polygon))):
        return None
    try:
        points = np.asarray(polygon, np.float64).reshape(-1, 2)
    except OverflowError:
        return None
    return points if np.isfinite(points).all() else None


def _beyond(where: str, points: Part, size: tuple[int, int]) -> Problem | None:
    sides = np.array([size[1], size[0]], np.float64)
    far = points[((points < -FAR * sides) | (points > (FAR + 1) * sides)).any(axis=1)]
    if not len(far):
        return None
    found = f"a polygon that reaches to ({far[0][0]:g}, {far[0][1]:g}), far outside of {size[0]}x{size[1]} px"
    return Problem(where, found, f"at most {FAR} widths and heights beyond the image", "is it of another image?")


def _outside(points: Part, size: tuple[int, int]) -> str:
    limits = np.array([size[1], size[0]]) + SLACK_PX
    far = points[((points < -SLACK_PX) | (points > limits)).any(axis=1)]
    return f"({far[0][0]:g}, {far[0][1]:g})" if len(far) else ""


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def described(value: Any) -> str:
    """What kind of JSON value it is, with its article."""
    kind = kind_of(value)
    return kind if kind in ("null", "text", "true or false") else f"{'an' if kind == 'object' else 'a'} {kind}"
