"""COCO's panoptic form: entries of the JSON file, each with a PNG of segment ids, and both compared with each other.

Source: https://cocodataset.org/#format-data, panoptic segmentation; Kirillov et al., Panoptic Segmentation, CVPR 2019.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from boundary_bench.bench.errors import InputError, Problem
from boundary_bench.bench.formats.coco.document import ImageId, image_id_of, kind_of, whole
from boundary_bench.bench.formats.coco.objects import listed, score_problem
from boundary_bench.bench.formats.raster.id_image import HIGHEST, counted, read_id_image
from boundary_bench.bench.io.paths import stays_below
from boundary_bench.metrics.structures.segmentation import PanopticMap


@dataclass(frozen=True, slots=True)
class SegmentRecord:
    """One segment as the file lists it, category in training ids."""

    id: int
    category: int
    crowd: bool
    area: int | None
    score: float


@dataclass(frozen=True, slots=True)
class PanopticRecord:
    """The entry of one image. where: what to call it in messages."""

    where: str
    file_name: str
    segments: tuple[SegmentRecord, ...]


@dataclass(frozen=True, slots=True)
class Known:
    """Images (by a function to the sample id) and categories that entries may name."""

    sample_of: Callable[[ImageId], str | None]
    label_ids: Mapping[int, int]


def read_entries(path: Path, entries: Sequence[Any], known: Known) -> tuple[dict[str, PanopticRecord], list[Problem]]:
    """Entries by sample id, and everything wrong with them; PNG files are not looked at."""
    found: dict[str, PanopticRecord] = {}
    problems: list[Problem] = []
    for place, entry in enumerate(entries):
        record, sample, wrong = _entry(path, place, entry, known)
        if sample in found:
            wrong.append(Problem(record.where, "a second entry for the image", "one"))
        elif sample is not None:
            found[sample] = record
        problems += wrong
    return found, problems


def read_map(record: PanopticRecord, folder: Path, size: tuple[int, int]) -> tuple[PanopticMap | None, list[Problem]]:
    """The segments of an image; None with everything in which its PNG and its entry do not agree."""
    path = folder / record.file_name
    where = f"{path}: {record.where.rpartition(': ')[2]}"
    try:
        ids = read_id_image(path)
    except InputError as error:
        return None, list(error.problems)
    if ids.shape != size:
        hint = "height and width are swapped" if ids.shape == size[::-1] else ""
        return None, [Problem(where, f"{ids.shape[0]}x{ids.shape[1]} px", f"{size[0]}x{size[1]}, the image's", hint)]
    pixels = dict(zip(*(each.tolist() for each in counted(ids)), strict=True))
    pixels.pop(0, None)
    if problems := _differences(where, record, pixels):
        return None, problems
    columns = record.segments
    segments = np.array([segment.id for segment in columns], np.int32)
    categories = np.array([segment.category for segment in columns], np.int64)
    crowd = np.array([segment.crowd for segment in columns], np.bool_)
    return PanopticMap(ids, segments, categories, crowd, np.array([s.score for s in columns], np.float64)), []


def _differences(where: str, record: PanopticRecord, pixels: Mapping[int, int]) -> list[Problem]:
    listed_ids = {segment.id for segment in record.segments}
    unlisted = [
        Problem(f"{where}: segment {number}", f"{count} px in the PNG and no entry in the JSON file", "both")
        for number, count in pixels.items()
        if number not in listed_ids
    ]
    absent = [
        Problem(f"{where}: segment {segment.id}", "an entry in the JSON file and no pixel in the PNG", "both")
        for segment in record.segments
        if segment.id not in pixels
    ]
    hint = "do PNG and JSON belong together? area may be left out of predictions"
    areas = [
        Problem(f"{where}: segment {s.id}", f"area {s.area}", f"{pixels[s.id]}, its pixels in the PNG", hint)
        for s in record.segments
        if s.area is not None and s.id in pixels and s.area != pixels[s.id]
    ]
    return unlisted + absent + areas


def _entry(path: Path, place: int, entry: Any, known: Known) -> tuple[PanopticRecord, str | None, list[Problem]]:
    if not isinstance(entry, dict):
        where = f"{path}: annotation {place + 1} of the list"
        found = Problem(where, f"a JSON {kind_of(entry)}", "an object with image_id, file_name, segments_info")
        return PanopticRecord(where, "", ()), None, [found]
    image_id = image_id_of(entry.get("image_id"))
    where = f"{path}: image {entry.get('image_id')!r}" if image_id is None else f"{path}: image {image_id}"
    sample = None if image_id is None else known.sample_of(image_id)
    problems = []
    if sample is None:
        problems.append(Problem(where, "no such image", "the id of an image of the dataset"))
    name, infos = entry.get("file_name"), entry.get("segments_info")
    if not isinstance(name, str) or not name or not name.isprintable():
        problems.append(Problem(where, f"file_name {name!r}", "the name of a PNG file"))
    elif not stays_below(name):
        problems.append(Problem(where, f"file_name {name!r}", "a path that stays within the folder of the PNG files"))
    if not isinstance(infos, list):
        problems.append(Problem(where, f"segments_info that is a JSON {kind_of(infos)}", "a list of segments"))
        infos = []
    segments, wrong = _segments(where, infos, known.label_ids)
    return PanopticRecord(where, str(name), segments), sample, problems + wrong


def _segments(
    where: str, infos: Sequence[Any], label_ids: Mapping[int, int]
) -> tuple[tuple[SegmentRecord, ...], list[Problem]]:
    found: dict[int, SegmentRecord] = {}
    problems: list[Problem] = []
    for info in infos:
        number = whole(info.get("id")) if isinstance(info, dict) else None
        if number is None or not 0 < number <= HIGHEST or number in found:
            what = f"segment id {info.get('id')!r}" if isinstance(info, dict) else f"a JSON {kind_of(info)}"
            again = " a second time" if number in found else ""
            hint = "0 is void: pixels without a segment" if number == 0 else ""
            problems.append(Problem(where, f"{what}{again}", f"segments with an id in 1..{HIGHEST}, each once", hint))
            continue
        if wrong := _segment_problems(f"{where}: segment {number}", info, label_ids):
            problems += wrong
            continue
        area, category = whole(info.get("area")), label_ids[int(info["category_id"])]
        score = 1.0 if info.get("score") is None else float(info["score"])
        found[number] = SegmentRecord(number, category, bool(info.get("iscrowd")), area, score)
    return tuple(found.values()), problems


def _segment_problems(where: str, info: Mapping[str, Any], label_ids: Mapping[int, int]) -> list[Problem]:
    problems = []
    category = whole(info.get("category_id"))
    if category is None or label_ids.get(category, -1) < 0:
        problems.append(Problem(where, f"category_id {info.get('category_id')!r}", listed(label_ids)))
    if info.get("iscrowd", 0) not in (0, 1):
        problems.append(Problem(where, f"iscrowd {info['iscrowd']!r}", "0 or 1"))
    if info.get("area") is not None and whole(info["area"]) is None:
        problems.append(Problem(where, f"area {info['area']!r}", "a whole number of pixels"))
    if info.get("score") is not None and (problem := score_problem(where, info["score"])):
        problems.append(problem)
    return problems
