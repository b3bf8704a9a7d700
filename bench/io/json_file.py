"""Reading and writing JSON. Files made by others are rejected where their content could not be processed."""

from __future__ import annotations

import gzip
import json
import math
import re
import zlib
from collections.abc import Mapping
from pathlib import Path, PurePath
from typing import Any, Final

import orjson

from boundary_bench.bench.errors import InputError, Problem

MAX_BYTES = 2**31
"""Size limit of a file, unpacked. Its parsed content takes about ten times as much memory."""
MAX_DEPTH = 100
"""Limit of nesting, which recursive code can always handle."""
LINES: Final = (".jsonl", ".ndjson")
"""Endings of files that hold a document in each line."""
GZIP: Final = b"\x1f\x8b"
ARCHIVES: Final = {
    b"PK\x03\x04": "a zip archive",
    b"BZh": "packed by bzip2",
    b"\xfd7zXZ": "packed by xz",
    b"\x28\xb5\x2f\xfd": "packed by zstd",
    b"7z\xbc\xaf": "a 7z archive",
}
_WIDE_NUMBER: Final = re.compile(rb"[0-9]{20}")
"""Whole numbers that do not fit into 64 bits, which orjson would round to floating point without a word."""


def read_json(path: str | Path, allowed: str) -> Any:
    """Read the content of a JSON file, also of one packed by gzip, whatever its name.

    Args:
        path: the file. One that ends in `.jsonl` or `.ndjson`, or has a document in each of several lines, is a list of
            these documents.
        allowed: what is expected in it, for messages.

    Raises:
        InputError: the file is not readable, empty or larger than `MAX_BYTES`; it is not valid JSON or truncated, is
            packed in another way, is nested deeper than `MAX_DEPTH`, or has text that is not Unicode (half of a
            surrogate pair).
    """
    try:
        data = _unpacked(Path(path), allowed)
        return _checked(_parsed(data, lines=_ending(path) in LINES), data)
    except (OSError, EOFError, zlib.error) as error:
        packed = isinstance(error, gzip.BadGzipFile | EOFError | zlib.error)
        found = "packed by gzip, but damaged" if packed else (getattr(error, "strerror", "") or str(error)).lower()
        hint = "is the file complete?" if packed else ""
    except json.JSONDecodeError as error:
        cut = error.pos >= len(error.doc.rstrip()) - 1 or "Unterminated" in error.msg
        place = f"line {error.lineno}, column {error.colno}"
        found = f"truncated JSON ({place})" if cut else f"not valid JSON ({error.msg}, {place})"
        found, hint = ("an empty file", "") if not data.strip() else (found, "is the file complete?" if cut else "")
    except RecursionError:
        found, hint = f"JSON nested more than {MAX_DEPTH} levels deep", ""
    except ValueError as error:
        found, hint = f"not valid JSON ({error})", ""
    raise InputError(Problem(str(path), found, allowed, hint))


def json_stem(path: str | Path) -> str:
    """The name of a JSON file without its endings: `results` of `results.json.gz`."""
    name = PurePath(path)
    return PurePath(name.stem).stem if name.suffix.lower() == ".gz" else name.stem


def is_json(path: str | Path) -> bool:
    """Whether a file is JSON by its name, packed or not."""
    return _ending(path) in (".json", *LINES)


def _ending(path: str | Path) -> str:
    name = PurePath(path)
    return (PurePath(name.stem) if name.suffix.lower() == ".gz" else name).suffix.lower()


def _unpacked(path: Path, allowed: str) -> bytes:
    with path.open("rb") as file:
        begin, size = file.read(8), path.stat().st_size
        for mark, what in ARCHIVES.items():
            if begin.startswith(mark):
                raise InputError(Problem(str(path), what, allowed, "unpack it first; gzip alone is read as it is"))
        file.seek(0)
        if not begin.startswith(GZIP):
            if size > MAX_BYTES:
                raise InputError(Problem(str(path), f"{size} bytes", f"at most {MAX_BYTES}"))
            return file.read()
        with gzip.open(file) as packed:
            data = packed.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise InputError(Problem(str(path), "more bytes than allowed, unpacked", f"at most {MAX_BYTES}"))
    return data


def _parsed(data: bytes, *, lines: bool) -> Any:
    if lines:
        return _lines(data)
    if _WIDE_NUMBER.search(data) is None:
        try:
            return orjson.loads(data)
        except orjson.JSONDecodeError:
            pass  # The standard library knows NaN, a byte order mark and UTF-16, and says where an error is.
    try:
        return json.loads(data)
    except json.JSONDecodeError as error:
        if error.msg != "Extra data" or "\n" not in error.doc[: error.pos]:
            raise
        try:
            return _lines(data)
        except ValueError:
            raise error from None


def _lines(data: bytes) -> list[Any]:
    """Each line's document; empty lines are none."""
    text = data.decode(json.detect_encoding(data))
    return [_line(number, line) for number, line in enumerate(text.split("\n"), start=1) if line.strip()]


def _line(number: int, line: str) -> Any:
    try:
        return _parsed(line.encode(), lines=False)
    except json.JSONDecodeError as error:
        raise ValueError(f"{error.msg}, line {number}, column {error.colno}") from None


def _checked(document: Any, data: bytes) -> Any:
    level = _inner(document)
    for _ in range(MAX_DEPTH):
        level = [inner for node in level for inner in _inner(node)]
    if level:
        raise RecursionError
    if b"\\u" in data:
        json.dumps(document, ensure_ascii=False).encode()  # Fails for half of a surrogate pair.
    return document


def _inner(node: Any) -> list[Any]:
    """Objects and lists in an object or a list; types are tested first, since most lists contain numbers."""
    values = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    if {dict, list}.isdisjoint(map(type, values)):
        return []
    return [value for value in values if isinstance(value, dict | list)]


def plain(value: Any, *, keep_infinite: bool = False) -> Any:
    """Convert a value to JSON types.

    Mappings become objects with string keys; lists, tuples and arrays become lists; NumPy scalars become Python
    scalars. NaN becomes null, since it is an undefined value. Infinities become null too, or with `keep_infinite` the
    strings `inf` and `-inf`, for files that we read back. Anything else, such as paths and dates, becomes its string.
    """
    if hasattr(value, "tolist"):  # NumPy's arrays and scalars
        value = value.tolist()
    if isinstance(value, Mapping):
        return {str(key): plain(item, keep_infinite=keep_infinite) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item, keep_infinite=keep_infinite) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value) if keep_infinite and math.isinf(value) else None
    return value if value is None or isinstance(value, str | int | float) else str(value)


def dumps(document: Any, *, indent: int | None = 2, end: str = "\n", keep_infinite: bool = False) -> str:
    """Serialise a document to JSON text, its values converted by `plain`.

    Args:
        document: anything that `plain` accepts.
        indent: spaces per level; None writes everything on one line.
        end: text appended to it.
        keep_infinite: see `plain`.
    """
    values = plain(document, keep_infinite=keep_infinite)
    return json.dumps(values, indent=indent, ensure_ascii=False, allow_nan=False) + end
