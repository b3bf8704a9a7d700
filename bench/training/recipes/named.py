"""Recipes that come with the package, by name; imports nothing heavy, so that help can list them."""

from __future__ import annotations

from pathlib import Path
from typing import Final, Literal

from boundary_bench.bench.errors import InputError, Problem, did_you_mean
from boundary_bench.bench.io.yaml_file import read_yaml

Refiner = Literal["segfix", "bpr", "gum", "steal"]
PAPER: Final = "paper"
"""The default recipe; it also fills keys that other recipes leave out."""


def recipe_names(refiner: Refiner) -> list[str]:
    """Names of a refiner's recipes, the paper's first."""
    others = sorted(path.stem for path in _folder(refiner).glob("*.yaml") if path.stem != PAPER)
    return [PAPER, *others]


def recipe_keys(refiner: Refiner) -> list[str]:
    """Keys of a refiner's recipes, in the order of the paper's."""
    return list(read_yaml(paper_file(refiner), "the recipe of the paper"))


def paper_file(refiner: Refiner) -> Path:
    """Where the paper's recipe lies."""
    return _folder(refiner) / f"{PAPER}.yaml"


def recipe_file(refiner: Refiner, recipe: str) -> Path:
    """The file of a recipe that is named, or that lies at a path; a name comes before a path.

    Raises:
        InputError: neither.
    """
    names = recipe_names(refiner)
    path = _folder(refiner) / f"{recipe}.yaml" if recipe in names else Path(recipe).expanduser()
    if not path.is_file():
        allowed = f"{', '.join(names)}, or a YAML file"
        raise InputError(Problem("--recipe", f"{recipe!r}, which is not there", allowed, did_you_mean(recipe, names)))
    return path


def _folder(refiner: Refiner) -> Path:
    return Path(__file__).parent / refiner
