"""COCO's `segmentation` as masks, every one checked first: what is broken is named, and never reaches a decoder that
trusts its input."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boundary_bench.bench.errors import Problem
from boundary_bench.bench.formats.coco.document import whole
from boundary_bench.bench.formats.coco.faults import TEXT_OF_BYTES, Tally
from boundary_bench.bench.formats.coco.polygons import ALLOWED, Outline, described, outline_of, run_lengths
from boundary_bench.metrics.structures.masks import Masks

SMALLEST_PX = 4
"""Sides of images in which polygons of one pixel may be all there is."""


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


def draw(size: tuple[int, int], objects: Sequence[tuple[str, Any]], tally: Tally | None = None) -> Drawn:
    """Decode and rasterise.

    Args:
        size: (H, W) of the image.
        objects: what to call each object in messages, and its `segmentation`.
        tally: counts inessential faults.

    Polygons become pixels by pycocotools, so that masks are exactly those of COCO's own evaluator: what lies outside of
    the image is cut off. Parts of one or two points are left out; an object of no other has an empty mask.
    """
    tally = Tally() if tally is None else tally
    found = [_readable(where, segmentation, size, tally) for where, segmentation in objects]
    problems = [each for each in found if isinstance(each, Problem)] or _fractions(objects, found, size)
    perimeters = np.array([each.perimeter if isinstance(each, Outline) else 0.0 for each in found], np.float64)
    if not problems:
        try:
            codes = [_coded(each, size) for each in found]
            return Drawn(Masks.from_coco(size, codes), perimeters, [])
        except ValueError:
            pass  # Decoded one by one below, to name every one that fails.
    for (where, _), each in zip(objects, found, strict=True):
        problems += [] if isinstance(each, Problem) else _decoding_problems(where, each, size)
    return Drawn(None, perimeters, problems)


def _readable(where: str, segmentation: Any, size: tuple[int, int], tally: Tally) -> Outline | dict[str, Any] | Problem:
    """A segmentation as polygons or as a code whose counts are not checked yet; or what it is instead."""
    if isinstance(segmentation, list):
        return outline_of(where, segmentation, size, tally)
    if problem := _code_problem(where, segmentation, size):
        return problem
    counts = segmentation["counts"]
    # An apostrophe is no character of the code.
    if isinstance(counts, str) and counts[:2] in ("b'", 'b"') and counts[2:].endswith(counts[1]):
        tally.add(TEXT_OF_BYTES, where.rpartition(": ")[2])
        return segmentation | {"counts": counts[2:-1].replace("\\\\", "\\")}
    code: dict[str, Any] = segmentation
    return code


def _code_problem(where: str, code: Any, size: tuple[int, int]) -> Problem | None:
    """Problems with the shape of a run-length code; its counts are not checked."""
    if code is None:
        return Problem(where, "no segmentation", ALLOWED, "boxes alone are not scored")
    if not isinstance(code, dict) or "counts" not in code:
        return Problem(where, f"a segmentation that is {described(code)}", ALLOWED)
    if not isinstance(code["counts"], str | bytes | list):
        return Problem(where, f"counts that are {described(code['counts'])}", "text or a list of run lengths")
    stated = code.get("size")
    if not isinstance(stated, list | tuple) or [whole(side) for side in stated] != list(size):
        hint = "height and width are swapped" if stated == [size[1], size[0]] else ""
        return Problem(where, f"a run-length code of size {stated!r}", f"{list(size)}, the image's height, width", hint)
    return None


def _decoding_problems(where: str, given: Outline | dict[str, Any], size: tuple[int, int]) -> list[Problem]:
    try:
        Masks.from_coco(size, [_coded(given, size)])
    except ValueError as error:
        found, _, allowed = str(error).removeprefix("mask 0").removeprefix(": ").partition("; allowed: ")
        # "encodes 5 pixels" continues the name of the mask; other messages stand by themselves.
        return [Problem(where, f"a mask that{found}" if found.startswith(" ") else found, allowed)]
    return []


def _fractions(objects: Sequence[tuple[str, Any]], found: Sequence[Any], size: tuple[int, int]) -> list[Problem]:
    """Problems with polygons that lie within the first pixel, all of the image: their numbers are no pixels."""
    outlines = [(name, each) for (name, _), each in zip(objects, found, strict=True) if isinstance(each, Outline)]
    points = [part for _, each in outlines for part in each.parts]
    if min(size) <= SMALLEST_PX or not points or any(part.min() < 0 or part.max() > 1 for part in points):
        return []
    allowed = f"x in 0..{size[1]} and y in 0..{size[0]}, in px"
    hint = "are they fractions of width and height? multiply them by the size"
    return [Problem(name, "polygons with all coordinates in 0..1", allowed, hint) for name, _ in outlines]


def _coded(given: Outline | dict[str, Any], size: tuple[int, int]) -> dict[str, Any]:
    return run_lengths(given, size) if isinstance(given, Outline) else given
