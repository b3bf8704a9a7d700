"""Values that are made when they are first asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Once(Generic[T]):
    """A value made on first use; an error in making it is raised on every use."""

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._value: list[T] = []
        self._error: Exception | None = None

    def get(self) -> T:
        """The value.

        Raises:
            Exception: whatever making it raised, each time.
        """
        if self._error is not None:
            raise self._error
        if not self._value:
            try:
                self._value.append(self._make())
            except Exception as error:
                self._error = error
                raise
        return self._value[0]
