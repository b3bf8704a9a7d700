"""Each table's rows and columns as something to run: roles, refiners, networks, metrics."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any

from boundary_bench.bench.papers import recipes
from boundary_bench.bench.papers.published import ColumnKey, Published, RowKey, names, published, unique
from boundary_bench.bench.papers.recipes import (
    ELSEWHERE,
    MEASURES,
    OFFICIAL,
    RECIPES,
    STAGES,
    Measure,
    Particulars,
    Stage,
)
from boundary_bench.metrics.structures.segmentation import Task

UNREFINED = "identity"
"""Name of unrefined predictions in experiments."""


@dataclass(frozen=True)
class SpecRow:
    """One row as something to run.

    Attributes:
        key: the row as printed.
        roles: whose predictions it needs: one model's, or those of the members of an ensemble. Empty where the truth
            or a network is enough.
        stages: the refiners, one after the other.
        label: what experiments call them.
        settings: BPR's settings that the paper states, as parameters.
        varying: those of them by which rows of the table differ.
    """

    key: RowKey
    roles: tuple[str, ...]
    stages: tuple[Stage, ...]
    label: str
    settings: Mapping[str, Any]
    varying: Mapping[str, Any]

    @property
    def needs_probabilities(self) -> bool:
        """Whether label maps alone do not do."""
        return len(self.roles) > 1 or any(stage.name in recipes.FROM_PROBABILITIES for stage in self.stages)


@dataclass(frozen=True)
class TableSpec:
    """A table as something to run; `rows` and `columns` are those of `published`, in its order."""

    published: Published
    recipe: Particulars

    @property
    def name(self) -> str:
        """Such as `segfix/5`."""
        return self.published.name

    @property
    def task(self) -> Task:
        """The kind of truth."""
        task: Any = self.published.task
        found: Task = recipes.TASKS.get(task, task)
        return found

    @property
    def columns(self) -> tuple[ColumnKey, ...]:
        """As printed."""
        return self.published.columns

    @cached_property
    def rows(self) -> tuple[SpecRow, ...]:
        """Those that are printed."""
        return tuple(self._row(key) for key in self.published.rows)

    @property
    def roles(self) -> Mapping[str, bool]:
        """All roles, and whether they need probabilities."""
        found: dict[str, bool] = {}
        for row in self.rows:
            for role in row.roles:
                found[role] = found.get(role, False) or row.needs_probabilities
        return found

    @property
    def networks(self) -> tuple[str, ...]:
        """All trained networks."""
        return unique(stage.network for row in self.rows for stage in row.stages if stage.network)

    @property
    def measured(self) -> Mapping[str, Measure]:
        """Measures of a run, by the published metric."""
        known = {**MEASURES[self.task], **(OFFICIAL if self.recipe.official else {})}
        found = {column.metric: known[column.metric] for column in self.columns if column.metric not in ELSEWHERE}
        more = self.recipe.edges
        return {name: replace(each, parameters={**more, **each.parameters}) for name, each in found.items()}

    @property
    def simulated(self) -> Mapping[str, Mapping[str, Any]]:
        """Roles that the truth plays, each as an experiment has a prediction set, without the name."""
        rows = (row for row in self.rows if row.key.baseline == recipes.SIMULATED)
        return {
            row.roles[0]: {
                "format": recipes.SIMULATED_FORMAT,
                "error_px": int(row.key.settings["label_error"].removesuffix("px")),
            }
            for row in rows
        }

    def _row(self, key: RowKey) -> SpecRow:
        ensemble = key.refiner.removeprefix(recipes.ENSEMBLE) if key.refiner.startswith(recipes.ENSEMBLE) else ""
        is_plain = not key.refiner or ensemble or self.recipe.detectors
        names_ = () if is_plain else tuple(key.refiner.split("+"))
        settings, varying = _patch_settings(key), self._varying
        own = {name: value for name, value in settings.items() if name in varying}
        return SpecRow(
            key=key,
            roles=self._roles(key, ensemble),
            stages=tuple(self._stage(STAGES[name], key) for name in names_),
            label=self._label(key, names_),
            settings=_parameters(settings) if "BPR" in names_ else {},
            varying=_parameters(own, scheme={"nms", "scheme"} & own.keys() != set()) if "BPR" in names_ else {},
        )

    def _roles(self, key: RowKey, ensemble: str) -> tuple[str, ...]:
        model = key.refiner if self.recipe.detectors and key.refiner else key.baseline
        if not model:
            return ()
        qualities = [_quality(name, key.settings[name]) for name in self.recipe.roles if name in key.settings]
        first = slug(" ".join([model, *qualities]))
        return (first, slug(ensemble)) if ensemble else (first,)

    def _stage(self, stage: Stage, key: RowKey) -> Stage:
        if "label_error" in key.settings:
            more = recipes.coarse_parameters(stage.name, key.settings["label_error"])
            stage = replace(stage, parameters={**stage.parameters, **more})
        if not stage.network:
            return stage
        told = self.recipe.networks if stage.name in self._told_apart else ()
        qualities = [_quality(name, key.settings[name]) for name in told if name in key.settings]
        return replace(stage, network=slug(" ".join([stage.network, *qualities])))

    @property
    def _told_apart(self) -> tuple[str, ...]:
        """The refiner whose networks the table compares: in BPR's tables SegFix is always the same."""
        return ("segfix",) if self.published.paper == "segfix" else ("bpr",)

    @cached_property
    def _varying(self) -> frozenset[str]:
        refined = [_patch_settings(key) for key in self.published.rows if "BPR" in key.refiner]
        keys = unique(name for settings in refined for name in settings)
        return frozenset(name for name in keys if len({each[name] for each in refined if name in each}) > 1)

    def _label(self, key: RowKey, stages: Sequence[str]) -> str:
        if not stages:
            return UNREFINED
        told = unique((*self.recipe.networks, *sorted(self._varying))) if {"SegFix", "BPR"} & set(stages) else ()
        told = (*told, "label_error")  # on which a refiner's parameters depend
        if stages == ("SegFix",) and "segfix" not in self._told_apart:
            told = ()
        return " ".join(["+".join(stages), *(f"{name}={key.settings[name]}" for name in told if name in key.settings)])


@lru_cache(maxsize=64)
def spec(name: str) -> TableSpec:
    """The spec of a table or of a figure.

    Raises:
        InputError: neither.
    """
    known = recipes.FIGURES[name] if name in recipes.FIGURES else published(name)
    return TableSpec(known, RECIPES.get(name, Particulars(detectors=known.task == "semantic_boundary")))


def all_names() -> Sequence[str]:
    """Names of all tables, and then of the figures."""
    return (*names(), *recipes.FIGURES)


def slug(text: str) -> str:
    """Name of a model in options: `Mask R-CNN (COCO pre-trained)` is `mask_rcnn_coco`."""
    short = text.lower().replace("r-cnn", "rcnn").replace("pre-trained", "").replace("v3+", "v3plus")
    return re.sub(r"[^a-z0-9]+", "_", short).strip("_")


def _quality(name: str, value: str) -> str:
    """A setting in the name of a network or a role."""
    if value in ("yes", "no"):
        return name if value == "yes" else f"no {name}"
    return f"{name}{value}" if value[0].isdigit() or value == "inf" else value


def _patch_settings(key: RowKey) -> dict[str, str]:
    return {name: value for name, value in key.settings.items() if name in (*recipes.PATCHES, "scheme")}


def _parameters(settings: Mapping[str, str], *, scheme: bool = True) -> dict[str, Any]:
    """Settings as parameters of BPR, with the scheme on demand. What the paper calls dense is what its code does."""
    laid = recipes.SCHEMES[settings.get("scheme", "dense+nms")]
    found: dict[str, Any] = {"scheme": laid} if scheme else {}
    for name, parameter in recipes.PATCHES.items():
        if name in settings:
            found[parameter] = float(settings[name]) if name == "nms" else int(settings[name])
    if laid == "object" and "patch" in settings:
        found["input_px"] = found["patch_px"]  # one patch an object: its size is that of the network's input
    return found
