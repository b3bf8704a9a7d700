"""The command line's help, as sections of the page `cli`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from sphinx.application import Sphinx
from typer.main import get_command

from boundary_bench.bench.cli import COMMANDS, application

PAGE = "cli"

Command = Any
"""Of click, which Typer brings along under a name of its own."""


def sections() -> str:
    """Of all commands, in the order of the help."""
    return "\n\n".join(part for command in COMMANDS for part in _of_command(command))


def _of_command(command: str) -> Iterator[str]:
    root: Command = get_command(application([command]))
    context = root.context_class(root, info_name="bench")
    yield from _section(root.commands[command], command, context, "##")


def _section(command: Command, name: str, parent: Any, marks: str) -> Iterator[str]:
    context = command.context_class(command, info_name=name, parent=parent)
    yield "\n\n".join([f"{marks} {context.command_path}", *_told(command.help or ""), *_parameters(command, context)])
    for sub, each in getattr(command, "commands", {}).items():
        yield from _section(each, sub, context, f"{marks}#")


def _told(text: str) -> Iterator[str]:
    """The paragraphs of a help text; an example becomes code."""
    for paragraph in re.split(r"\n\s*\n", text.strip()):
        said, *examples = re.split(r"Examples?: ", " ".join(paragraph.split()))
        if said.strip():
            yield _escaped(said.strip())
        if examples:
            yield "```sh\n{}\n```".format(examples[0].replace("; ", "\n"))


def _parameters(command: Command, context: Any) -> Iterator[str]:
    records = (parameter.get_help_record(context) for parameter in command.params)
    for name, about in filter(None, records):
        yield f"`{name}`\n: {_escaped(' '.join(about.split())) or '–'}"


def _escaped(text: str) -> str:
    return re.sub(r"([\[\]*_<>`|])", r"\\\1", text)


def extend(_app: Sphinx, name: str, source: list[str]) -> None:
    """Put the sections behind the page's own text."""
    if name == PAGE:
        source[0] += "\n" + sections() + "\n"


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.connect("source-read", extend)
    return {"parallel_read_safe": True}
