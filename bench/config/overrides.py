"""Mappings read from YAML or JSON: overrides, environment variables, and models of parts."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from boundary_bench.bench.errors import InputError, Problem
from boundary_bench.bench.io.yaml_file import parse_yaml

Model = TypeVar("Model", bound=BaseModel)
NAMES = ("name", "label", "split", "registered", "only", "members", "recovery_of", "categories")
"""Keys of experiments whose values are names: text as it is written, though it may look like a number or a date."""
_VARIABLE = re.compile(r"\$\{(\w+)\}")


def apply_override(document: dict[str, Any], override: str) -> dict[str, Any]:
    """A copy of the document with `a.b=value` applied: items of lists by index, the value in YAML.

    Raises:
        InputError: no '=', a value that is not valid YAML, or a path that does not exist.
    """
    path, equals, text = override.partition("=")
    if not equals or not path:
        raise InputError(Problem(f"--set {override}", "no '='", "a.b=value"))
    is_name = any(key in NAMES for key in path.split(".")[-2:])
    value = parse_yaml(text, "a YAML value", f"--set {override}", NAMES, is_text=is_name)
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
    raise InputError(Problem(where, f"{node!r} where {key!r} is looked up", "a mapping or a list"))


def expand_variables(node: Any, where: str) -> Any:
    """The document with every `${VAR}` replaced by its environment variable; InputError where one is not set."""
    if isinstance(node, dict):
        return {key: expand_variables(value, f"{where}: {key}") for key, value in node.items()}
    if isinstance(node, list):
        return [expand_variables(value, where) for value in node]
    if not isinstance(node, str):
        return node
    unset = [name for name in _VARIABLE.findall(node) if name not in os.environ]
    if unset:
        raise InputError(Problem(where, f"{node!r}, but {', '.join(unset)} is not set", "variables that are set"))
    return _VARIABLE.sub(lambda match: os.environ[match[1]], node)


def parse_part(model: type[Model], value: Any, where: str) -> Model:
    """Validate a stored part of an experiment as its model.

    Raises:
        InputError: it is not valid.
    """
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise InputError(
            Problem(f"{where}: {'.'.join(map(str, item['loc']))}", shortened(item["input"]), item["msg"])
            for item in error.errors(include_url=False)
        ) from error


def shortened(value: Any) -> str:
    """A value for messages, at most 80 characters."""
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
