"""Lists that a file of annotations lacks, made from what its annotations say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from boundary_bench.bench.errors import InputError, Problem, examples


def completed(path: Path, document: Any) -> tuple[Any, list[str]]:
    """The document with its images and categories, and notes on what was made up for it.

    Images are those that annotations name, of the size of their run-length codes; categories are those that they name,
    called by their numbers. A bare list of annotations is a document without either. Anything else is returned as it
    is: whoever needs the lists says what is missing.

    Raises:
        InputError: no list of images, and images whose size nothing tells.
    """
    notes = []
    if isinstance(document, list) and document and not any(map(_is_result, document)):
        document = {"annotations": document}
    entries = document.get("annotations") if isinstance(document, dict) else None
    if not isinstance(entries, list) or not any(map(_is_object, entries)):
        return document, notes
    entries = [entry for entry in entries if isinstance(entry, dict)]
    if "images" not in document:
        document = document | {"images": _images(path, entries)}
        many = len(document["images"])
        notes.append(
            f"no list of images; the {many} that annotations name are taken, of the size of their run-length codes; "
            "images without annotations, and results for them, are not known"
        )
    if "categories" not in document:
        ids = {entry["category_id"] for entry in entries if isinstance(entry.get("category_id"), int | str)}
        document = document | {"categories": [{"id": each, "name": str(each)} for each in ids]}
        notes.append(
            f"no list of categories; the {len(ids)} that annotations name are taken: {examples(sorted(map(str, ids)))}"
        )
    return document, notes


def _images(path: Path, entries: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    sizes: dict[Any, Any] = {}
    for entry in entries:
        image = entry.get("image_id")
        if isinstance(image, int | float | str):
            code = entry.get("segmentation")
            size = code.get("size") if isinstance(code, dict) else None
            sizes[image] = sizes.get(image) or size
    unknown = [str(image) for image, size in sizes.items() if not isinstance(size, list) or len(size) != 2]
    if unknown:
        found = f"no list 'images', and no run-length code that tells the size of image {examples(unknown)}"
        allowed = "a list 'images' of {id, file_name, height, width}"
        raise InputError(Problem(str(path), found, allowed, "polygons do not tell how large their image is"))
    return [{"id": image, "file_name": "", "height": size[0], "width": size[1]} for image, size in sizes.items()]


def _is_object(entry: Any) -> bool:
    return isinstance(entry, dict) and "segmentation" in entry


def _is_result(entry: Any) -> bool:
    return not _is_object(entry) or "score" in entry
