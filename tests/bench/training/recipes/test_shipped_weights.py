"""Every network that comes with the package has a recipe of its name, which says what its model card says."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from types import SimpleNamespace

import pytest
from safetensors import safe_open

from boundary_bench.bench.datasets.synthetic import Synthetic
from boundary_bench.bench.training.bpr import BPRTraining
from boundary_bench.bench.training.gum import GUMTraining
from boundary_bench.bench.training.recipes.load import load_recipe
from boundary_bench.bench.training.recipes.models import BPRRecipe, GUMRecipe, SegFixRecipe, StealRecipe
from boundary_bench.bench.training.segfix import SegFixTraining
from boundary_bench.bench.training.steal import StealTraining
from tests.paths import REPOSITORY

WEIGHTS = sorted(REPOSITORY.glob("refiners/*/weights/*.safetensors"))
OF_THE_DATA = {"data", "predictions"}
NOT_DECIDED = {
    *("architecture", "command", "device", "final_losses", "kind", "made_with", "note", "patches", "scores"),
    *("stride_px", "threads"),
}
"""In a card: what was found, and where; not what was asked for."""


def training(refiner, name):
    """The training of that recipe, on other data."""
    scenes, predicted = (
        Synthetic("train", images=1),
        SimpleNamespace(name="net", task="semantic", has_probabilities=True),
    )
    if refiner == "segfix":
        return SegFixTraining.of(load_recipe(SegFixRecipe, name), [scenes])
    if refiner == "bpr":
        return BPRTraining.of(load_recipe(BPRRecipe, name), scenes, predicted, [])
    if refiner == "gum":
        return GUMTraining.of(load_recipe(GUMRecipe, name), scenes, predicted, [])
    return StealTraining.of(load_recipe(StealRecipe, name), scenes)


def comparable(decided):
    """Without data; of the checkpoint that it starts with the name alone, since files may get other cards."""
    found = {key: value for key, value in decided.items() if key not in OF_THE_DATA | NOT_DECIDED}
    found.setdefault("clip_norm", None)  # cards of networks that are older than the setting
    return found | ({"start": found["start"]["name"]} if found.get("start") else {})


@pytest.mark.parametrize("path", WEIGHTS, ids=lambda path: f"{path.parts[-3]}-{path.stem}")
def test_recipe_and_card_agree(path: Path):
    with safe_open(path, "pt") as checkpoint:
        card = json.loads(checkpoint.metadata()["card"])
    found = training(path.parts[-3], path.stem)
    assert comparable({**found.definition(), **asdict(found.recipe)}) == comparable(card)


def test_there_are_such_networks():
    assert len(WEIGHTS) >= 10
