"""COCO's panoptic form: entries of the JSON file, each with a PNG of segment ids, and both compared with each other.

Source: https://cocodataset.org/#format-data, panoptic segmentation; Kirillov et al., Panoptic Segmentation, CVPR 2019.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from boundary_bench.bench.errors import InputError, Problem
from boundary_bench.bench.formats.coco.document import ImageId, image_id_of, kind_of, whole
from boundary_bench.bench.formats.coco.objects import listed, score_problem
from boundary_bench.bench.formats.coco.panoptic_notes import Differences
from boundary_bench.bench.formats.raster.id_image import HIGHEST, counted, read_id_image
from boundary_bench.bench.io.paths import stays_below
from boundary_bench.metrics.structures.segmentation import PanopticMap

RESIZE = "resize the map to the image before saving, by nearest neighbour"
MOST_PX = 2.0**63


@dataclass(frozen=True, slots=True)
class SegmentRecord:
    """One segment as the file lists it, category in training ids."""

    id: int
    category: int
    crowd: bool
    area: float | None
    score: float


@dataclass(frozen=True, slots=True)
class PanopticRecord:
    """The entry of one image.

    Attributes:
        where: what to call it in messages.
        repeated: ids that it lists more than once.
    """

    where: str
    file_name: str
    segments: tuple[SegmentRecord, ...]
    repeated: tuple[int, ...] = ()

    @property
    def image(self) -> str:
        """The image alone, for messages that name the file."""
        return self.where.rpartition(": ")[2]


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


def repeated(records: Iterable[PanopticRecord]) -> list[tuple[str, int]]:
    """Images and the segment ids that their entries list more than once."""
    return [(record.image, number) for record in records for number in record.repeated]


def read_map(
    record: PanopticRecord, folder: Path, size: tuple[int, int], differences: Differences, *, truth: bool
) -> tuple[PanopticMap | None, list[Problem]]:
    """The segments of an image; None with everything in which its PNG and its entry cannot be reconciled.

    Args:
        record: the entry.
        folder: of the PNG files.
        size: (H, W) of the image.
        differences: is told of those that can be.
        truth: whether segments may have no pixel: of a truth these are hidden.
    """
    path = folder / record.file_name
    where = f"{path}: {record.image}"
    try:
        ids = read_id_image(path)
    except InputError as error:
        return None, list(error.problems)
    if ids.shape != size:
        hint = "height and width are swapped" if ids.shape == size[::-1] else RESIZE
        return None, [Problem(where, f"{ids.shape[0]}x{ids.shape[1]} px", f"{size[0]}x{size[1]}, the image's", hint)]
    pixels = dict(zip(*(each.tolist() for each in counted(ids)), strict=True))
    pixels.pop(0, None)
    if problems := _differences(where, record, pixels, truth=truth):
        return None, problems
    _tell(record, pixels, differences)
    columns = record.segments
    segments = np.array([segment.id for segment in columns], np.int32)
    categories = np.array([segment.category for segment in columns], np.int64)
    crowd = np.array([segment.crowd for segment in columns], np.bool_)
    scores = np.array([segment.score for segment in columns], np.float64)
    hidden = np.array([segment.id not in pixels for segment in columns], np.bool_)
    return PanopticMap(ids, segments, categories, crowd, scores, hidden), []


def _differences(where: str, record: PanopticRecord, pixels: Mapping[int, int], *, truth: bool) -> list[Problem]:
    listed_ids = {segment.id for segment in record.segments}
    hint = "do PNG and JSON belong together?"
    unlisted = [
        Problem(f"{where}: segment {number}", f"{count} px in the PNG and no entry in the JSON file", "both", hint)
        for number, count in pixels.items()
        if number not in listed_ids
    ]
    if truth:
        return unlisted
    return unlisted + [
        Problem(f"{where}: segment {segment.id}", "an entry in the JSON file and no pixel in the PNG", "both")
        for segment in record.segments
        if segment.id not in pixels
    ]


def _tell(record: PanopticRecord, pixels: Mapping[int, int], differences: Differences) -> None:
    areas = [
        f"segment {s.id} states {s.area:g}, has {pixels[s.id]} px"
        for s in record.segments
        if s.area is not None and s.id in pixels and s.area != pixels[s.id]
    ]
    hidden = [segment.id for segment in record.segments if segment.id not in pixels]
    if areas:
        differences.areas[record.image] = areas
    if hidden:
        differences.hidden[record.image] = hidden


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
    segments, again, wrong = _segments(where, infos, known.label_ids)
    return PanopticRecord(where, str(name), segments, again), sample, problems + wrong


def _segments(
    where: str, infos: Sequence[Any], label_ids: Mapping[int, int]
) -> tuple[tuple[SegmentRecord, ...], tuple[int, ...], list[Problem]]:
    """The segments, the ids that are listed again, of which the last entry counts, and what is wrong."""
    found: dict[int, SegmentRecord] = {}
    again: list[int] = []
    problems: list[Problem] = []
    for info in infos:
        number = whole(info.get("id")) if isinstance(info, dict) else None
        if number is None or not 0 < number <= HIGHEST:
            what = f"segment id {info.get('id')!r}" if isinstance(info, dict) else f"a JSON {kind_of(info)}"
            hint = "0 is void: pixels without a segment" if number == 0 else ""
            problems.append(Problem(where, what, f"segments with an id in 1..{HIGHEST}", hint))
            continue
        if wrong := _segment_problems(f"{where}: segment {number}", info, label_ids):
            problems += wrong
            continue
        area = None if info.get("area") is None else float(info["area"])
        category = label_ids[int(info["category_id"])]
        score = 1.0 if info.get("score") is None else float(info["score"])
        again += [number] if number in found else []
        # As panopticapi reads it: the place of the first entry, and what the last one says.
        found[number] = SegmentRecord(number, category, bool(info.get("iscrowd")), area, score)
    return tuple(found.values()), tuple(again), problems


def _segment_problems(where: str, info: Mapping[str, Any], label_ids: Mapping[int, int]) -> list[Problem]:
    problems = []
    category = whole(info.get("category_id"))
    if category is None or label_ids.get(category, -1) < 0:
        problems.append(Problem(where, f"category_id {info.get('category_id')!r}", listed(label_ids)))
    if info.get("iscrowd") not in (None, 0, 1):
        problems.append(Problem(where, f"iscrowd {info['iscrowd']!r}", "0 or 1"))
    area = info.get("area")
    if area is not None and (isinstance(area, bool) or not isinstance(area, int | float) or not 0 <= area < MOST_PX):
        problems.append(Problem(where, f"area {area!r}", "a number of pixels"))
    if info.get("score") is not None and (problem := score_problem(where, info["score"])):
        problems.append(problem)
    return problems
