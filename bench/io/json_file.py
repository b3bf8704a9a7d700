"""JSON: files that others made, refused where what they hold could not be worked with; and the one way to write it."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from boundary_bench.bench.errors import InputError, Problem

MAX_BYTES = 2**31
"""Of a file. What it holds takes about ten times as much memory."""
MAX_DEPTH = 100
"""Of nesting. Whatever goes through a document recursively has room for this."""


def read_json(path: str | Path, allowed: str) -> Any:
    """Contents of a JSON file.

    Args:
        path: the file.
        allowed: what is expected in it, for messages.

    Raises:
        InputError: no readable file, an empty one, one above `MAX_BYTES`, no JSON or an end that comes too early,
            nesting above `MAX_DEPTH`, or text that is none (half of a surrogate pair).
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
        found = f"JSON that ends too early ({place})" if cut else f"no JSON ({error.msg}, {place})"
        found, hint = ("an empty file", "") if not data.strip() else (found, "is the file complete?" if cut else "")
    except RecursionError:
        found, hint = f"JSON that is nested more than {MAX_DEPTH} deep", ""
    except ValueError as error:
        found, hint = f"no JSON ({error})", ""
    raise InputError(Problem(str(path), found, allowed, hint))


def _checked(document: Any, data: bytes) -> Any:
    level = _inner(document)
    for _ in range(MAX_DEPTH):
        level = [inner for node in level for inner in _inner(node)]
    if level:
        raise RecursionError
    if b"\\u" in data:
        json.dumps(document, ensure_ascii=False).encode()  # Half of a pair cannot be.
    return document


def _inner(node: Any) -> list[Any]:
    """Objects and lists in an object or a list; a test of the types first, as most lists are of numbers."""
    values = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    if {dict, list}.isdisjoint(map(type, values)):
        return []
    return [value for value in values if isinstance(value, dict | list)]


def plain(value: Any, *, keep_infinite: bool = False) -> Any:
    """The value in JSON's own types.

    Mappings become objects whose keys are texts; lists, tuples and arrays become lists; NumPy's scalars become
    Python's. NaN becomes null, since an undefined value is none. Infinities become null too, or the texts `inf` and
    `-inf` where they are to be kept, for files that we read back. Anything else, such as paths and dates, becomes its
    text.
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
    """The text of a document, of whose values `plain` says what becomes of them.

    Args:
        document: anything that `plain` takes.
        indent: spaces a level; None writes it all in one line.
        end: written after it.
        keep_infinite: see `plain`.
    """
    values = plain(document, keep_infinite=keep_infinite)
    return json.dumps(values, indent=indent, ensure_ascii=False, allow_nan=False) + end
