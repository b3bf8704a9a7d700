"""Mappings as YAML gives them: overrides from the command line, and variables of the environment."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from typing import Any

import yaml

from bench.errors import InputError, Problem

_VARIABLE = re.compile(r"\$\{(\w+)\}")


def overridden(document: dict[str, Any], override: str) -> dict[str, Any]:
    """A copy of the document with `a.b=value` applied: a list's items by number, the value in YAML.

    Raises:
        InputError: no '=', a value that is not YAML, or a path that leads nowhere.
    """
    path, equals, text = override.partition("=")
    if not equals or not path:
        raise InputError(Problem(f"--set {override}", "no '='", "a.b=value"))
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise InputError(Problem(f"--set {override}", " ".join(str(error).split()), "a YAML value")) from error
    changed = _with(document, path.split("."), value, f"--set {override}")
    assert isinstance(changed, dict)
    return changed


def _with(node: Any, path: Sequence[str], value: Any, where: str) -> Any:
    """A copy of the node with the value at the path."""
    if not path:
        return value
    key, *rest = path
    if isinstance(node, list):
        if not key.isdecimal() or int(key) >= len(node):
            raise InputError(Problem(where, repr(key), f"a number from 0 to {len(node) - 1}"))
        position = int(key)
        return [_with(item, rest, value, where) if i == position else item for i, item in enumerate(node)]
    if node is None or isinstance(node, dict):
        node = node or {}
        return {**node, key: _with(node.get(key), rest, value, where)}
    raise InputError(Problem(where, f"{node!r} where {key!r} is looked for", "a mapping or a list"))


def expanded(node: Any, where: str) -> Any:
    """The document with every `${VAR}` replaced by the environment's value; InputError for one that is not set."""
    if isinstance(node, dict):
        return {key: expanded(value, f"{where}: {key}") for key, value in node.items()}
    if isinstance(node, list):
        return [expanded(value, where) for value in node]
    if not isinstance(node, str):
        return node
    unset = [name for name in _VARIABLE.findall(node) if name not in os.environ]
    if unset:
        raise InputError(Problem(where, f"{node!r}, but {', '.join(unset)} is not set", "variables that are set"))
    return _VARIABLE.sub(lambda match: os.environ[match[1]], node)
