"""YAML that people write for themselves, such as experiments. It is trusted, as the classes that it names are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from boundary_bench.bench.errors import InputError, Problem


def read_yaml(path: Path, allowed: str, where: str = "") -> dict[str, Any]:
    """The mapping that a file holds.

    Args:
        path: the file.
        allowed: what is expected in it, for messages.
        where: what messages call it, by default its path.

    Raises:
        InputError: no readable file, no YAML, an empty document, or another one than a mapping.
    """
    where = where or str(path)
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise InputError(Problem(where, "no such file", "")) from error
    except (OSError, UnicodeDecodeError) as error:
        found = f"a file that cannot be read ({type(error).__name__}: {error})"
        raise InputError(Problem(where, found, allowed)) from error
    document = parse_yaml(text, allowed, where)
    if not isinstance(document, dict):
        found = "an empty document" if document is None else f"a {type(document).__name__}"
        raise InputError(Problem(where, found, allowed))
    return document


def parse_yaml(text: str, allowed: str, where: str) -> Any:
    """Contents of a text by the safe loader; None of an empty one.

    Args:
        text: a document.
        allowed: what is expected in it, for messages.
        where: what messages call it.

    Raises:
        InputError: no YAML; told in the library's words, with line, column and a caret below the place.
    """
    try:
        return yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        for mark in (error.context_mark, error.problem_mark):
            if mark is not None:
                mark.name = where
        raise InputError(Problem(where, "no YAML", allowed, str(error))) from error
    except Exception as error:  # The loader raises nearly anything for a date, a number or a flag that is none.
        raise InputError(Problem(where, "no YAML", allowed, f"{type(error).__name__}: {error}")) from error
