"""A list of results: its objects by image, and every entry that is none."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from boundary_bench.bench.errors import Problem, examples
from boundary_bench.bench.formats.coco.document import ImageId, image_id_of, number_of
from boundary_bench.bench.formats.coco.faults import BOXES, NOT_SCORED_RESULT, TEXT_ID, UNKNOWN_RESULT, Tally
from boundary_bench.bench.formats.coco.objects import (
    ObjectRecord,
    Records,
    box_problem,
    category_problem,
    image_problem,
    is_its_box,
    listed,
    not_an_object,
    score_problem,
)
from boundary_bench.bench.formats.coco.sizes import box_area

Categories = Literal["check", "subset"]
"""Results of categories that the dataset does not list: left out (`subset`), or refused where their ids seem to be
counted in another way (`check`)."""


@dataclass(frozen=True)
class Meaning:
    """What the numbers of a file of results mean.

    Attributes:
        path: the file.
        sample_of: sample id of an image id; None where it is none of the dataset's.
        label_ids: category id -> training id, below 0 where it is known and not scored.
    """

    path: Path
    sample_of: Callable[[ImageId], str | None]
    label_ids: Mapping[int, int]


def read_results(entries: Sequence[Any], meaning: Meaning, tally: Tally) -> tuple[Records, list[Problem]]:
    """Results by sample id, and everything wrong with them; masks are not looked at.

    A sample whose results are all left out is there, without objects.
    """
    found: dict[str, list[ObjectRecord]] = {}
    problems: list[Problem] = []
    for place, entry in enumerate(entries, start=1):
        read = result_of(meaning, place, entry, tally)
        if isinstance(read, list):
            problems += read
            continue
        sample, record = read
        of_sample = found.setdefault(sample, [])
        if record is not None:
            of_sample.append(record)
    return found, problems


def result_of(
    meaning: Meaning, place: int, entry: Any, tally: Tally
) -> tuple[str, ObjectRecord | None] | list[Problem]:
    """The sample of one result and its record, None where it is left out; or everything wrong with it."""
    if not isinstance(entry, dict):
        return [not_an_object(f"{meaning.path}: result {place}", entry)]
    image_id, category = image_id_of(entry.get("image_id")), number_of(entry.get("category_id"))
    sample = None if image_id is None else meaning.sample_of(image_id)
    if sample is None or category is None or score_problem("", entry.get("score")) or is_its_box(entry):
        return _problems(meaning, place, entry, sample)
    name = f"result {place}"
    if isinstance(entry["category_id"], str):
        tally.add(TEXT_ID, name)
    train = meaning.label_ids.get(category)
    if train is None or train < 0:
        tally.add(UNKNOWN_RESULT if train is None else NOT_SCORED_RESULT, f"category {category}")
        return sample, None
    box = box_area(entry.get("bbox"))
    if box is not None:
        tally.add(BOXES, name)
    return sample, ObjectRecord(name, place, train, entry.get("segmentation"), score=float(entry["score"]), box=box)


def _problems(meaning: Meaning, place: int, entry: Mapping[str, Any], sample: str | None) -> list[Problem]:
    image = entry.get("image_id") if sample is None else sample
    where = f"{meaning.path}: " + (f"image {image}: " if image_id_of(image) is not None else "") + f"result {place}"
    problems = []
    if sample is None:
        problems.append(image_problem(where, entry))
    if number_of(entry.get("category_id")) is None:
        problems.append(category_problem(where, entry, meaning.label_ids))
    if problem := score_problem(where, entry.get("score")):
        problems.append(problem)
    if is_its_box(entry):
        problems.append(box_problem(where))
    return problems


def categories_problem(
    path: Path, entries: Sequence[Any], label_ids: Mapping[int, int], categories: Categories
) -> Problem | None:
    """Problem with categories that the dataset does not list, where leaving them out would hide a mistake.

    Ids counted from 1 where the dataset counts from 0, or the reverse, and places in its list in place of its ids, are
    ids of the dataset for the most part, so that many results would be scored, as of another category.
    """
    used = {number_of(entry.get("category_id")) for entry in entries if isinstance(entry, dict)} - {None}
    ids = {each for each in used if each is not None}
    unknown = sorted(ids - label_ids.keys())
    if not unknown or (categories == "subset" and len(unknown) < len(ids)):
        return None
    hint = _likely(ids, label_ids)
    if not hint and len(unknown) < len(ids):
        return None
    found = f"category ids {examples(map(str, unknown))}, which the dataset does not list"
    way_out = "" if categories == "subset" or len(unknown) == len(ids) else "; or leave them out: --categories subset"
    return Problem(str(path), found, listed(label_ids), (hint or "is it a file for another dataset?") + way_out)


def _likely(ids: set[int], label_ids: Mapping[int, int]) -> str:
    """How these ids seem to be counted, where all of them fit to it."""
    known, many = label_ids.keys(), len(label_ids)
    if {each - 1 for each in ids} <= known:
        return f"off by one: {min(ids)} to {max(ids)} are each one higher than an id of the dataset; subtract 1"
    if {each + 1 for each in ids} <= known:
        return f"off by one: {min(ids)} to {max(ids)} are each one lower than an id of the dataset; add 1"
    first = sorted(known)[:3]
    if ids <= set(range(many)):
        return f"training ids instead of the dataset's? 0, 1, 2 stand for {', '.join(map(str, first))} then"
    if ids <= set(range(1, many + 1)):
        return f"places in the list instead of the dataset's ids? 1, 2, 3 stand for {', '.join(map(str, first))} then"
    return ""
