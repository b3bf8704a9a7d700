"""The error shown to users: everything wrong with their input, reported before any work starts."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile

SHOWN = 20
ALIKE = 3
"""As many problems that differ only in where they are are told one by one, and of more as many examples."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with the input.

    Attributes:
        where: the file, image or option; "" where `found` says it.
        found: what is wrong there, in words.
        allowed: what would be right; "" where that is obvious.
        hint: the likely cause, or a question naming the option that was probably meant.
    """

    where: str
    found: str
    allowed: str
    hint: str = ""

    def __str__(self) -> str:
        wrong = f"{self.where}: {self.found}" if self.where else self.found
        if self.hint.startswith("did you mean"):
            # The suggestion comes first: the list of allowed values may be long.
            return f"{wrong}; {self.hint}" + (f" allowed: {self.allowed}" if self.allowed else "")
        allowed = f"; allowed: {self.allowed}" if self.allowed else ""
        return f"{wrong}{allowed} ({self.hint})" if self.hint else f"{wrong}{allowed}"


class InputError(Exception):
    """Invalid input; the command line prints it and exits with code 2."""

    def __init__(self, problems: Problem | Iterable[Problem]) -> None:
        self.problems = (problems,) if isinstance(problems, Problem) else tuple(problems)
        super().__init__(self._message())

    def _message(self) -> str:
        groups = list(_alike(self.problems))
        lines = [_told(group) for group in groups[:SHOWN]]
        if len(groups) > SHOWN:
            lines.append(f"... and {sum(map(len, groups[SHOWN:]))} more")
        return "\n".join(lines)

    @property
    def is_shortened(self) -> bool:
        """Whether the message does not name every problem."""
        groups = list(_alike(self.problems))
        return len(groups) > SHOWN or any(len(group) > ALIKE for group in groups)

    def __reduce__(self) -> tuple[type[InputError], tuple[tuple[Problem, ...]]]:
        # Also raised in worker processes: rebuild it from the problems, not from the message.
        return type(self), (self.problems,)


def _alike(problems: Iterable[Problem]) -> Iterator[list[Problem]]:
    """Problems that differ only in where they are, if there are more than `ALIKE`, together; all others alone."""
    groups: dict[tuple[str, str, str], list[Problem]] = {}
    for each in problems:
        groups.setdefault((each.found, each.allowed, each.hint), []).append(each)
    for group in groups.values():
        yield from [group] if len(group) > ALIKE else ([each] for each in group)


def _told(group: Sequence[Problem]) -> str:
    """What is wrong in one place, or in how many, with three of them."""
    if len(group) == 1:
        return str(group[0])
    places = [problem.where for problem in group]
    folder = "" if any(": " in place for place in places) else _folder_of(places)
    inside = [os.path.relpath(place, folder) if folder else place for place in places[:ALIKE]]
    many = f"{len(group)} files in {folder}" if folder else f"{len(group)} times"
    return f"{replace(group[0], where=many)}; e.g. {', '.join(inside)}"


def _folder_of(paths: Sequence[str]) -> str:
    """The folder that all of these paths lie below; "" where there is none."""
    same = zip(min(paths), max(paths), strict=False)  # what these two share at their beginning all do
    return os.path.dirname("".join(first for first, _ in takewhile(lambda pair: pair[0] == pair[1], same)))


def examples(names: Iterable[str], most: int = 5) -> str:
    """The first few names, and how many more there are."""
    every = list(names)
    return ", ".join(every[:most]) + (f" and {len(every) - most} more" if len(every) > most else "")


def did_you_mean(word: str, options: Iterable[str]) -> str:
    """Suggest the option closest to the word, ignoring case, as a question; "" where none is close."""
    by_folded = {option.casefold(): option for option in options}
    near = difflib.get_close_matches(word.casefold(), list(by_folded), n=1, cutoff=0.6)
    return f"did you mean {by_folded[near[0]]!r}?" if near else ""
