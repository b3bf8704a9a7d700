"""JSON files that others made: read whole, and refused where what they hold could not be worked with."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from boundary_bench.bench.errors import InputError, Problem

if TYPE_CHECKING:
    pass
if TYPE_CHECKING:
    pass

MAX_BYTES = 2**31
"""Of a file. What it holds takes about ten times as much memory."""
MAX_DEPTH = 100
"""Of nesting. Whatever goes through a document recursively has room for this."""


def read_json(path: str | Path, allowed: str) -> Any:
    """What a JSON file holds.

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


def _null(value: float) -> Any:  # noqa: ARG001
    return None


def plain(value: Any, infinite: Callable[[float], Any] = _null) -> Any:
    """The value in JSON's own types: arrays become lists, NaN becomes null, and so do infinities unless told."""
    if isinstance(value, Mapping):
        return {str(key): plain(item, infinite) for key, item in value.items()}
    if isinstance(value, np.ndarray | np.generic):
        return plain(value.tolist(), infinite)
    if isinstance(value, list | tuple):
        return [plain(item, infinite) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else infinite(value)
    return value


def dumps(document: Any) -> str:
    """JSON with NaN and infinities as null, ending in a newline."""
    return json.dumps(_jsonable(document), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _jsonable(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _jsonable(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_jsonable(item) for item in value]
    if hasattr(value, "tolist"):  # numpy arrays and scalars
        return _jsonable(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
