"""How what the papers print is made again: their refiners, metrics and settings in the terms of the catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from boundary_bench.bench.papers.published import ColumnKey, Number, Published, RowKey
from boundary_bench.metrics.structures.segmentation import Task


@dataclass(frozen=True)
class Stage:
    """A refiner of the catalogue.

    Attributes:
        network: what its trained network is called; empty where it needs none.
    """

    name: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    network: str = ""


@dataclass(frozen=True)
class Measure:
    """A metric of the catalogue, and what it calls a printed one.

    Attributes:
        ours: name of its value; `{key}` stands for a setting of the row. Empty where it is the printed one.
        delta: whether the difference to the unrefined predictions is printed.
    """

    metric: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    ours: str = ""
    delta: bool = False


@dataclass(frozen=True)
class Particulars:
    """Particulars of a table.

    Attributes:
        networks: settings by which trained networks differ.
        roles: settings by which the predictions of one baseline differ.
        official: whether AP is that of Cityscapes' own scripts.
        detectors: whether rows are models of their own, whose saved outputs are measured as they are.
        label_maps: roles of such a table whose label maps are given, and their edges measured.
        edges: parameters of the measure of edges, where they are not the dataset's usual ones.
    """

    networks: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    official: bool = False
    detectors: bool = False
    label_maps: tuple[str, ...] = ()
    edges: Mapping[str, Any] = field(default_factory=dict)


# The papers' Table 1: SegFix moves labels by twice the offsets (Section 3.1).
STAGES: Final[Mapping[str, Stage]] = {
    "SegFix": Stage("segfix", network="segfix"),
    "BPR": Stage("bpr", network="bpr"),
    "STEAL": Stage("steal", {"coarse": True}, network="steal"),
    "GUM": Stage("gum", network="gum"),
    "DenseCRF": Stage("densecrf", {"preset": "segfix-table-5"}),
    "GrabCut": Stage("grabcut", {"coarse": True}),
    "GT-oracle offset m=4": Stage("oracle_offset", {"directions": 4, "scale": 2}),
    "GT-oracle offset m=8": Stage("oracle_offset", {"directions": 8, "scale": 2}),
    "GT-oracle replace 1px": Stage("oracle_replace", {"distance_px": 1}),
    "GT-oracle replace 2px": Stage("oracle_replace", {"distance_px": 2}),
    "GT-oracle replace 3px": Stage("oracle_replace", {"distance_px": 3}),
    "GT-oracle replace all": Stage("oracle_replace", {"distance_px": "inf"}),
}

LABEL_EDGES: Final = "label_edges"
SIMULATED: Final = "simulated coarse labels"
SIMULATED_FORMAT: Final = "simulated_coarse"
"""A baseline that is drawn from the truth."""
REAL_ERROR_PX: Final = 16
"""Of coarse labels drawn by people: by Table 7 of STEAL they are better than simulated ones of that error."""


STEPS_BY_ERROR: Final = {4: 1, 8: 6, 16: 11, 32: 16}
"""STEAL's steps for labels that are so many pixels off, of Tables 6 and 7: one for 4 px, and from 8 px on five more for
each doubling. Section 4.3 can be read as 5, 10 and 15 too."""


def averaged_classes(table: str) -> tuple[str, ...]:
    """Classes over which a table prints mIoU, as its dataset names them; empty for all."""
    # Imported for these tables only: datasets bring what reads images, which the others' numbers do without.
    if table == "steal/6":
        from boundary_bench.bench.datasets import sbd

        return sbd.CLASSES[1:]
    if table == "steal/7":
        from boundary_bench.bench.datasets import cityscapes

        return cityscapes.CLASSES[cityscapes.FIRST_THING :]
    return ()


def coarse_parameters(refiner: str, label_error: str) -> Mapping[str, Any]:
    """Settings that depend on the error of coarse labels (STEAL, Section 4.3), such as `8px`.

    STEAL takes more steps the more they are; for those drawn by people it does not say how many, and the released ones
    are kept. GrabCut may go as far as outlines lie inside of the true ones, up to twice the error.
    """
    error_px = int(label_error.removesuffix("px")) if label_error.endswith("px") else None
    if refiner == "grabcut":
        return {"band_px": 2 * (error_px or REAL_ERROR_PX)}
    return {"steps": STEPS_BY_ERROR[error_px]} if refiner == "steal" and error_px else {}


FROM_PROBABILITIES: Final = frozenset({"densecrf", "gum"})
"""Refiners, as tables use them, for which label maps alone do not do."""
ENSEMBLE: Final = "ensemble with "

PATCHES: Final = {"nms": "nms_threshold", "patch": "patch_px", "pad": "padding_px", "input": "input_px"}
"""Settings of BPR -> its parameters."""
SCHEMES: Final = {"dense+nms": "released", "pre-defined grid": "grid", "instance-level patch": "object"}

TASKS: Final[Mapping[str, Task]] = {"semantic_boundary": "edges", "coarse_label_refinement": "semantic"}
"""Kinds of tables that go by another name here."""

_COCO_AP = ("AP", "AP50", "AP75", "AP90", "AP_S", "AP_M", "AP_L")
_PQ = ("PQ", "PQ_th", "PQ_st", "SQ", "RQ")
TOLERANCES: Final = (0.000875, 0.00175, 0.0035, 0.007)
"""Of STEAL's Figure 5, of the diagonal: 2, 4, 8 and 16 px of 1024 x 2048. It names the first alone."""


def _at_tolerance(ratio: float) -> Measure:
    """With the margins of STEAL, Section 4.2."""
    parameters = {"max_distance_ratio": ratio, "margins_px": [5, 135, 5, 5], "label": str(ratio)}
    return Measure("semantic_edges", parameters, ours=f"MF_ODS ({ratio})")


MEASURES: Final[Mapping[Task, Mapping[str, Measure]]] = {
    "semantic": {
        "mIoU": Measure("mean_iou"),
        "IoU": Measure("mean_iou"),
        "mIoU_delta": Measure("mean_iou", ours="mIoU", delta=True),
        **{f"boundary_f@{width}px": Measure("boundary_f") for width in (1, 2, 3)},
        "boundary_f@1px_delta": Measure("boundary_f", ours="boundary_f@1px", delta=True),
        "AF": Measure("boundary_f", ours="boundary_f@1px"),
        "boundary_pixel_share": Measure("error_distance", ours="boundary_pixel_share@{width_px}px"),
        **{f"boundary_error_share@{width}px": Measure("error_distance") for width in range(1, 6)},
    },
    "instance": {
        **{name: Measure("average_precision") for name in _COCO_AP},
        "boundary_AP": Measure("average_precision", {"iou": "boundary"}),
        "AF": Measure("average_f"),
        **{f"{name}_lvis": Measure("lvis_ap") for name in ("AP", "AP_S", "AP_M", "AP_L")},
        **{name: Measure("iou_change") for name in ("IoU_before", "IoU_after", "better_share", "worse_share")},
    },
    "panoptic": {
        **{name: Measure("panoptic_quality") for name in _PQ},
        **{f"boundary_{name}": Measure("panoptic_quality", {"iou": "boundary"}) for name in _PQ},
    },
    "edges": {
        **{name: Measure("semantic_edges") for name in ("MF_ODS", "edge_AP")},
        **{f"MF_ODS@{ratio}": _at_tolerance(ratio) for ratio in TOLERANCES},
    },
}
OFFICIAL: Final = {name: Measure("cityscapes_ap", ours=f"{name}_cityscapes") for name in ("AP", "AP50")}
ELSEWHERE: Final = {
    **dict.fromkeys(("params_M", "runtime_ms", "mask_f", "direction_accuracy"), "bench score-segfix"),
    **dict.fromkeys(("fps", "patches_per_image"), "bench estimate"),
    "clicks_per_image": "bench simulate-coarse",
}
"""Columns that no run measures, and what does: they are of a network, a machine or a way of drawing."""

DATASETS: Final = {
    "Cityscapes": ("cityscapes",),
    "COCO": ("coco", "lvis"),
    "ADE20K": ("ade20k",),
    "GTA5": ("gta5",),
    "SBD": ("sbd",),
}
"""The papers' datasets -> names in the catalogue; COCO's images have LVIS' annotations too."""
SPLITS: Final = {"test (original)": "val", "test (re-annotated)": "reannotated"}
"""Printed splits -> those of the catalogue, where they differ. What SBD calls val is its test set; the images that were
annotated again are listed in `reannotated.txt` of a folder in SBD's layout."""
WITHHELD: Final = frozenset({("Cityscapes", "test")})
"""Splits whose truth only a test server has."""
CLOSED: Final = frozenset({"PolyTransform (COCO pre-trained)"})
"""Models of which neither code nor predictions were released."""

_DETECTOR = ("nms_loss", "active_align", "test_nms")
RECIPES: Final[Mapping[str, Particulars]] = {
    "segfix/2": Particulars(networks=("backbone",)),
    "segfix/3": Particulars(networks=("gamma", "directions")),
    "segfix/6": Particulars(roles=("test",)),
    "segfix/10": Particulars(official=True),
    "bpr/2": Particulars(networks=("mask_patch",)),
    "bpr/3": Particulars(networks=("patch", "pad")),
    "bpr/4": Particulars(networks=("scheme", "patch", "pad")),
    "bpr/5": Particulars(networks=("input",)),
    "bpr/6": Particulars(networks=("network",)),
    "bpr/9": Particulars(networks=("train_source",)),
    "bpr/10": Particulars(networks=("version",), roles=("impl",), official=True),
    "bpr/12": Particulars(roles=("impl",), official=True),
    "bpr/14": Particulars(networks=("mask_patch", "remove_border_patches")),
    "bpr/15": Particulars(roles=("test",)),
    "bpr_supp/S1": Particulars(networks=("train_source",)),
    "steal/1": Particulars(roles=_DETECTOR, detectors=True),
    "steal/2": Particulars(detectors=True, edges={"max_distance_ratio": 0.02}),
    "steal/3": Particulars(roles=_DETECTOR, detectors=True),
    "steal/4": Particulars(roles=("train_labels", *_DETECTOR), detectors=True),
    "steal/5": Particulars(roles=_DETECTOR, detectors=True),
    "steal/6": Particulars(roles=("label_error",)),
    "steal/7": Particulars(roles=("label_error",)),
    "steal/fig5": Particulars(detectors=True, label_maps=("deeplabv3plus",)),
}
"""Tables that are not as plain as a `Recipe()`."""


def _figure(
    name: str, caption: str, task: str, rows: tuple[tuple[str, str], ...], metrics: tuple[str, ...]
) -> Published:
    paper, _, figure = name.partition("/")
    keys = (RowKey("Cityscapes", "val", baseline, refiner, "") for baseline, refiner in rows)
    numbers = {(row, ColumnKey(metric)): Number("") for row in keys for metric in metrics}
    return Published(paper, figure, caption, task, numbers)


_MASK_RCNN = "Mask R-CNN (COCO pre-trained)"
_CHANGE = "IoU of every object before and after BPR"
_CHANGES = (_CHANGE, "instance", ((_MASK_RCNN, "BPR"),), ("IoU_before", "IoU_after", "better_share", "worse_share"))
FIGURES: Final[Mapping[str, Published]] = {
    figure.name: figure
    for figure in (
        _figure(
            "segfix/fig2",
            "Wrong pixels by distance to the boundary, three baselines",
            "semantic",
            (("DeepLabV3", ""), ("HRNet-W48", ""), ("Gated-SCNN", "")),
            tuple(f"boundary_error_share@{width}px" for width in range(1, 6)),
        ),
        _figure("bpr/fig9", *_CHANGES),
        _figure("bpr_supp/figS7", *_CHANGES),
        _figure(
            "steal/fig5",
            "Edges of STEAL and those of DeepLabV3+'s label maps, at several tolerances",
            "semantic_boundary",
            (("DeepLabV3+", ""), ("STEAL", "")),
            tuple(f"MF_ODS@{ratio}" for ratio in TOLERANCES),
        ),
    )
}
"""Statistical figures as tables that nobody printed: their numbers are empty."""
