"""Which options of a command were given, for those that suit only some of its uses."""

from __future__ import annotations

from collections.abc import Collection

import typer

from boundary_bench.bench.errors import InputError, Problem


def refuse_others(context: typer.Context, suitable: Collection[str], use: str, hint: str = "") -> None:
    """Refuse options that were given but do not suit the use that is made of the command.

    Args:
        context: of the call.
        suitable: names of parameters that do.
        use: in words, such as `a comparison of the refiners of a run`.
        hint: what to do.

    Raises:
        InputError: all others that were given.
    """
    options = {str(each.name): each.opts[0] for each in context.command.params if each.opts[0].startswith("-")}
    found = [option for name, option in options.items() if name not in suitable and _is_given(context, name)]
    if found:
        allowed = ", ".join(option for name, option in options.items() if name in suitable)
        raise InputError(Problem(", ".join(found), f"no option{'s' if len(found) > 1 else ''} of {use}", allowed, hint))


def _is_given(context: typer.Context, name: str) -> bool:
    source = context.get_parameter_source(name)
    return source is not None and source.name != "DEFAULT"
