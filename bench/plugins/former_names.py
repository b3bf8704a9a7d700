"""Names from earlier versions that stored runs, experiments and configurations of other tools still use."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import Final

CATALOGUE: Final[Mapping[str, str]] = {"region": "mean_iou", "label_png": "label_maps"}
"""Former catalogue name -> current name."""

MODULES: Final[Mapping[str, str]] = {
    "bench.interop.mmengine": "bench.interop.mmengine",
    "bench.papers.region_of": "bench.papers.mean_iou_of",
    "bench.papers.truth": "bench.papers.truth",
    **{
        f"bench.datasets.{name}": f"bench.datasets.{name}"
        for name in ("bsds", "camvid", "cityscapes", "coco", "coco_panoptic", "lvis", "sbd", "synthetic")
    },
    **{
        f"bench.predictions.{name}": f"bench.predictions.{name}"
        for name in ("cityscapes_instances", "coco_panoptic", "coco_results", "detectron2", "ensemble")
    },
    **{f"bench.predictions.{name}": f"bench.predictions.{name}" for name in ("probabilities", "simulated_coarse")},
    **{
        f"bench.predictions.{name}": f"bench.predictions.edges.{name}"
        for name in ("edge_maps", "label_edges", "network_edges")
    },
    "bench.predictions.label_png": "bench.predictions.label_maps",
    "metrics.average_precision": "metrics.instance.average_precision",
    "metrics.boundary": "metrics.semantic.boundary_f",
    "metrics.boundary_iou": "metrics.semantic.boundary_iou",
    "metrics.cityscapes_ap": "metrics.instance.cityscapes_ap",
    "metrics.edges": "metrics.edges.semantic_edges",
    "metrics.error_distance": "metrics.semantic.error_distance",
    "metrics.instance_boundary": "metrics.instance.average_f",
    "metrics.instance_errors": "metrics.instance.instance_error_distance",
    "metrics.iou_change": "metrics.instance.iou_change",
    "metrics.lvis_ap": "metrics.instance.lvis_ap",
    "metrics.panoptic": "metrics.panoptic.panoptic_quality",
    "metrics.region": "metrics.semantic.mean_iou",
    **{
        f"refiners.{name}": f"refiners.classical.{name}"
        for name in ("chain", "external", "grabcut", "guided_filter", "identity", "majority_filter", "oracle")
    },
    "refiners.prior_shift": "refiners.classical.prior_shift",
    **{f"refiners.{name}.refiner": f"refiners.{name}.refiner" for name in ("bpr", "densecrf", "gum", "steal")},
    "refiners.segfix.learned": "refiners.segfix.refiner",
    "refiners.segfix.refiner": "refiners.segfix.offset_files",
    "refiners.steal.oracle": "refiners.steal.oracle",
}
"""Module of a plug-in as imported before there was a single package -> current module within the package."""

MOVED: Final[Mapping[str, str]] = {"refiners.oracle:OracleOffset": "refiners.segfix.oracle:OracleOffset"}
"""Classes that moved to another module than the rest of theirs."""

CLASSES: Final[Mapping[str, str]] = {
    "LabelPng": "LabelMaps",
    "Region": "MeanIoU",
    "RegionOf": "MeanIoUOf",
    "SemanticBoundaryIoU": "BoundaryIoU",
}
"""Former class name -> current name."""


def current(target: str) -> str | None:
    """Current `module:Class` for one of an earlier version; None where it is not from this project."""
    module, _, name = target.rpartition(":")
    if module not in MODULES:
        return None
    found = MOVED.get(target, f"{MODULES[module]}:{CLASSES.get(name, name)}")
    return f"{__name__.partition('.')[0]}.{found}"


def make_importable(module: str) -> None:
    """Make a module importable by its former dotted name, for programs that import it by that string.

    Does nothing where another package with the name's first part can be imported.
    """
    first, *rest = module.split(".")
    if find_spec(first) is not None:
        return
    former, current_ = first, f"{__name__.partition('.')[0]}.{first}"
    sys.modules[former] = import_module(current_)
    for part in rest:
        former, current_ = f"{former}.{part}", f"{current_}.{part}"
        sys.modules[former] = import_module(current_)
