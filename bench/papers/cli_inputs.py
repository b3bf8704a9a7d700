"""Options of the command line as materials for a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from boundary_bench.bench.errors import InputError, Problem, did_you_mean
from boundary_bench.bench.papers.inputs import Materials, stand_ins
from boundary_bench.bench.papers.recipes import DATASETS, LABEL_EDGES, SPLITS
from boundary_bench.bench.papers.spec import TableSpec
from boundary_bench.bench.plugins import registry


@dataclass(frozen=True)
class Given:
    """Inputs from the command line.

    `predictions`, `probabilities`, `checkpoints` and `offsets` are `NAME=PATH`, or a PATH alone
    where the table has one such name."""

    on: str | None = None
    dataset: str | None = None
    split: str | None = None
    paths: Mapping[str, Path] | None = None
    predictions: Sequence[str] = ()
    probabilities: Sequence[str] = ()
    format: str | None = None
    label_space: str | None = None
    checkpoints: Sequence[str] = ()
    offsets: Sequence[str] = ()

    def materials(self, spec: TableSpec) -> Materials:
        """Inputs that are available for a table.

        Raises:
            InputError: neither `on` nor `dataset`, or both; a name that the table does not have; no such dataset.
        """
        if (self.on is None) == (self.dataset is None):
            found = "neither" if self.on is None else "both"
            raise InputError(Problem("--dataset, --on", found, "--dataset with your own files, or --on"))
        base = Materials(self._dataset(spec)) if self.on is None else stand_ins(self.on, spec.task)
        base = base.with_sets({**spec.simulated, **self._sets(spec)})
        networks = _named(self.checkpoints, spec.networks, "--checkpoint"), self._offsets(spec)
        documents = [{n: {key: path} for n, path in named.items()} for key, named in zip(_KINDS, networks, strict=True)]
        return replace(
            base,
            networks={**base.networks, **documents[0], **documents[1]},
        )

    def command(self, command: str, name: str, more: Sequence[str] = ()) -> list[str]:
        """The call that says the same, with nothing in it that leaves the numbers as they are."""
        found = ["bench", "paper", command, name]
        single = {"on": self.on, "dataset": self.dataset, **(self.paths or {}), "split": self.split}
        single |= {"format": self.format, "label-space": self.label_space}
        for option, value in single.items():
            found += [f"--{option}", str(value)] if value is not None else []
        several = {"predictions": self.predictions, "probabilities": self.probabilities}
        for option, values in {**several, "checkpoint": self.checkpoints, "offsets": self.offsets}.items():
            found += [part for value in values for part in (f"--{option}", value)]
        return [*found, *more]

    def _dataset(self, spec: TableSpec) -> dict[str, Any]:
        assert self.dataset is not None
        accepted = registry.named_parameters(registry.find("datasets", self.dataset))
        found: dict[str, Any] = {"name": self.dataset, **{key: str(path) for key, path in (self.paths or {}).items()}}
        if "task" in accepted or spec.task == "edges":
            found["task"] = spec.task
        if self.split is not None or "split" in accepted:
            found["split"] = self.split or self._usual_split(spec)
        return found

    def _usual_split(self, spec: TableSpec) -> str:
        """That of the paper's rows on the dataset."""
        name = str(self.dataset).replace("-", "_")
        rows = (row.key for row in spec.rows if name in DATASETS[row.key.dataset])
        return next((SPLITS.get(key.split, key.split) for key in rows), "val")

    def _sets(self, spec: TableSpec) -> dict[str, dict[str, Any]]:
        roles = tuple(spec.roles)
        probabilities = _named(self.probabilities, roles, "--probabilities")
        found: dict[str, dict[str, Any]] = {}
        for role, path in _named(self.predictions, roles, "--predictions").items():
            format_ = self.format or (LABEL_EDGES if role in spec.recipe.label_maps else None)
            options = {"format": format_, "label_space": self.label_space, "probabilities": probabilities.get(role)}
            found[role] = {"path": path, **{key: value for key, value in options.items() if value is not None}}
        return found

    def _offsets(self, spec: TableSpec) -> dict[str, str]:
        networks = [name for name in spec.networks if name.startswith("segfix")]
        return _named(self.offsets, networks, "--offsets")


_KINDS = ("checkpoint", "offsets")


def _named(values: Sequence[str], names: Sequence[str], option: str) -> dict[str, str]:
    """`NAME=PATH` options by name.

    Raises:
        InputError: a name that the table does not have, or a path alone where it has not one name.
    """
    found = {}
    for value in values:
        name, equals, path = value.partition("=")
        if not equals and len(names) == 1:
            name, path = names[0], value
        if name not in names or not path:
            allowed = f"NAME=PATH with {', '.join(names)}" if names else "nothing: the table needs none"
            raise InputError(Problem(f"{option} {value}", repr(name), allowed, did_you_mean(name, names)))
        found[name] = path
    return found
