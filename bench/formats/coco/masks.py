"""COCO's `segmentation` as masks, every one checked first: what is broken is named, and never reaches a decoder that
trusts its input."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boundary_bench.bench.errors import Problem
from boundary_bench.bench.formats.coco.document import kind_of, whole
from boundary_bench.metrics.structures.masks import Masks

SLACK_PX = 1.0
"""How far outside of the image a polygon may reach: tools count pixels from corners or from centres."""

ALLOWED = "polygons [[x1, y1, x2, y2, x3, y3, ...], ...] or a run-length code {size, counts}"


@dataclass(frozen=True, slots=True)
class Drawn:
    """Masks of one image, as far as they are in order.

    Attributes:
        masks: those of all objects; None where one has a problem.
        perimeters: float64 (N,), lengths of the outlines of polygons in px; 0 for run-length codes.
        problems: what is wrong, naming the object.
    """

    masks: Masks | None
    perimeters: NDArray[np.float64]
    problems: list[Problem]


def draw(size: tuple[int, int], objects: Sequence[tuple[str, Any]]) -> Drawn:
    """Decode and rasterise.

    Args:
        size: (H, W) of the image.
        objects: what to call each object in messages, and its `segmentation`.

    Polygons become pixels by pycocotools, so that masks are exactly those of COCO's own evaluator.
    """
    checked = [_checked(where, segmentation, size) for where, segmentation in objects]
    perimeters = np.array([perimeter for _, perimeter in checked], np.float64)
    problems = [problem for problem, _ in checked if problem]
    if not problems:
        try:
            codes = [_coded(segmentation, size) for _, segmentation in objects]
            return Drawn(Masks.from_coco(size, codes), perimeters, [])
        except ValueError:
            pass  # Decoded one by one below, to name every one that fails.
    for (where, segmentation), (problem, _) in zip(objects, checked, strict=True):
        if problem is None and isinstance(segmentation, dict):
            problems += _decoding_problems(where, segmentation, size)
    return Drawn(None, perimeters, problems)


def _checked(where: str, segmentation: Any, size: tuple[int, int]) -> tuple[Problem | None, float]:
    """Problems with the form of a segmentation, and the length of its outline in px."""
    if isinstance(segmentation, list):
        return _polygon_problem(where, segmentation, size)
    return _code_problem(where, segmentation, size), 0.0


def _code_problem(where: str, code: Any, size: tuple[int, int]) -> Problem | None:
    """Problems with the shape of a run-length code; its counts are not checked."""
    if code is None:
        return Problem(where, "no segmentation", ALLOWED, "boxes alone are not scored")
    if not isinstance(code, dict) or "counts" not in code:
        return Problem(where, f"a segmentation that is {_described(code)}", ALLOWED)
    if not isinstance(code["counts"], str | list):
        return Problem(where, f"counts that are {_described(code['counts'])}", "text or a list of run lengths")
    stated = code.get("size")
    if not isinstance(stated, list) or [whole(side) for side in stated] != list(size):
        hint = "height and width are swapped" if stated == [size[1], size[0]] else ""
        return Problem(where, f"a run-length code of size {stated!r}", f"{list(size)}, the image's height, width", hint)
    return None


def _decoding_problems(where: str, code: dict[str, Any], size: tuple[int, int]) -> list[Problem]:
    try:
        Masks.from_coco(size, [code])
    except ValueError as error:
        found, _, allowed = str(error).removeprefix("mask 0").removeprefix(": ").partition("; allowed: ")
        # "encodes 5 pixels" continues the name of the mask; other messages stand by themselves.
        return [Problem(where, f"a mask that{found}" if found.startswith(" ") else found, allowed)]
    return []


def _polygon_problem(where: str, polygons: list[Any], size: tuple[int, int]) -> tuple[Problem | None, float]:
    """Problems with the polygons of an object, and the length of their outlines."""
    if not polygons:
        return Problem(where, "no polygon", ALLOWED), 0.0
    perimeter = 0.0
    for place, polygon in enumerate(polygons):
        part = f"{where}: polygon {place + 1}" if len(polygons) > 1 else where
        if not isinstance(polygon, list):
            hint = "put it into a list of polygons" if whole(polygon) is not None else ""
            return Problem(part, f"a polygon that is {_described(polygon)}", ALLOWED, hint), 0.0
        points = _points(polygon)
        if points is None:
            return Problem(part, "a polygon that is no list of finite x, y pairs", ALLOWED), 0.0
        if len(points) < 3:
            return Problem(part, f"a polygon of {len(points)} points", "three or more"), 0.0
        if outside := _outside(points, size):
            limits = f"x in 0..{size[1]} and y in 0..{size[0]}"
            return Problem(part, f"a polygon that reaches to {outside}, outside the image", limits), 0.0
        perimeter += float(np.hypot(*(np.roll(points, -1, axis=0) - points).T).sum())
    return None, perimeter


def _points(polygon: list[Any]) -> NDArray[np.float64] | None:
    if len(polygon) % 2 or any(isinstance(v, bool) or not isinstance(v, int | float) for v in polygon):
        return None
    try:
        points = np.asarray(polygon, np.float64).reshape(-1, 2)
    except OverflowError:
        return None
    return points if np.isfinite(points).all() else None


def _outside(points: NDArray[np.float64], size: tuple[int, int]) -> str:
    limits = np.array([size[1], size[0]]) + SLACK_PX
    far = points[((points < -SLACK_PX) | (points > limits)).any(axis=1)]
    return f"({far[0][0]:g}, {far[0][1]:g})" if len(far) else ""


def _coded(segmentation: Any, size: tuple[int, int]) -> dict[str, Any]:
    from pycocotools import mask as coco_mask

    if isinstance(segmentation, dict):
        return segmentation
    code: dict[str, Any] = coco_mask.merge(coco_mask.frPyObjects(segmentation, *size))
    return code


def _described(value: Any) -> str:
    kind = kind_of(value)
    return kind if kind in ("null", "text", "true or false") else f"{'an' if kind == 'object' else 'a'} {kind}"
