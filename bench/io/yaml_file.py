"""YAML files written by the user, such as experiments. They are trusted, as are the classes that they name."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path
from typing import Any

import yaml

from boundary_bench.bench.errors import InputError, Problem

_TEXT = "tag:yaml.org,2002:str"
_READ_AS_OTHERS = frozenset(f"tag:yaml.org,2002:{kind}" for kind in ("bool", "int", "float", "timestamp"))


class _TwiceError(Exception):
    """A mapping with a key given twice, and the lines, which count from 1."""

    def __init__(self, key: str, first: int, second: int) -> None:
        super().__init__(f"the key {key!r} twice, in lines {first} and {second}")


class _Loader(yaml.SafeLoader):
    """Refuses keys given twice, of which YAML's own loader takes the last; some keys have values as written.

    Both are looked at before merges (`<<`), which may repeat keys, are resolved.
    """

    texts: Collection[str] = ()

    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        node: yaml.MappingNode = super().compose_mapping_node(anchor)
        lines: dict[tuple[str, str], int] = {}
        for key in (key for key, _ in node.value if isinstance(key, yaml.ScalarNode)):
            if (before := lines.get((key.tag, key.value))) is not None:
                raise _TwiceError(key.value, before, key.start_mark.line + 1)
            lines[key.tag, key.value] = key.start_mark.line + 1
        node.value = [(key, _as_written(value) if _is_one_of(key, self.texts) else value) for key, value in node.value]
        return node


# YAML 1.1 takes 1e10 for a text: it wants a point and a sign there.
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)[eE][-+]?[0-9]+\Z"),
    list("-+.0123456789"),
)


def read_yaml(path: Path, allowed: str, where: str = "", texts: Collection[str] = ()) -> dict[str, Any]:
    """Read a YAML file that contains a mapping.

    Args:
        path: the file.
        allowed: what is expected in it, for messages.
        where: name of the file in messages, by default its path.
        texts: as of `parse_yaml`.

    Raises:
        InputError: the file is not readable, not valid YAML or has a key twice; or the document is empty or not a
            mapping.
    """
    where = where or str(path)
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise InputError(Problem(where, "no such file", "")) from error
    except (OSError, UnicodeDecodeError) as error:
        found = f"cannot be read ({type(error).__name__}: {error})"
        raise InputError(Problem(where, found, allowed)) from error
    document = parse_yaml(text, allowed, where, texts)
    if not isinstance(document, dict):
        found = "an empty document" if document is None else f"a {type(document).__name__}"
        raise InputError(Problem(where, found, allowed))
    return document


def parse_yaml(text: str, allowed: str, where: str, texts: Collection[str] = (), *, is_text: bool = False) -> Any:
    """Parse YAML text with the safe loader; None for an empty text.

    Args:
        text: a document.
        allowed: what is expected in it, for messages.
        where: name of the document in messages.
        texts: keys, at any depth, whose values and items are text as it is written, such as names: 007, on, 2012-01-01.
        is_text: whether the document itself is such a value.

    Raises:
        InputError: a key given twice in one mapping; or not valid YAML; with the library's message, which has line,
            column and a caret below the place.
    """
    try:
        return _loaded(text, texts, is_text)
    except _TwiceError as error:
        raise InputError(Problem(where, str(error), "each key once")) from None
    except yaml.MarkedYAMLError as error:
        for mark in (error.context_mark, error.problem_mark):
            if mark is not None:
                mark.name = where
        raise InputError(Problem(where, "not valid YAML", allowed, str(error))) from error
    except Exception as error:  # The loader raises almost anything for an invalid date, number or flag.
        raise InputError(Problem(where, "not valid YAML", allowed, f"{type(error).__name__}: {error}")) from error


def _loaded(text: str, texts: Collection[str], is_text: bool) -> Any:
    loader = _Loader(text)
    loader.texts = texts
    try:
        node = loader.get_single_node()
        return None if node is None else loader.construct_document(_as_written(node) if is_text else node)
    finally:
        loader.dispose()


def _is_one_of(key: yaml.Node, names: Collection[str]) -> bool:
    return isinstance(key, yaml.ScalarNode) and key.value in names


def _as_written(node: yaml.Node) -> yaml.Node:
    """The node with what YAML reads as number, flag or date as text. A new one: aliases may refer to the old."""
    if isinstance(node, yaml.SequenceNode):
        items = [_as_written(item) for item in node.value]
        return yaml.SequenceNode(node.tag, items, node.start_mark, node.end_mark, node.flow_style)
    if isinstance(node, yaml.ScalarNode) and node.tag in _READ_AS_OTHERS:
        return yaml.ScalarNode(_TEXT, node.value, node.start_mark, node.end_mark, node.style)
    return node
