"""`bench list`: what there is to choose from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

import typer

What = Literal["refiners", "metrics", "datasets", "predictions", "registered"]


def command(
    what: Annotated[What | None, typer.Argument(help="Which part. Default: all.")] = None,
) -> None:
    """List what is built in, what installed packages add, and what was registered.

    `bench list datasets` also shows the files that each layout consists of.

    Your own classes need no listing: wherever a name is asked for, module:Class or path/to/file.py:Class works.
    """
    kinds: tuple[What, ...] = ("refiners", "metrics", "datasets", "predictions", "registered")
    for kind in (what,) if what else kinds:
        print(f"{kind}:")
        lines = list(_lines(kind))
        for name, about in lines:
            print(f"  {name:<22} {about}".rstrip())
            for line in _tree(name) if what == "datasets" else ():
                print(f"      {line}".rstrip())
        if not lines:
            print("  none")


def _lines(kind: What) -> Iterator[tuple[str, str]]:
    if kind == "registered":
        from boundary_bench.bench.predictions.registered import registered

        for known in registered():
            yield known.name, f"{known.dataset.name}, {known.dataset.split}, {known.format}, {known.files} files"
        return
    from boundary_bench.bench.plugins import registry

    for name in registry.names(kind):
        yield name, _first_line(registry.find(kind, name).__doc__)


def _tree(name: str) -> list[str]:
    """The files of a dataset's layout: the first indented block of its docstring, or of its module's."""
    import inspect
    import sys

    from boundary_bench.bench.plugins import registry

    plugin = registry.find("datasets", name)
    module = sys.modules.get(plugin.__module__)
    for text in (plugin.__doc__, getattr(module, "__doc__", None)):
        # After "Args:" and the like, indented blocks are descriptions.
        described = inspect.cleandoc(text or "").split("\nArgs:")[0]
        blocks = [block for block in described.split("\n\n") if block.startswith("    ")]
        if blocks:
            return inspect.cleandoc("\n" + blocks[0]).splitlines()
    return []


def _first_line(text: str | None) -> str:
    """The first sentence of a docstring, which may run over several lines."""
    paragraph = " ".join((text or "").split("\n\n")[0].split())
    return paragraph.split(". ")[0].split("; ")[0].rstrip(".")
