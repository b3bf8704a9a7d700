"""Inputs of a table: a user's own files, or stand-ins for those of the papers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from importlib.resources import files
from typing import Any

import yaml

from boundary_bench.bench.errors import InputError, Problem, did_you_mean
from boundary_bench.metrics.structures.segmentation import Task

Document = Mapping[str, Any]


@dataclass(frozen=True)
class Materials:
    """Available inputs.

    Attributes:
        dataset: as an experiment names it.
        sets: prediction sets by name, each as an experiment has it, without the name.
        roles: role -> name of a set.
        networks: network -> `{"checkpoint": FILE}` or `{"offsets": FOLDER}`.
        tuned: refiner -> set -> parameters.
        metrics: metric -> parameters.
        stand_in: what `--on` was given; empty where the materials are the user's.
    """

    dataset: Document
    sets: Mapping[str, Document] = field(default_factory=dict)
    roles: Mapping[str, str] = field(default_factory=dict)
    networks: Mapping[str, Document] = field(default_factory=dict)
    tuned: Mapping[str, Mapping[str, Document]] = field(default_factory=dict)
    metrics: Mapping[str, Document] = field(default_factory=dict)
    stand_in: str = ""

    def with_sets(self, sets: Mapping[str, Document]) -> Materials:
        """The same and prediction sets that play the roles of their names."""
        roles = {**self.roles, **{role: role for role in sets}}
        return replace(self, sets={**self.sets, **sets}, roles=roles)


@lru_cache(maxsize=1)
def _documents() -> Mapping[str, Mapping[str, Any]]:
    text = (files("boundary_bench.bench.papers") / "stand_ins.yaml").read_text(encoding="utf-8")
    found: dict[str, dict[str, Any]] = yaml.safe_load(text)
    return found


def worlds() -> tuple[str, ...]:
    """Names that `stand_ins` knows."""
    return tuple(_documents())


def has_stand_ins(world: str, task: Task) -> bool:
    """Whether a dataset has something of this kind of truth."""
    return task in _documents().get(world, {})


def stand_ins(world: str, task: Task) -> Materials:
    """Stand-ins for the papers' models on a dataset; no file is opened.

    Raises:
        InputError: no such dataset, or nothing of this kind of truth there.
    """
    if world not in _documents():
        raise InputError(Problem("--on", repr(world), ", ".join(worlds()), did_you_mean(world, worlds())))
    if not has_stand_ins(world, task):
        able = [name for name in worlds() if has_stand_ins(name, task)]
        raise InputError(Problem(f"--on {world}", f"no {task} predictions", ", ".join(able) or "no dataset has any"))
    document = _documents()[world][task]
    return Materials(
        dataset=document["dataset"],
        sets=document["predictions"],
        roles=document["roles"],
        networks={name: {"checkpoint": shipped} for name, shipped in document["networks"].items()},
        tuned=document.get("tuned", {}),
        metrics=document.get("metrics", {}),
        stand_in=world,
    )
