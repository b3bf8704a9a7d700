"""Components of a run: built refiners and metrics, their specifications, and the cells of its table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from boundary_bench.bench.plugins.catalogue import Kind
from boundary_bench.bench.plugins.protocols import FileRefiner, Metric, OracleRefiner, Refiner

AnyRefiner = Refiner | OracleRefiner | FileRefiner
PluginSpec = tuple[Kind, str, dict[str, Any]]
"""Specification of an object: kind, name, parameters with absolute paths. A chain's stages are specifications too."""


@dataclass(frozen=True, eq=False)
class BuiltRefiner:
    """A refiner of the experiment.

    Attributes:
        label: its name in tables.
        refiner: the object.
        recipe: the specification that it was built from.
        oracle: whether it, or one of its stages, receives the truth.
        identity: whether it is the identity, which needs no image.
        stages: the refiners of a chain, in order; otherwise only itself.
    """

    label: str
    refiner: AnyRefiner
    recipe: PluginSpec
    oracle: bool
    identity: bool
    stages: tuple[AnyRefiner, ...]


@dataclass(frozen=True, eq=False)
class BuiltMetric:
    """A metric of the experiment. suffix distinguishes its numbers from those of a metric of the same name."""

    label: str
    metric: Metric
    recipe: PluginSpec
    suffix: str


@dataclass(frozen=True)
class Cell:
    """One prediction set with one refiner, by their labels: a row of the table."""

    predictions: str
    refiner: str


@dataclass(frozen=True)
class Refused:
    """A cell that is not run, and the reason."""

    predictions: str
    refiner: str
    reason: str
