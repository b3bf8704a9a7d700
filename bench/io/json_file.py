"""Reading and writing JSON. Files made by others are rejected where their content could not be processed."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from boundary_bench.bench.errors import InputError, Problem

MAX_BYTES = 2**31
"""Size limit of a file. Its parsed content takes about ten times as much memory."""
MAX_DEPTH = 100
"""Limit of nesting, which recursive code can always handle."""


def read_json(path: str | Path, allowed: str) -> Any:
    """Read the content of a JSON file.

    Args:
        path: the file.
        allowed: what is expected in it, for messages.

    Raises:
        InputError: the file is not readable, empty or larger than `MAX_BYTES`; it is not valid JSON or truncated, is
            nested deeper than `MAX_DEPTH`, or has text that is not Unicode (half of a surrogate pair).
    """
    try:
        if (size := Path(path).stat().st_size) > MAX_BYTES:
            raise InputError(Problem(str(path), f"{size} bytes", f"at most {MAX_BYTES}"))
        data = Path(path).read_bytes()
        return _checked(json.loads(data), data)
    except OSError as error:
        found, hint = (error.strerror or str(error)).lower(), ""
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
