"""From a recipe's file, what is laid over it and what the command line says, to its model."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from boundary_bench.bench.config.overrides import apply_override, shortened
from boundary_bench.bench.errors import InputError, Problem, did_you_mean
from boundary_bench.bench.io.yaml_file import read_yaml
from boundary_bench.bench.training.recipes.models import TrainingRecipe
from boundary_bench.bench.training.recipes.named import PAPER, paper_file, recipe_file

Model = TypeVar("Model", bound=TrainingRecipe)


def load_recipe(
    model: type[Model], recipe: str = PAPER, overrides: Sequence[str] = (), options: Mapping[str, Any] | None = None
) -> Model:
    """A refiner's recipe; keys that it does not have are the paper's.

    Args:
        model: of the refiner.
        recipe: a name, see `recipe_names`, or a YAML file.
        overrides: `key=value` each, values in YAML; they win over the recipe, later ones over earlier ones.
        options: options of the command line by key, None for those that were not given; they win over all.

    Raises:
        InputError: no such recipe, not YAML, an unknown key, a value that is not allowed.
    """
    path = recipe_file(model.refiner, recipe)
    document, said_by = _read(paper_file(model.refiner)) | _read(path), {}
    for override in overrides:
        document = apply_override(document, override)
        said_by[_key(override)] = f"--set {override}"
    for key, value in (options or {}).items():
        if value is not None:
            document[key], said_by[key] = value, f"--{key}"
    try:
        return model.model_validate(document)
    except ValidationError as error:
        found = error.errors(include_url=False)
        raise InputError([_problem(item, list(model.model_fields), path.name, said_by) for item in found]) from error


def _key(override: str) -> str:
    return re.split(r"[.=]", override, maxsplit=1)[0]


def _read(path: Path) -> dict[str, Any]:
    document = read_yaml(path, "a mapping with steps, batch and other keys", path.name)
    start = document.get("start")
    if isinstance(start, str) and Path(start).suffix:
        document["start"] = str(path.parent / Path(start).expanduser())
    return document


def _problem(item: Any, keys: list[str], file: str, said_by: Mapping[str, str]) -> Problem:
    """One of pydantic's errors as ours; `said_by` is where a key's value comes from, if not from the file."""
    key = str(item["loc"][0])
    where = said_by.get(key, f"{file}: {key}")
    if item["type"] == "extra_forbidden":
        return Problem(where, f"an unknown key {key!r}", ", ".join(keys), did_you_mean(key, keys))
    allowed = item["msg"].partition("; allowed: ")[2] or item["msg"].removeprefix("Input should be ")
    named = item["type"] in ("value_error", "literal_error") and isinstance(item["input"], str)
    hint = did_you_mean(item["input"], re.findall(r"\w+", allowed)) if named else ""
    return Problem(where, shortened(item["input"]), allowed, hint)
