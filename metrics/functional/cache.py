"""Results that are remembered as long as what they were computed from lives."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar
from weakref import WeakKeyDictionary

P = ParamSpec("P")
T = TypeVar("T")


def remembered(function: Callable[P, T]) -> Callable[P, T]:
    """Call a function once for the same objects, given by place, and the same settings, given by name.

    Objects are told apart by identity and are not kept alive; the result must not refer to them.
    """
    memory: WeakKeyDictionary[Any, Any] = WeakKeyDictionary()

    @functools.wraps(function)
    def lookup(*objects: P.args, **settings: P.kwargs) -> T:
        level = memory
        for one in objects:
            if one not in level:
                level[one] = WeakKeyDictionary()
            level = level[one]
        # The settings of the last object lie beside what is remembered of further ones.
        results = level.setdefault(_SETTINGS, {})
        key = tuple(sorted(settings.items()))
        if key not in results:
            results[key] = function(*objects, **settings)
        result: T = results[key]
        return result

    return lookup


class _Settings:
    """A key that lives for ever."""


_SETTINGS = _Settings()
