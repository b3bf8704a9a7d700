"""Several models' predictions as those of one: the average of their class probabilities."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from boundary_bench.bench.errors import InputError, Problem
from boundary_bench.bench.io.hashing import combined
from boundary_bench.bench.plugins.abilities import of_prediction_set
from boundary_bench.bench.plugins.protocols import PredictionSet, Sample
from boundary_bench.metrics.structures.segmentation import SemanticMap, Task
from boundary_bench.refiners.common.ensemble import average


class Ensemble:
    """Average of two or more prediction sets of one split; satisfies
    `boundary_bench.bench.plugins.protocols.PredictionSet`.

    A sample is there where every member has it. Source: SegFix (ECCV 2020), Table 11.

    Args:
        members: prediction sets that carry probabilities.
        name: what tables call the ensemble.

    Raises:
        InputError: fewer than two members, or one without probabilities.
    """

    task: Task = "semantic"
    has_probabilities = True

    def __init__(self, members: Sequence[PredictionSet], *, name: str = "ensemble") -> None:
        self.name = name
        self._members = tuple(members)
        if len(self._members) < 2:
            found = f"{len(self._members)} members"
            raise InputError(Problem(f"ensemble {name}", found, "two or more prediction sets"))
        problems = [
            Problem(f"ensemble {name}: {member.name}", "labels only", "members with class probabilities")
            for member in self._members
            if not member.has_probabilities
        ]
        if problems:
            raise InputError(problems)

    def has(self, sample: Sample) -> bool:
        """Whether every member has the sample."""
        return all(member.has(sample) for member in self._members)

    def load(self, sample: Sample) -> SemanticMap:
        """The averaged probabilities, float32 (K, H, W), and their most likely classes.

        Raises:
            InputError: a member's file cannot be read or used, or members differ in size or classes.
        """
        maps = [member.load(sample) for member in self._members]
        try:
            return average(maps)
        except ValueError as error:
            where = f"ensemble {self.name}: {sample.id}"
            allowed = "members of one size and number of classes"
            raise InputError(Problem(where, str(error), allowed)) from None

    def digest(self, sample: Sample) -> str:
        """Digest of the members' digests, in their order."""
        return combined(*(member.digest(sample) for member in self._members))

    def check(self, sample: Sample, size: tuple[int, int]) -> list[Problem]:
        """Everything wrong with the members' files."""
        return [problem for member in self._members for problem in member.check(sample, size)]

    def notes(self) -> list[str]:
        """The members' notes."""
        return [f"{each.name}: {note}" for each in self._members for note in of_prediction_set(each).notes()]

    def describe(self) -> dict[str, Any]:
        """Format, and the members' names and settings."""
        members = [{"name": member.name, **member.describe()} for member in self._members]
        return {"format": "ensemble", "members": members}
