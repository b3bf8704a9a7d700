"""Training settings: one model per refiner, whose fields are the keys of its recipes.

None of them has a default: `paper.yaml` of each refiner holds them all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import fields
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from boundary_bench.bench.training.recipes.named import Refiner

if TYPE_CHECKING:
    from pathlib import Path

    from boundary_bench.refiners.networks.training import Recipe


def _number(value: Any) -> Any:
    """YAML reads 3e-3 and inf as texts."""
    try:
        return float(value) if isinstance(value, str) else value
    except ValueError:
        return value


def _size(value: Any) -> tuple[int, int]:
    """(height, width) of `HxW`."""
    found = re.fullmatch(r"([1-9]\d*)x([1-9]\d*)", value) if isinstance(value, str) else None
    if not found:
        raise ValueError("no size; allowed: height x width in pixels, such as 512x512")
    return int(found[1]), int(found[2])


def _known(name: str, names: Iterable[str]) -> str:
    if name not in names:
        raise ValueError(f"unknown; allowed: {', '.join(names)}")
    return name


def _high_resolution_network(name: str) -> str:
    from boundary_bench.refiners.networks.backbones.hrnet import SPECS

    return _known(name, SPECS)


def _refinement_network(name: str) -> str:
    from boundary_bench.refiners.bpr.network import NETWORKS

    return _known(name, NETWORKS)


def _edge_network(name: str) -> str:
    from boundary_bench.refiners.steal.casenet import NETWORKS

    return _known(name, NETWORKS)


def _checkpoint(start: str | None) -> str | None:
    if start is not None:
        start_file(start)
    return start


def start_file(start: str) -> Path:
    """The checkpoint to start with: a file, or the name of a SegFix network that comes with the package.

    Raises:
        ValueError: neither.
    """
    from boundary_bench.refiners.networks.device import checkpoint_file
    from boundary_bench.refiners.segfix.refiner import SegFix

    return checkpoint_file(start, SegFix.shipped)


Count = Annotated[int, Field(ge=1)]
AnyNumber = Annotated[float, BeforeValidator(_number)]
Number = Annotated[AnyNumber, Field(allow_inf_nan=False)]
Positive = Annotated[Number, Field(gt=0)]
NotNegative = Annotated[Number, Field(ge=0)]
Size = Annotated[tuple[int, int], BeforeValidator(_size)]
HighResolutionNetwork = Annotated[str, AfterValidator(_high_resolution_network)]
RefinementNetwork = Annotated[str, AfterValidator(_refinement_network)]
EdgeNetwork = Annotated[str, AfterValidator(_edge_network)]
Start = Annotated[str | None, AfterValidator(_checkpoint)]


class TrainingRecipe(BaseModel):
    """Optimisation settings shared by the recipes of all refiners."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)
    refiner: ClassVar[Refiner]

    steps: Count
    batch: Count
    optimiser: Literal["sgd", "adamw"]
    learning_rate: Positive
    weight_decay: NotNegative
    momentum: Annotated[Number, Field(ge=0, lt=1)]
    power: NotNegative
    warm_up: Annotated[int, Field(ge=0)]
    clip_norm: Positive | None
    precision: Literal["float32", "bfloat16"]
    seed: Annotated[int, Field(ge=0)]

    def optimisation(self) -> Recipe:
        """As the training loop takes it."""
        from boundary_bench.refiners.networks.training import Recipe

        return Recipe(**{field.name: getattr(self, field.name) for field in fields(Recipe)})


class SegFixRecipe(TrainingRecipe):
    """Of `bench train segfix`."""

    refiner = "segfix"

    backbone: HighResolutionNetwork
    directions: Literal[4, 8, 16, 32]
    width_px: Annotated[AnyNumber, Field(gt=0)]
    targets: Literal["released", "paper"]
    loss: Literal["paper", "released"]
    crop: Size


class BPRRecipe(TrainingRecipe):
    """Of `bench train bpr`."""

    refiner = "bpr"

    network: RefinementNetwork
    scheme: Literal["dense", "released", "grid", "object"]
    patch_px: Annotated[int, Field(ge=2, multiple_of=2)]
    padding_px: Annotated[int, Field(ge=0)]
    nms_threshold: Annotated[Number, Field(ge=0, le=1)]
    input_px: Count
    with_mask: bool
    jitter_px: NotNegative
    start: Start


class GUMRecipe(TrainingRecipe):
    """Of `bench train gum`."""

    refiner = "gum"

    backbone: HighResolutionNetwork
    reach_px: Positive
    crop: Size


class StealRecipe(TrainingRecipe):
    """Of `bench train steal`."""

    refiner = "steal"

    backbone: EdgeNetwork
    radius_px: Annotated[Number, Field(ge=1)]
    entropy_weight: NotNegative
    nms_weight: NotNegative
    direction_weight: NotNegative
    align_from: Count | None
    align_every: Count
    align_closeness: NotNegative
    crop: Size
    start: Start
