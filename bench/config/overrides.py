"""Mappings as YAML or JSON gives them: overrides, variables of the environment, and models of parts."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from boundary_bench.bench.errors import InputError, Problem
from boundary_bench.bench.io.yaml_file import parse_yaml

Model = TypeVar("Model", bound=BaseModel)
_VARIABLE = re.compile(r"\$\{(\w+)\}")


def overridden(document: dict[str, Any], override: str) -> dict[str, Any]:
    """A copy of the document with `a.b=value` applied: a list's items by number, the value in YAML.

    Raises:
        InputError: no '=', a value that is not YAML, or a path that leads nowhere.
    """
    path, equals, text = override.partition("=")
    if not equals or not path:
        raise InputError(Problem(f"--set {override}", "no '='", "a.b=value"))
    value = parse_yaml(text, "a YAML value", f"--set {override}")
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


def part_of(model: type[Model], value: Any, where: str) -> Model:
    """A part of an experiment that a run has kept, as the model of it.

    Raises:
        InputError: it is none.
    """
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise InputError(
            Problem(f"{where}: {'.'.join(map(str, item['loc']))}", shortened(item["input"]), item["msg"])
            for item in error.errors(include_url=False)
        ) from error


def shortened(value: Any) -> str:
    """A value for messages, of 80 characters at most."""
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
