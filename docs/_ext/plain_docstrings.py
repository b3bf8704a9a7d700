"""Docstrings are plain text with code in backticks: no other character means anything."""

from __future__ import annotations

import re
from typing import Any

from sphinx.application import Sphinx

PART = re.compile(r"(`[^`]*`)")


def plain(line: str) -> str:
    """A line without the marks of reStructuredText, but for code."""
    parts = PART.split(line)
    return "".join(part if part.startswith("`") else re.sub(r"([*|])", r"\\\1", part) for part in parts)


def escape(_app: Sphinx, _what: str, _name: str, _of: Any, _options: Any, lines: list[str]) -> None:
    """Of a whole docstring, before its sections are read."""
    lines[:] = [plain(line) for line in lines]


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.connect("autodoc-process-docstring", escape, priority=100)
    return {"parallel_read_safe": True}
