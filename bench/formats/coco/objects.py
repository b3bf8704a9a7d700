"""Annotated and predicted objects of COCO files: their entries, by image, and the masks behind them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from boundary_bench.bench.errors import Problem
from boundary_bench.bench.formats.coco.document import CocoFile, ImageId, image_id_of, kind_of, whole
from boundary_bench.bench.formats.coco.masks import draw
from boundary_bench.metrics.structures.segmentation import Federated, InstanceSet


@dataclass(frozen=True, slots=True)
class ObjectRecord:
    """One object as its file lists it; what to call it is `annotation 7`, `result 12`.

    The category is a training id, below 0 where the dataset does not score it.
    """

    name: str
    id: int
    category: int
    segmentation: Any
    crowd: bool = False
    area: float | None = None
    score: float = 0.0


Records = Mapping[str, Sequence[ObjectRecord]]
"""Sample id -> its objects, in the order of the file; samples without objects may be absent."""


def read_annotations(file: CocoFile) -> tuple[Records, list[Problem]]:
    """The annotations of a file by image, and everything wrong with their entries; masks are not looked at."""
    found: dict[str, list[ObjectRecord]] = {name: [] for name in file.images}
    problems: list[Problem] = []
    seen: set[int] = set()
    for place, entry in enumerate(file.document["annotations"]):
        number = whole(entry.get("id")) if isinstance(entry, dict) else None
        name = f"annotation {place + 1} of the list" if number is None else f"annotation {number}"
        image_id = _image_id(entry)
        where = f"{file.path}: {name}" if image_id is None else file.where(image_id, name)
        wrong = entry_problems(where, entry, file.image_ids.get, file.label_ids)
        wrong += _annotation_problems(where, entry, number, seen) if isinstance(entry, dict) else []
        if wrong:
            problems += wrong
            continue
        assert number is not None
        assert image_id is not None
        seen.add(number)
        area = None if entry.get("area") is None else float(entry["area"])
        category = file.label_ids[int(entry["category_id"])]
        record = ObjectRecord(name, number, category, entry.get("segmentation"), bool(entry.get("iscrowd")), area)
        found[file.image_ids[image_id]].append(record)
    return found, problems


def entry_problems(
    where: str, entry: Any, sample_of: Callable[[ImageId], str | None], label_ids: Mapping[int, int]
) -> list[Problem]:
    """Problems with the image and the category that an entry names."""
    if not isinstance(entry, dict):
        return [Problem(where, f"a JSON {kind_of(entry)}", "an object with image_id, category_id, segmentation")]
    problems = []
    image_id = _image_id(entry)
    if image_id is None or sample_of(image_id) is None:
        hint = "" if image_id is None else "is it an image of another split?"
        problems.append(Problem(where, _named(entry, "image_id"), "the id of an image of the dataset", hint))
    category = whole(entry.get("category_id"))
    if category is None or category not in label_ids:
        trained = category is not None and 0 <= category < len(label_ids)
        hint = "training ids instead of the dataset's category ids?" if trained else ""
        problems.append(Problem(where, _named(entry, "category_id"), listed(label_ids), hint))
    return problems


def score_problem(where: str, score: Any) -> Problem | None:
    """Problems with a score; None for an absent one."""
    if score is None:
        return Problem(where, "no score", "a finite number")
    if isinstance(score, bool) or not _finite(score):
        return Problem(where, f"score {score!r}", "a finite number")
    return None


def listed(label_ids: Mapping[int, int]) -> str:
    """The category ids that are scored or known, in words."""
    ids = sorted(label_ids)
    if len(ids) <= 12:
        return f"category ids {', '.join(map(str, ids))}"
    return f"the dataset's {len(ids)} category ids, {ids[0]} to {ids[-1]}"


def truth_of(
    size: tuple[int, int], image: str, records: Sequence[ObjectRecord], federated: Federated | None = None
) -> tuple[InstanceSet | None, list[Problem]]:
    """Annotated objects of an image, called `image` in messages; None with what is wrong with them."""
    drawn = draw(size, [(f"{image}: {record.name}", record.segmentation) for record in records])
    if drawn.masks is None:
        return None, drawn.problems
    pixels = drawn.masks.areas.astype(np.float64)
    areas = np.array([p if r.area is None else r.area for p, r in zip(pixels, records, strict=True)], np.float64)
    crowd = np.array([record.crowd for record in records], np.bool_)
    # Areas are those of polygons, not of pixels, and of crowds estimates: far off means of something else.
    allowed = np.maximum(areas, pixels) / 2 + drawn.perimeters / 2
    wrong = np.flatnonzero((np.abs(areas - pixels) > allowed) & ~crowd).tolist()
    if wrong:
        return None, [_area_problem(f"{image}: {records[i].name}", areas[i], pixels[i]) for i in wrong]
    ids = np.array([record.id for record in records], np.int64)
    return InstanceSet(drawn.masks, _categories(records), None, crowd, areas, ids, None, federated), []


def predictions_of(
    size: tuple[int, int], image: str, records: Sequence[ObjectRecord]
) -> tuple[InstanceSet | None, list[Problem]]:
    """Predicted objects of an image, those of categories that are not scored left out."""
    kept = [record for record in records if record.category >= 0]
    drawn = draw(size, [(f"{image}: {record.name}", record.segmentation) for record in records])
    if drawn.masks is None:
        return None, drawn.problems
    scored = [place for place, record in enumerate(records) if record.category >= 0]
    masks = drawn.masks if len(scored) == len(records) else drawn.masks.subset(scored)
    scores = np.array([record.score for record in kept], np.float64)
    return InstanceSet(masks, _categories(kept), scores, ids=np.array([r.id for r in kept], np.int64)), []


def _annotation_problems(where: str, entry: Mapping[str, Any], number: int | None, seen: set[int]) -> list[Problem]:
    problems = []
    if number is None or number in seen:
        again = " a second time" if number in seen else ""
        problems.append(Problem(where, f"id {entry.get('id')!r}{again}", "a whole number, each once"))
    if entry.get("iscrowd", 0) not in (0, 1):
        problems.append(Problem(where, f"iscrowd {entry['iscrowd']!r}", "0 or 1"))
    area = entry.get("area")
    if area is not None and (not _finite(area) or area < 0):
        problems.append(Problem(where, f"area {area!r}", "a number of pixels"))
    return problems


def _area_problem(where: str, area: float, pixels: float) -> Problem:
    return Problem(where, f"area {area:g}", f"about {pixels:g} px, those of its mask", "size ranges go by the area")


def _categories(records: Sequence[ObjectRecord]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.array([record.category for record in records], np.int64)


def _finite(value: Any) -> bool:
    try:
        return isinstance(value, int | float) and math.isfinite(value)
    except OverflowError:  # JSON's whole numbers have no limit.
        return False


def _image_id(entry: Any) -> ImageId | None:
    return image_id_of(entry.get("image_id")) if isinstance(entry, dict) else None


def _named(entry: Mapping[str, Any], key: str) -> str:
    return f"{key} {entry[key]!r}" if key in entry else f"no {key}"
