"""The annotations of a file: its objects by image, and every entry that is none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from boundary_bench.bench.errors import Problem
from boundary_bench.bench.formats.coco.document import CocoFile, image_id_of, number_of
from boundary_bench.bench.formats.coco.faults import CROWD_NULL, ID_0, OWN_IDS, TEXT_ID, Tally
from boundary_bench.bench.formats.coco.objects import (
    ObjectRecord,
    Records,
    box_problem,
    category_problem,
    finite,
    image_problem,
    is_its_box,
    not_an_object,
)
from boundary_bench.bench.formats.coco.sizes import box_area


def read_annotations(file: CocoFile) -> tuple[Records, list[Problem]]:
    """The annotations of a file by image, and everything wrong with their entries; masks are not looked at.

    Ids that are no whole numbers, or not each once, are replaced by places in the list from 1 on, all of them.
    """
    entries, tally = file.document["annotations"], file.faults.of_file
    found: dict[str, list[ObjectRecord]] = {name: [] for name in file.images}
    problems: list[Problem] = []
    numbers = [number_of(entry.get("id")) if isinstance(entry, dict) else None for entry in entries]
    own = _own_ids(numbers, entries, tally)
    for place, (entry, number) in enumerate(zip(entries, numbers, strict=True), start=1):
        name = f"annotation {place} of the list" if number is None else f"annotation {number}"
        read = annotation_of(file, name, number if own and number is not None else place, entry, tally)
        if isinstance(read, list):
            problems += read
        else:
            found[read[0]].append(read[1])
    return found, problems


def annotation_of(
    file: CocoFile, name: str, number: int, entry: Any, tally: Tally
) -> tuple[str, ObjectRecord] | list[Problem]:
    """The sample of one annotation and its record, under the name and the id given; or everything wrong with it."""
    if not isinstance(entry, dict):
        return [not_an_object(f"{file.path}: {name}", entry)]
    image_id, category = image_id_of(entry.get("image_id")), number_of(entry.get("category_id"))
    sample = None if image_id is None else file.sample_of(image_id)
    train = None if category is None else file.label_ids.get(category)
    crowd = entry.get("iscrowd", 0)
    if sample is None or train is None or crowd not in (None, 0, 1) or is_its_box(entry):
        return _problems(file, name, entry, sample, train)
    if image_id not in file.image_ids or isinstance(entry["category_id"], str):
        tally.add(TEXT_ID, name)
    if crowd is None:
        tally.add(CROWD_NULL, name)
    area = float(entry["area"]) if finite(entry.get("area")) else None
    box = box_area(entry.get("bbox"))
    return sample, ObjectRecord(name, number, train, entry.get("segmentation"), bool(crowd), area, box=box)


def _problems(
    file: CocoFile, name: str, entry: Mapping[str, Any], sample: str | None, train: int | None
) -> list[Problem]:
    image_id = image_id_of(entry.get("image_id"))
    where = f"{file.path}: {name}" if image_id is None else file.where(image_id, name)
    problems = []
    if sample is None:
        problems.append(image_problem(where, entry))
    if train is None:
        problems.append(category_problem(where, entry, file.label_ids))
    if entry.get("iscrowd") not in (None, 0, 1):
        problems.append(Problem(where, f"iscrowd {entry['iscrowd']!r}", "0 or 1"))
    if is_its_box(entry):
        problems.append(box_problem(where))
    return problems


def _own_ids(numbers: list[int | None], entries: list[Any], tally: Tally) -> bool:
    """Whether every annotation has a number of its own."""
    counts = Counter(numbers)
    for place, number in enumerate(numbers, start=1):
        if isinstance(entries[place - 1], dict) and (number is None or counts[number] > 1):
            tally.add(OWN_IDS, f"id {entries[place - 1].get('id')!r} at place {place}")
    if counts[0] == 1 and OWN_IDS not in tally.counts:
        tally.add(ID_0, "annotation 0")
    return OWN_IDS not in tally.counts
