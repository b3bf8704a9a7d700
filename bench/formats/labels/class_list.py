"""The classes of somebody's own data: how many, their names, and which ids in files belong to which.

A number of classes, names, or a file of them:

    classes.txt     one name a line; ids are 0, 1, 2, ...
    classes.csv     columns id, name and, where wanted, colour, ignore, train_id
    classes.yaml    a list of names, a mapping of ids and names ({7: road, 8: sidewalk}), or a list of entries with the
    classes.json    keys of the CSV; also below one of the keys `classes`, `CLASSES`, `names`, `stuff_classes`,
                    `categories` or `labels`, as the configurations of other tools have them, with colours below
                    `PALETTE`, `palette` or `stuff_colors`

Several ids of one name, or of one `train_id`, are one class. Classes are in the order of their `train_id` where entries
have one, else in the order of the file; an entry with `ignore`, or with a `train_id` of 255 or below 0, is void (255
only where there is no higher one).
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boundary_bench.bench.errors import InputError, Problem
from boundary_bench.bench.formats.labels.palette import colour_of, palette
from boundary_bench.bench.io.yaml_file import parse_yaml
from boundary_bench.metrics.structures.labels import MOST_CLASSES

ALLOWED = "a number of classes, their names, or a file of them (.txt, .csv, .yaml, .json)"
LISTS = ("classes", "CLASSES", "names", "stuff_classes", "categories", "labels")
PALETTES = ("PALETTE", "palette", "stuff_colors")
COLOUR_KEYS = ("colour", "color", "rgb")

Given = int | str | Sequence[Any] | Mapping[Any, Any]
"""A file may be given by its path, too."""


@dataclass(frozen=True, eq=False)
class ClassList:
    """Classes and the ids of files.

    Attributes:
        names: of the classes 0..K-1.
        colours: uint8 (K, 3) RGB.
        label_ids: id in files -> class, -1 for void; empty where ids are those of classes.
        has_colours: whether the colours were given, not made up.
    """

    names: tuple[str, ...]
    colours: NDArray[np.uint8]
    label_ids: Mapping[int, int]
    has_colours: bool = False


@dataclass(frozen=True)
class _Entry:
    id: int
    name: str
    colour: tuple[int, int, int] | None
    train: int | None
    """None: by the order of the file."""
    ignored: bool


def class_list(given: Given | Path, where: str = "classes") -> ClassList:
    """Classes as given on the command line or in an experiment.

    Args:
        given: K; names, or `first..last` ids, separated by commas; names; ids and names; entries; or a file of any.
        where: what messages call it.

    Raises:
        InputError: no such file, or content that is none of these, a name or id without the other, an id given twice,
            training ids with gaps, no class at all, or more than there may be.
    """
    found, where = _read(given, where)
    if isinstance(found, int) and not isinstance(found, bool):
        entries = [_Entry(i, f"class {i}", None, None, False) for i in range(_checked_count(found, where))]
    else:
        entries = _entries(found, where)
    return _listed(entries, where)


def _read(given: Given | Path, where: str) -> tuple[Any, str]:
    if isinstance(given, Path) or (isinstance(given, str) and _is_file(given)):
        return _read_file(Path(given)), str(given)
    if not isinstance(given, str):
        return given, where
    if re.fullmatch(r"\d+", given.strip()):
        return int(given), where
    if ids := re.fullmatch(r"\s*(\d+)\.\.(\d+)\s*", given):
        first, last = int(ids[1]), int(ids[2])
        _checked_count(last - first + 1, where)
        return {i: f"class {i}" for i in range(first, last + 1)}, where
    if "," not in given:
        raise InputError(Problem(where, f"{given!r}, which is no file", ALLOWED))
    return [name.strip() for name in given.split(",")], where


def _is_file(text: str) -> bool:
    return Path(text).suffix.lower() in (".txt", ".csv", ".yaml", ".yml", ".json") or Path(text).is_file()


def _read_file(path: Path) -> Any:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        found = (error.strerror or str(error)).lower() if isinstance(error, OSError) else "no text in UTF-8"
        raise InputError(Problem(str(path), found, ALLOWED)) from None
    suffix = path.suffix.lower()
    if suffix == ".csv":
        return list(csv.DictReader(text.splitlines()))
    if suffix == ".json":
        try:
            return json.loads(text)
        except (ValueError, RecursionError) as error:
            raise InputError(Problem(str(path), f"no JSON: {error}", ALLOWED)) from None
    if suffix in (".yaml", ".yml"):
        return parse_yaml(text, ALLOWED, str(path))
    return [line.strip() for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]


def _entries(found: Any, where: str) -> list[_Entry]:
    colours: Sequence[Any] = ()
    if isinstance(found, Mapping) and (key := next((key for key in LISTS if key in found), None)):
        colours = next((found[key] for key in PALETTES if key in found), ())
        found = found[key]
    if isinstance(found, Mapping):
        found = [
            {"id": key, **(value if isinstance(value, Mapping) else {"name": value})} for key, value in found.items()
        ]
    if not isinstance(found, Sequence) or isinstance(found, str):
        raise InputError(Problem(where, f"a {type(found).__name__}", ALLOWED))
    entries = [_entry(each, place, where) for place, each in enumerate(found)]
    if colours:
        if len(colours) != len(entries):
            raise InputError(Problem(where, f"{len(colours)} colours for {len(entries)} classes", "a colour for each"))
        entries = [
            _Entry(e.id, e.name, colour_of(colour, f"{where}: {e.name}"), e.train, e.ignored)
            for e, colour in zip(entries, colours, strict=True)
        ]
    return entries


def _entry(each: Any, place: int, where: str) -> _Entry:
    at = f"{where}: entry {place + 1}"
    if not isinstance(each, Mapping):
        return _Entry(place, _name(each, at), None, None, False)
    values = {str(key).strip().lower(): value for key, value in each.items() if value not in (None, "")}
    if "id" not in values or "name" not in values:
        raise InputError(
            Problem(
                at, f"the keys {', '.join(values) or 'none'}", "id and name, and where wanted colour, ignore, train_id"
            )
        )
    colour = next((values[key] for key in COLOUR_KEYS if key in values), None)
    train = values.get("train_id", values.get("trainid"))
    return _Entry(
        _whole(values["id"], f"{at}: id"),
        _name(values["name"], at),
        None if colour is None else colour_of(colour, at),
        None if train is None else _whole(train, f"{at}: train_id"),
        str(values.get("ignore", values.get("ignoreineval", False))).strip().lower() in ("true", "1", "yes"),
    )


def _listed(entries: Sequence[_Entry], where: str) -> ClassList:
    _require_once([entry.id for entry in entries], where)
    # 255 means void unless there are so many classes that it is one among them.
    is_class = any(entry.train is not None and 255 < entry.train < MOST_CLASSES for entry in entries)
    of_class = set(range(MOST_CLASSES)) - (set() if is_class else {255})
    scored = [entry for entry in entries if not entry.ignored and (entry.train is None or entry.train in of_class)]
    keys: list[Any] = [entry.name if entry.train is None else entry.train for entry in scored]
    with_train = [entry.train for entry in scored if entry.train is not None]
    if with_train and len(with_train) < len(scored):
        raise InputError(Problem(where, "a train_id for some classes only", "one for each, or for none"))
    order: list[Any] = sorted(set(keys)) if with_train else list(dict.fromkeys(keys))
    if with_train and order != list(range(len(order))):
        raise InputError(
            Problem(where, f"train_id {order}"[:80], f"0..{len(order) - 1} without gaps; 255 or -1 for void")
        )
    _checked_count(len(order), where)
    number = {key: place for place, key in enumerate(order)}
    first = {number[key]: entry for key, entry in reversed(list(zip(keys, scored, strict=True)))}
    trains = {entry.id: -1 for entry in entries} | {e.id: number[key] for key, e in zip(keys, scored, strict=True)}
    colours = palette(len(order))
    for train, entry in first.items():
        if entry.colour is not None:
            colours[train] = entry.colour
    names = tuple(first[train].name for train in range(len(order)))
    given = all(entry.colour is not None for entry in first.values())
    return ClassList(names, colours, {} if trains == {i: i for i in range(len(order))} else trains, given)


def _require_once(ids: Sequence[int], where: str) -> None:
    if twice := sorted({i for i in ids if ids.count(i) > 1}) if len(set(ids)) < len(ids) else []:
        raise InputError(Problem(where, f"id {twice[0]} twice", "each id once"))


def _checked_count(count: int, where: str) -> int:
    if not 1 <= count <= MOST_CLASSES:
        raise InputError(Problem(where, f"{count} classes", f"1 to {MOST_CLASSES}"))
    return count


def _name(value: Any, where: str) -> str:
    if isinstance(value, Mapping | list) or not str(value).strip():
        raise InputError(Problem(where, repr(value), "the name of a class"))
    return str(value).strip()


def _whole(value: Any, where: str) -> int:
    if not isinstance(value, bool) and re.fullmatch(r"-?\d+", str(value).strip()):
        return int(value)
    raise InputError(Problem(where, repr(value), "a whole number"))
