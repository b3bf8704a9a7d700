"""Which images the gallery shows: of every refiner those that gained and lost most, and some of the middle."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from itertools import islice
from typing import Literal

from boundary_bench.bench.analysis.compared import Change
from boundary_bench.bench.analysis.permutation import ROUNDING
from boundary_bench.bench.analysis.units import lower_is_better

Outcome = Literal["improved", "harmed", "middle"]
KINDS: dict[Outcome, str] = {"improved": "most improved", "harmed": "most harmed", "middle": "in the middle"}


@dataclass(frozen=True, slots=True)
class Choice:
    """An image under a refiner, and why it is shown."""

    change: Change
    kind: Outcome

    @property
    def gain(self) -> float:
        """By how much the image's number got better, as stored."""
        return gain_of(self.change)


def gain_of(change: Change) -> float:
    """By how much a number got better: up, or down where lower is better."""
    difference = change.after - change.before
    return -difference if lower_is_better(change.metric) else difference


def choose(changes: Sequence[Change], oracles: Set[str], count: int) -> tuple[Choice, ...]:
    """At most `count` images, shared out evenly among refiners and kinds.

    Every refiner on every prediction set gets its most improved image, its most harmed one and its median one before
    any gets a second of these; oracles come after the refiners that do not know the truth. No image is shown twice
    for the same refiner. Returned by predictions, refiner and kind, as `changes` has them.
    """
    cells: dict[tuple[str, str], list[Change]] = {}
    for change in changes:
        cells.setdefault((change.predictions, change.refiner), []).append(change)
    order = sorted(cells, key=lambda cell: cell[1] in oracles)
    split = {cell: _by_kind(of_cell) for cell, of_cell in cells.items()}
    taken = list(islice(_in_turn(split, order, oracles), count))
    kinds, places = list(KINDS), {cell: place for place, cell in enumerate(cells)}
    taken.sort(key=lambda each: (places[each.change.predictions, each.change.refiner], kinds.index(each.kind)))
    return tuple(taken)


def _by_kind(changes: Sequence[Change]) -> dict[Outcome, list[Change]]:
    """The images of one cell, those to be shown first in front."""
    ranked = sorted(changes, key=lambda change: (-gain_of(change), change.sample))
    improved = [change for change in ranked if gain_of(change) > ROUNDING]
    harmed = [change for change in reversed(ranked) if gain_of(change) < -ROUNDING]
    middle = [ranked[place] for place in sorted(range(len(ranked)), key=lambda place: abs(place - len(ranked) // 2))]
    return {"improved": improved, "harmed": harmed, "middle": middle}


def _in_turn(
    split: dict[tuple[str, str], dict[Outcome, list[Change]]], order: Sequence[tuple[str, str]], oracles: Set[str]
) -> Iterator[Choice]:
    """Rounds over kinds and cells until nothing is left."""
    shown: set[tuple[tuple[str, str], str]] = set()
    groups = [[cell for cell in order if (cell[1] in oracles) == oracle] for oracle in (False, True)]
    progress = True
    while progress:
        progress = False
        for cells in groups:
            for kind in KINDS:
                for cell in cells:
                    waiting = split[cell][kind]
                    while waiting and (cell, waiting[0].sample) in shown:
                        waiting.pop(0)
                    if waiting:
                        shown.add((cell, waiting[0].sample))
                        progress = True
                        yield Choice(waiting.pop(0), kind)
