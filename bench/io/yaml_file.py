"""YAML files written by the user, such as experiments. They are trusted, as are the classes that they name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from boundary_bench.bench.errors import InputError, Problem


def read_yaml(path: Path, allowed: str, where: str = "") -> dict[str, Any]:
    """Read a YAML file that contains a mapping.

    Args:
        path: the file.
        allowed: what is expected in it, for messages.
        where: name of the file in messages, by default its path.

    Raises:
        InputError: the file is not readable or not valid YAML, or the document is empty or not a mapping.
    """
    where = where or str(path)
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise InputError(Problem(where, "no such file", "")) from error
    except (OSError, UnicodeDecodeError) as error:
        found = f"cannot be read ({type(error).__name__}: {error})"
        raise InputError(Problem(where, found, allowed)) from error
    document = parse_yaml(text, allowed, where)
    if not isinstance(document, dict):
        found = "an empty document" if document is None else f"a {type(document).__name__}"
        raise InputError(Problem(where, found, allowed))
    return document


def parse_yaml(text: str, allowed: str, where: str) -> Any:
    """Parse YAML text with the safe loader; None for an empty text.

    Args:
        text: a document.
        allowed: what is expected in it, for messages.
        where: name of the document in messages.

    Raises:
        InputError: not valid YAML; with the library's message, which has line, column and a caret below the place.
    """
    try:
        return yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        for mark in (error.context_mark, error.problem_mark):
            if mark is not None:
                mark.name = where
        raise InputError(Problem(where, "not valid YAML", allowed, str(error))) from error
    except Exception as error:  # The loader raises almost anything for an invalid date, number or flag.
        raise InputError(Problem(where, "not valid YAML", allowed, f"{type(error).__name__}: {error}")) from error
