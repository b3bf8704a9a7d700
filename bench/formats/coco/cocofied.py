"""LVIS annotations as those of COCO's 80 categories: the truth behind AP* of PointRend, RefineMask and SegRefiner, who
score results on COCO's val2017 against LVIS's finer masks.

What is kept stays as it is: ids of images and objects, masks, and which categories were looked for in an image, so that
the file is to be scored by the LVIS protocol. COCO's protocol would count as wrong what nobody looked for.

Sources: Gupta et al., LVIS, CVPR 2019, Section 5 (categories joined by synset); detectron2's
`prepare_cocofied_lvis.py`, which numbers the objects anew and lists only the categories that are mentioned (neither
changes a number), and keeps images of all folders, whose objects results on val2017 cannot find.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from boundary_bench.bench.errors import InputError, Problem, examples
from boundary_bench.bench.formats.coco.document import whole
from boundary_bench.bench.formats.coco.synsets import BY_SYNSET, COCO_CATEGORIES, CocoCategory
from boundary_bench.bench.io.json_file import read_json
from boundary_bench.refiners.files.atomic_write import replace_file

FOLDER = "val2017"
LISTS = ("neg_category_ids", "not_exhaustive_category_ids")

Record = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Cocofied:
    """What was made of a file of LVIS.

    Attributes:
        document: the new file's content.
        losses: what the file has and this has not, each with a count.
        notes: what else is worth saying.
    """

    document: dict[str, Any]
    losses: tuple[str, ...]
    notes: tuple[str, ...]


def write_cocofied(path: str | Path, out: str | Path) -> Cocofied:
    """Write the annotations in an LVIS file that is in order as those of COCO's categories.

    Raises:
        InputError: no readable file, or categories without synsets.
    """
    found = cocofied(read_json(path, "LVIS annotations"), str(path))
    replace_file(Path(out), (json.dumps(found.document) + "\n").encode())
    return found


def cocofied(document: Mapping[str, Any], where: str) -> Cocofied:
    """The annotations of a file of LVIS, called `where` in messages, as those of COCO's categories.

    Where images of val2017 are among them, they alone are kept. All of COCO's categories are listed, so that results
    may name any; those of which there is nothing have no score.

    Raises:
        InputError: categories without synsets.
    """
    coco_of = _joined(document["categories"], where)
    images, elsewhere, unknown = _chosen(document["images"])
    there = {image["id"] for image in images}
    inside = [one for one in document["annotations"] if one["image_id"] in there]
    kept = [one | {"category_id": coco_of[k].id, "iscrowd": 0} for one in inside if (k := _category(one)) in coco_of]
    categories = _categories(document["categories"])
    content = {
        "info": document.get("info", {}),
        "licenses": document.get("licenses", []),
        "images": [_image(image, coco_of) for image in images],
        "annotations": kept,
        "categories": categories,
    }
    others = len(document["categories"]) - len(coco_of)
    losses = [(len(elsewhere), f"{len(elsewhere)} images that are not of {FOLDER}, {examples(elsewhere)}")]
    losses.append((others, f"{others} categories that are none of COCO's, with {len(inside) - len(kept)} objects"))
    return Cocofied(
        content, tuple(text for count, text in losses if count), tuple(_notes(unknown, there, categories, coco_of))
    )


def _joined(categories: Sequence[Record], where: str) -> dict[int, CocoCategory]:
    """LVIS's category id -> COCO's category."""
    hint = "--from coco keeps the categories that the file has"
    problems = [
        Problem(f"{where}: category {record['id']}", "no synset", "the WordNet synset, as LVIS gives it", hint)
        for record in categories
        if not isinstance(record.get("synset"), str)
    ]
    if problems:
        raise InputError(problems)
    return {int(r["id"]): BY_SYNSET[r["synset"]] for r in categories if r["synset"] in BY_SYNSET}


def _chosen(images: Sequence[Record]) -> tuple[list[Record], list[str], list[str]]:
    """Images of val2017, those of other folders, and kept ones of which no folder is known."""
    folders = [PurePosixPath(str(image.get("coco_url") or "")).parts[-2:-1] for image in images]
    if (FOLDER,) not in folders:
        return list(images), [], [str(i["id"]) for i, folder in zip(images, folders, strict=True) if not folder]
    pairs = list(zip(images, folders, strict=True))
    kept = [image for image, folder in pairs if folder in ((FOLDER,), ())]
    elsewhere = [str(image["id"]) for image, folder in pairs if folder not in ((FOLDER,), ())]
    return kept, elsewhere, [str(image["id"]) for image, folder in pairs if not folder]


def _image(image: Record, coco_of: Mapping[int, CocoCategory]) -> dict[str, Any]:
    """Named as COCO's release of 2017 names it: version 0.5 uses names of 2014, version 1 gives addresses alone."""
    name = PurePosixPath(str(image.get("coco_url") or image.get("file_name") or "")).name
    lists = {key: sorted({coco_of[k].id for k in image.get(key, ()) if k in coco_of}) for key in LISTS}
    return {**image, "file_name": name.rpartition("_")[2], **lists}


def _category(annotation: Record) -> int:
    number = whole(annotation["category_id"])
    assert number is not None
    return number


def _categories(listed: Sequence[Record]) -> list[dict[str, Any]]:
    """COCO's categories, with LVIS's frequency of each; `f` where there is none, which no number goes by."""
    frequencies = {record["synset"]: record.get("frequency", "f") for record in listed}
    return [
        {"id": c.id, "name": c.name, "synset": c.synset, "frequency": frequencies.get(c.synset, "f")}
        for c in COCO_CATEGORIES
    ]


def _notes(
    unknown: Sequence[str], there: set[Any], categories: Sequence[Record], coco_of: Mapping[int, CocoCategory]
) -> list[str]:
    notes = []
    if unknown:
        notes.append(f"{len(unknown)} of {len(there)} images have no coco_url ({examples(unknown)}); they are kept")
    present = {category.id for category in coco_of.values()}
    absent = [record["name"] for record in categories if record["id"] not in present]
    if absent:
        notes.append(f"{len(absent)} categories of COCO are not in the file ({examples(absent)}); they have no score")
    return notes
