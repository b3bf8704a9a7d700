"""Groups of options that a command gets as one argument."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import fields
from typing import Any, TypeVar, get_type_hints

Command = TypeVar("Command", bound=Callable[..., None])


def with_group(argument: str, group: type[Any]) -> Callable[[Command], Command]:
    """Give a command the options of a dataclass, whose fields are annotated as Typer's are and None by default.

    Args:
        argument: name of the command's argument that gets them.
        group: the dataclass.
    """
    names = [field.name for field in fields(group)]

    def decorate(command: Command) -> Command:
        every = get_type_hints(group, include_extras=True)
        own = {name: every[name] for name in names}
        hints = {key: hint for key, hint in get_type_hints(command, include_extras=True).items() if key != argument}
        signature = inspect.signature(command)
        known = [each.replace(annotation=hints[key]) for key, each in signature.parameters.items() if key != argument]
        keyword = inspect.Parameter.KEYWORD_ONLY
        added = [inspect.Parameter(name, keyword, default=None, annotation=hint) for name, hint in own.items()]

        @functools.wraps(command)
        def called(**values: Any) -> None:
            given = group(**{name: values.pop(name) for name in own})
            command(**values, **{argument: given})

        called.__signature__ = signature.replace(parameters=[*known, *added])  # type: ignore[attr-defined]
        called.__annotations__ = {**hints, **own}
        del called.__wrapped__
        return called  # type: ignore[return-value]

    return decorate
