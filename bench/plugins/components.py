"""Components of a run: built refiners and metrics, their specifications, and cells of its table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from boundary_bench.bench.plugins.protocols import FileRefiner, Metric, OracleRefiner, Refiner
from boundary_bench.bench.plugins.registry import Kind

AnyRefiner = Refiner | OracleRefiner | FileRefiner
PluginSpec = tuple[Kind, str, dict[str, Any]]
"""Specification of a plug-in: kind, name, parameters with absolute paths. A chain's stages are specifications too."""


@dataclass(frozen=True, eq=False)
class BuiltRefiner:
    """A refiner of the experiment.

    Attributes:
        label: its name in tables.
        refiner: the object.
        recipe: what it was built from.
        oracle: whether it, or a stage of it, is handed the truth.
        identity: whether it is the identity, which needs no image.
        stages: the refiners that a chain is made of, in order; else only itself.
    """

    label: str
    refiner: AnyRefiner
    recipe: PluginSpec
    oracle: bool
    identity: bool
    stages: tuple[AnyRefiner, ...]


@dataclass(frozen=True, eq=False)
class BuiltMetric:
    """A metric of the experiment. suffix sets its numbers apart from those of a metric of the same name."""

    label: str
    metric: Metric
    recipe: PluginSpec
    suffix: str


@dataclass(frozen=True)
class Cell:
    """One prediction set through one refiner: a row of the table, by their labels."""

    predictions: str
    refiner: str


@dataclass(frozen=True)
class Refused:
    """A cell that is not run, and why."""

    predictions: str
    refiner: str
    reason: str
