"""The error shown to users: everything wrong with their input, reported before any work starts."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

SHOWN = 20


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
        lines = [str(problem) for problem in self.problems[:SHOWN]]
        if len(self.problems) > SHOWN:
            lines.append(f"... and {len(self.problems) - SHOWN} more")
        return "\n".join(lines)

    def __reduce__(self) -> tuple[type[InputError], tuple[tuple[Problem, ...]]]:
        # Also raised in worker processes: rebuild it from the problems, not from the message.
        return type(self), (self.problems,)


def examples(names: Iterable[str], most: int = 5) -> str:
    """The first few names, and how many more there are."""
    every = list(names)
    return ", ".join(every[:most]) + (f" and {len(every) - most} more" if len(every) > most else "")


def did_you_mean(word: str, options: Iterable[str]) -> str:
    """Suggest the option closest to the word, ignoring case, as a question; "" where none is close."""
    by_folded = {option.casefold(): option for option in options}
    near = difflib.get_close_matches(word.casefold(), list(by_folded), n=1, cutoff=0.6)
    return f"did you mean {by_folded[near[0]]!r}?" if near else ""
