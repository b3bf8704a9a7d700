"""The truth of semantic edges, drawn from the label maps or segments of any dataset."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from boundary_bench.bench.errors import InputError, Problem, did_you_mean
from boundary_bench.bench.formats.labels.class_labels import class_labels
from boundary_bench.bench.plugins import registry
from boundary_bench.bench.plugins.abilities import of_dataset
from boundary_bench.bench.plugins.protocols import Dataset, Image, Sample
from boundary_bench.bench.plugins.validation import lacks_image
from boundary_bench.metrics.functional.geometry import semantic_edges, thin
from boundary_bench.metrics.structures.segmentation import EdgeMaps, PanopticMap, SemanticMap, Task

LARGEST_RADIUS_PX = 16000
Sides = Literal["both", "own"]


class EdgeTruth:
    """Edges of another dataset's classes; satisfies `boundary_bench.bench.plugins.protocols.Dataset`.

    Void forms no edges, and so neither do classes that are not scored. The rules are those of
    `boundary_bench.metrics.functional.geometry.semantic_edges`.

    Args:
        dataset: of semantic or panoptic truth. Its `edge_metrics`, where it has them, become the usual metrics.
        radius_px: how far off an edge pixels still belong to it. SEAL takes 1 and thins, or 2 without thinning.
        thin_truth: whether edges are thinned to lines.
        instance_sensitive: whether objects of a class have edges between them; needs panoptic truth.
        sides: `both`, or `own`: pixels count for their own class alone.
        binary: whether the edges of all classes are those of one, `edge`.

    Attributes:
        drawn_from: the other dataset.

    Raises:
        InputError: another kind of truth, or a parameter out of range.
    """

    task: Task = "edges"
    things: frozenset[int] = frozenset()

    def __init__(
        self,
        dataset: Dataset,
        *,
        radius_px: float = 1,
        thin_truth: bool = True,
        instance_sensitive: bool = False,
        sides: Sides = "both",
        binary: bool = False,
    ) -> None:
        where, problems = f"edges of {dataset.name}", []
        kinds = ("panoptic",) if instance_sensitive else ("semantic", "panoptic")
        if dataset.task not in kinds:
            problems.append(Problem(where, f"{dataset.task} truth", f"{' or '.join(kinds)} truth"))
        problems += radius_problems(where, radius_px)
        if sides not in get_args(Sides):
            problems.append(Problem(f"{where}: sides", repr(sides), " or ".join(get_args(Sides))))
        if problems:
            raise InputError(problems)
        self.name, self.split = dataset.name, dataset.split
        self.classes: Sequence[str] = ("edge",) if binary else dataset.classes
        self.colours: NDArray[np.uint8] = np.zeros((1, 3), np.uint8) if binary else dataset.colours
        self.label_ids: Mapping[int, int] = {} if binary else dataset.label_ids
        self.metrics = of_dataset(dataset).edge_metrics
        self.truth_settings = {
            "radius_px": radius_px,
            "thin_truth": thin_truth,
            "instance_sensitive": instance_sensitive,
            "sides": sides,
            "binary": binary,
        }
        self.drawn_from, self._radius_px, self._sides = dataset, radius_px, sides
        self._thin_truth, self._instance_sensitive, self._binary = thin_truth, instance_sensitive, binary

    def samples(self) -> Sequence[Sample]:
        """Those of the dataset."""
        return self.drawn_from.samples()

    def size(self, sample: Sample) -> tuple[int, int]:
        """(H, W) of the truth."""
        return self.drawn_from.size(sample)

    def has_image(self, sample: Sample) -> bool:
        """Whether the dataset has an image for it."""
        return not lacks_image(self.drawn_from, sample)

    def image(self, sample: Sample) -> Image:
        """The image, RGB uint8 (H, W, 3)."""
        return self.drawn_from.image(sample)

    def truth(self, sample: Sample) -> EdgeMaps:
        """Edges of one annotator, bool (1, K, H, W).

        Raises:
            InputError: the dataset's truth cannot be read.
        """
        return self.edges(self.drawn_from.truth(sample))

    def edges(self, labelled: SemanticMap | PanopticMap) -> EdgeMaps:
        """Edges drawn from labels by the rules of the truth: bool (1, K, H, W)."""
        edges = semantic_edges(
            class_labels(labelled),
            classes=len(self.drawn_from.classes),
            radius_px=self._radius_px,
            instances=labelled.ids if self._instance_sensitive and isinstance(labelled, PanopticMap) else None,
            sides=self._sides,
        )
        if self._binary:
            edges = np.asarray(edges.any(axis=0, keepdims=True))
        return EdgeMaps(thinned(edges) if self._thin_truth else edges)

    def digest(self, sample: Sample) -> str:
        """Digest of the contents behind image and truth."""
        return self.drawn_from.digest(sample)


def thinned(edges: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Each of the maps (K, H, W) thinned to lines."""
    return np.stack([thin(one) for one in edges])


def radius_problems(where: str, radius_px: float) -> list[Problem]:
    """Problems with the radius of edges."""
    if isinstance(radius_px, int | float) and 1 <= radius_px <= LARGEST_RADIUS_PX:
        return []
    return [Problem(f"{where}: radius_px", repr(radius_px), f"1 to {LARGEST_RADIUS_PX}")]


def build_dataset(name: str, parameters: Mapping[str, Any]) -> Dataset:
    """A dataset of the catalogue. Where the task is `edges` and it has none of its own, they are drawn from its truth.

    So they are where it could have some of its own, but classes of label maps are given, or how to draw edges of them.

    Args:
        name: as for `catalogue.find`.
        parameters: those of the dataset and, for edges that are drawn, those of `EdgeTruth`.

    Raises:
        InputError: no such dataset, an unknown or a missing parameter, or a value that is refused.
    """
    accepted = registry.named_parameters(registry.find("datasets", name))
    settings = [key for key in registry.named_parameters(EdgeTruth) if key != "dataset"]
    of_labels = "classes" in accepted and any(parameters.get(key) is not None for key in ("classes", *settings))
    if parameters.get("task") != "edges" or ("edges" in _tasks(accepted) and not of_labels):
        built: Dataset = registry.build("datasets", name, parameters)
        return built
    known = [*accepted, *settings]
    if unknown := [key for key in parameters if key not in (*known, "task")]:
        allowed = ", ".join(known)
        raise InputError(
            Problem(f"datasets: {name}", f"unknown parameter {key!r}", allowed, did_you_mean(key, known))
            for key in unknown
        )
    own = {key: value for key, value in parameters.items() if key in accepted and key != "task"}
    drawn = {key: value for key, value in parameters.items() if key in settings}
    if "task" in accepted:
        own["task"] = "panoptic" if drawn.get("instance_sensitive") else "semantic"
    return EdgeTruth(registry.build("datasets", name, own), **drawn)


def _tasks(accepted: Mapping[str, Any]) -> set[str]:
    """Values of the parameter `task`, which may be optional; none where there is no such parameter."""
    args = get_args(accepted["task"].annotation) if "task" in accepted else ()
    return {value for arg in args for value in (get_args(arg) or (arg,))}
