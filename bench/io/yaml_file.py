"""YAML that others wrote: nothing in it is run, and what its aliases stand for stays small."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

MAX_CHARACTERS = 2**20
MAX_NODES = 100_000
"""Of a document in which every alias is written out."""
MAX_DEPTH = 50
MAX_NUMBER = 1000
"""Characters of anything but texts: making a number of them takes time that grows with their square."""
TEXT = "tag:yaml.org,2002:str"


def read_yaml(path: Path) -> Any:
    """What a file holds.

    Raises:
        OSError: it cannot be read.
        ValueError: as `parse_yaml`.
    """
    if (size := path.stat().st_size) > 4 * MAX_CHARACTERS:
        raise ValueError(f"{size} bytes; allowed: at most {4 * MAX_CHARACTERS}")
    return parse_yaml(path.read_text(encoding="utf-8"))


def parse_yaml(text: str) -> Any:
    """What a text holds, by the safe loader.

    Raises:
        ValueError: no YAML, values that are not what their form says, more than `MAX_CHARACTERS`, `MAX_NODES` or
            `MAX_DEPTH`, or an alias of what it is in.
    """
    if len(text) > MAX_CHARACTERS:
        raise ValueError(f"{len(text)} characters; allowed: at most {MAX_CHARACTERS}")
    try:
        loader = yaml.SafeLoader(text)
        node = loader.get_single_node()
        if node is None:
            return None
        _require_small(node)
        return loader.construct_document(node)
    except RecursionError:
        raise ValueError(f"nested more than {MAX_DEPTH} deep") from None
    except Exception as error:  # The loader raises nearly anything for a date, a number or a flag that is none.
        raise ValueError(" ".join(f"{error}".split()) or type(error).__name__) from error


def _require_small(node: yaml.Node) -> None:
    sizes: dict[int, int] = {}

    def size(node: yaml.Node, depth: int) -> int:
        """Nodes that it stands for, those of aliases each time."""
        if depth > MAX_DEPTH:
            raise RecursionError
        if isinstance(node, yaml.ScalarNode):
            node.value.encode()  # Half of a surrogate pair cannot be.
            if node.tag != TEXT and len(node.value) > MAX_NUMBER:
                raise ValueError(f"a {node.tag.rpartition(':')[2]} of {len(node.value)} characters")
            return 1
        if id(node) not in sizes:
            parts = (
                node.value if isinstance(node, yaml.SequenceNode) else [part for pair in node.value for part in pair]
            )
            sizes[id(node)] = 1 + sum(size(part, depth + 1) for part in parts)
        if sizes[id(node)] > MAX_NODES:
            raise ValueError(f"more than {MAX_NODES} values, those of aliases each time")
        return sizes[id(node)]

    size(node, 0)
