"""Several values after one option: `--max-detections 1 10 100`, which is what people write."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from typer.core import TyperCommand

SEVERAL = " ..."
"""How the metavar of an option ends that takes all bare words behind it: `N ...`."""


class SeveralValues(TyperCommand):
    """A command whose options with a metavar that ends in `...` take several values, each of them as if repeated."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the arguments, repeated options in the place of several values."""
        options = {name for each in self.params if (each.metavar or "").endswith(SEVERAL) for name in each.opts}
        return super().parse_args(ctx, repeated(args, options))


def repeated(arguments: Sequence[str], options: Collection[str]) -> list[str]:
    """Arguments with some options before each of the bare words that follow them.

    Args:
        arguments: as a shell gives them.
        options: names that take several values. What begins with a dash, a single dash apart, is no value; nothing is
            changed after `--`.
    """
    end = list(arguments).index("--") if "--" in arguments else len(arguments)
    found: list[str] = []
    option, first = "", False
    for argument in arguments[:end]:
        if argument.startswith("-") and argument != "-":
            name, equals, _ = argument.partition("=")
            option, first = (name if name in options else ""), not equals
            found.append(argument)
        else:
            found += [argument] if first or not option else [option, argument]
            first = False
    return [*found, *arguments[end:]]


def split(texts: Sequence[str], known: Collection[str] = ()) -> list[str]:
    """The values in texts that may hold several, with commas between them; those that are known stay as they are."""
    parts = [[text] if text in known else text.split(",") for text in texts]
    return [part.strip() for some in parts for part in some if part.strip()]
