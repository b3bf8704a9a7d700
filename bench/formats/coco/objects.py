"""Annotated and predicted objects of COCO files: their entries, by image, and the masks behind them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from boundary_bench.bench.errors import Problem
from boundary_bench.bench.formats.coco.document import image_id_of, kind_of, number_of
from boundary_bench.bench.formats.coco.faults import Tally
from boundary_bench.bench.formats.coco.masks import draw
from boundary_bench.bench.formats.coco.polygons import ALLOWED
from boundary_bench.bench.formats.coco.sizes import sizes_of
from boundary_bench.metrics.structures.masks import Masks
from boundary_bench.metrics.structures.segmentation import Federated, InstanceSet, StatedSizes


@dataclass(frozen=True, slots=True)
class ObjectRecord:
    """One object as its file lists it; what to call it is `annotation 7`, `result 12`.

    The category is a training id. area and box are as the file states them, in px: the latter is width times height of
    its `bbox`; None where it has none that is a number.
    """

    name: str
    id: int
    category: int
    segmentation: Any
    crowd: bool = False
    area: float | None = None
    score: float = 0.0
    box: float | None = None


Records = Mapping[str, Sequence[ObjectRecord]]
"""Sample id -> its objects, in the order of the file; samples without objects may be absent."""


def not_an_object(where: str, entry: Any) -> Problem:
    """Problem with an entry that is no JSON object."""
    return Problem(where, f"a JSON {kind_of(entry)}", "an object with image_id, category_id, segmentation")


def image_problem(where: str, entry: Mapping[str, Any]) -> Problem:
    """Problem with an entry whose image is none of the dataset's."""
    hint = "" if image_id_of(entry.get("image_id")) is None else "is it an image of another split?"
    return Problem(where, _named(entry, "image_id"), "the id of an image of the dataset", hint)


def category_problem(where: str, entry: Mapping[str, Any], label_ids: Mapping[int, int]) -> Problem:
    """Problem with an entry whose category is none of the dataset's."""
    category = number_of(entry.get("category_id"))
    trained = category is not None and 0 <= category < len(label_ids)
    hint = "training ids instead of the dataset's category ids?" if trained else ""
    return Problem(where, _named(entry, "category_id"), listed(label_ids), hint)


def is_its_box(entry: Mapping[str, Any]) -> bool:
    """Whether an entry has the four numbers of its box in place of polygons."""
    box, segmentation = entry.get("bbox"), entry.get("segmentation")
    return isinstance(box, list) and len(box) == 4 and isinstance(segmentation, list) and segmentation in (box, [box])


def box_problem(where: str) -> Problem:
    """Problem with such an entry."""
    return Problem(where, "a segmentation that is its bbox", ALLOWED, "boxes alone are not scored")


def score_problem(where: str, score: Any) -> Problem | None:
    """Problems with a score; None for an absent one."""
    if score is None:
        return Problem(where, "no score", "a finite number")
    if isinstance(score, bool) or not finite(score):
        return Problem(where, f"score {score!r}", "a finite number")
    return None


def listed(label_ids: Mapping[int, int]) -> str:
    """The category ids that are scored or known, in words."""
    ids = sorted(label_ids)
    if len(ids) <= 12:
        return f"category ids {', '.join(map(str, ids))}"
    return f"the dataset's {len(ids)} category ids, {ids[0]} to {ids[-1]}"


def truth_of(
    size: tuple[int, int],
    image: str,
    records: Sequence[ObjectRecord],
    federated: Federated | None = None,
    *,
    of_boxes: bool = False,
    tally: Tally | None = None,
) -> tuple[InstanceSet | None, list[Problem]]:
    """Annotated objects of an image, called `image` in messages; None with what is wrong with them.

    Args:
        size: (H, W) of the image.
        image: what to call it.
        records: its objects.
        federated: what it says about categories.
        of_boxes: areas of the file are those of boxes, see `areas_are_of_boxes`.
        tally: counts inessential faults.
    """
    tally = Tally() if tally is None else tally
    drawn = draw(size, [(f"{image}: {record.name}", record.segmentation) for record in records], tally)
    if drawn.masks is None:
        return None, drawn.problems
    pixels = drawn.masks.areas.astype(np.float64)
    areas = sizes_of(records, pixels, drawn.perimeters, tally, of_boxes=of_boxes)
    crowd = np.array([record.crowd for record in records], np.bool_)
    ids = np.array([record.id for record in records], np.int64)
    stated = _stated(drawn.masks, records)
    return InstanceSet(drawn.masks, _categories(records), None, crowd, areas, ids, None, federated, stated), []


def predictions_of(
    size: tuple[int, int], image: str, records: Sequence[ObjectRecord], tally: Tally | None = None
) -> tuple[InstanceSet | None, list[Problem]]:
    """Predicted objects of an image, as `truth_of` returns annotated ones."""
    drawn = draw(size, [(f"{image}: {record.name}", record.segmentation) for record in records], tally)
    if drawn.masks is None:
        return None, drawn.problems
    scores = np.array([record.score for record in records], np.float64)
    ids = np.array([record.id for record in records], np.int64)
    return InstanceSet(drawn.masks, _categories(records), scores, ids=ids, stated=_stated(drawn.masks, records)), []


def _stated(masks: Masks, records: Sequence[ObjectRecord]) -> StatedSizes | None:
    areas, boxes = (
        np.array([np.nan if value is None else value for value in column], np.float64)
        for column in ([record.area for record in records], [record.box for record in records])
    )
    return None if np.isnan(areas).all() and np.isnan(boxes).all() else StatedSizes(masks, areas, boxes)


def _categories(records: Sequence[ObjectRecord]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.array([record.category for record in records], np.int64)


def finite(value: Any) -> bool:
    """Whether a JSON value is a number, and one that fits into floating point."""
    try:
        return isinstance(value, int | float) and math.isfinite(value)
    except OverflowError:  # JSON's whole numbers have no limit.
        return False


def _named(entry: Mapping[str, Any], key: str) -> str:
    return f"{key} {entry[key]!r}" if key in entry else f"no {key}"
