"""What files in COCO's form say beside what is read of them: a conversion cannot keep it, and says so."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from boundary_bench.bench.errors import examples
from boundary_bench.bench.io.json_file import read_json

READ: Mapping[str, frozenset[str]] = {
    "images": frozenset({"id", "file_name", "height", "width", "neg_category_ids", "not_exhaustive_category_ids"}),
    "categories": frozenset({"id", "name", "color", "isthing"}),
    "annotations": frozenset(
        {"id", "image_id", "category_id", "segmentation", "area", "bbox", "iscrowd", "file_name", "segments_info"}
    ),
    "results": frozenset({"image_id", "category_id", "segmentation", "score"}),
}
"""List of a file -> keys of its entries that are kept, made anew, or told of by themselves."""
SEGMENTS = frozenset({"id", "category_id", "area", "bbox", "iscrowd", "isthing", "score"})
NOTHING: tuple[Any, ...] = (None, "", [], {})
"""Values whose loss is none."""


def lost_fields(path: Path) -> list[str]:
    """A sentence for each list of a JSON file whose entries have more than is read, with how often; polygons too.

    Raises:
        InputError: the file cannot be read.
    """
    document = read_json(path, "COCO's JSON")
    lists = document if isinstance(document, dict) else {"results": document}
    found = [(name, _counted(_entries(lists.get(name)), kept)) for name, kept in READ.items()]
    annotations = [*_entries(lists.get("annotations")), *_entries(lists.get("results"))]
    segments = (segment for entry in annotations for segment in _entries(entry.get("segments_info")))
    found.append(("segments", _counted(segments, SEGMENTS)))
    losses = [f"of {name}: {_listed(counts)}" for name, counts in found if counts]
    if polygons := sum(isinstance(entry.get("segmentation"), list) for entry in annotations):
        losses.append(f"corners of {polygons} polygons: masks are written pixel by pixel")
    return losses


def _entries(value: Any) -> Iterator[Mapping[str, Any]]:
    return (entry for entry in value if isinstance(entry, dict)) if isinstance(value, list) else iter(())


def _counted(entries: Iterable[Mapping[str, Any]], kept: frozenset[str]) -> Counter[str]:
    return Counter(key for entry in entries for key in entry.keys() - kept if entry[key] not in NOTHING)


def _listed(counts: Counter[str]) -> str:
    return examples((f"{key} ({count})" for key, count in sorted(counts.items())), most=12)
