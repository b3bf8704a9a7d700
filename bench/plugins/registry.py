"""Registry of plug-ins: built-in names, names registered by installed packages, and any `module:Class`."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import sys
from collections.abc import Callable, Mapping
from hashlib import blake2b
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

from boundary_bench.bench.errors import InputError, Problem, did_you_mean
from boundary_bench.bench.plugins import former_names

Kind = Literal["refiners", "metrics", "datasets", "predictions"]

REFINERS = {
    "identity": "boundary_bench.refiners.classical.identity:Identity",
    "majority_filter": "boundary_bench.refiners.classical.majority_filter:MajorityFilter",
    "prior_shift": "boundary_bench.refiners.classical.prior_shift:PriorShift",
    "guided_filter": "boundary_bench.refiners.classical.guided_filter:GuidedFilter",
    "grabcut": "boundary_bench.refiners.classical.grabcut:GrabCut",
    "densecrf": "boundary_bench.refiners.densecrf.refiner:DenseCRF",
    "oracle_replace": "boundary_bench.refiners.classical.oracle:OracleReplace",
    "oracle_offset": "boundary_bench.refiners.segfix.oracle:OracleOffset",
    "oracle_steal": "boundary_bench.refiners.steal.oracle:StealOracle",
    "segfix": "boundary_bench.refiners.segfix.refiner:SegFix",
    "segfix_offsets": "boundary_bench.refiners.segfix.offset_files:SegFixOffsets",
    "bpr": "boundary_bench.refiners.bpr.refiner:BPR",
    "gum": "boundary_bench.refiners.gum.refiner:GUM",
    "steal": "boundary_bench.refiners.steal.refiner:Steal",
    "steal_edges": "boundary_bench.refiners.steal.refiner:StealEdges",
    "external": "boundary_bench.refiners.classical.external:External",
    "chain": "boundary_bench.refiners.classical.chain:chain",
}
METRICS = {
    "mean_iou": "boundary_bench.metrics.semantic.mean_iou:MeanIoU",
    "cityscapes_iou": "boundary_bench.metrics.semantic.cityscapes_iou:CityscapesIoU",
    "boundary_f": "boundary_bench.metrics.semantic.boundary_f:BoundaryF",
    "boundary_iou": "boundary_bench.metrics.semantic.boundary_iou:BoundaryIoU",
    "error_distance": "boundary_bench.metrics.semantic.error_distance:ErrorDistance",
    "mask_iou": "boundary_bench.metrics.binary.mask_iou:MaskIoU",
    "mask_boundary_iou": "boundary_bench.metrics.binary.mask_boundary_iou:MaskBoundaryIoU",
    "j_and_f": "boundary_bench.metrics.binary.j_and_f:JAndF",
    "f_measure": "boundary_bench.metrics.binary.f_measure:FMeasure",
    "weighted_f": "boundary_bench.metrics.binary.weighted_f:WeightedF",
    "s_measure": "boundary_bench.metrics.binary.s_measure:SMeasure",
    "e_measure": "boundary_bench.metrics.binary.e_measure:EMeasure",
    "mean_absolute_error": "boundary_bench.metrics.binary.mean_absolute_error:MeanAbsoluteError",
    "human_correction_effort": "boundary_bench.metrics.binary.human_correction_effort:HumanCorrectionEffort",
    "boundary_accuracy": "boundary_bench.metrics.regions.boundary_accuracy:BoundaryAccuracy",
    "surface_distance": "boundary_bench.metrics.regions.surface_distance:SurfaceDistance",
    "trimap": "boundary_bench.metrics.regions.trimap:Trimap",
    "average_precision": "boundary_bench.metrics.instance.average_precision:AveragePrecision",
    "cityscapes_ap": "boundary_bench.metrics.instance.cityscapes_ap:CityscapesAP",
    "lvis_ap": "boundary_bench.metrics.instance.lvis_ap:LvisAP",
    "average_f": "boundary_bench.metrics.instance.average_f:AverageF",
    "instance_error_distance": "boundary_bench.metrics.instance.instance_error_distance:InstanceErrorDistance",
    "iou_change": "boundary_bench.metrics.instance.iou_change:IoUChange",
    "object_scores": "boundary_bench.metrics.instance.object_scores:ObjectScores",
    "boundary_errors": "boundary_bench.metrics.instance.boundary_errors:BoundaryErrors",
    "panoptic_quality": "boundary_bench.metrics.panoptic.panoptic_quality:PanopticQuality",
    "semantic_edges": "boundary_bench.metrics.edges.semantic_edges:SemanticEdges",
}
DATASETS = {
    "folder": "boundary_bench.bench.datasets.own.folder:folder",
    "synthetic": "boundary_bench.bench.datasets.synthetic:Synthetic",
    "camvid": "boundary_bench.bench.datasets.camvid:Camvid",
    "cityscapes": "boundary_bench.bench.datasets.cityscapes:Cityscapes",
    "coco": "boundary_bench.bench.datasets.coco:Coco",
    "lvis": "boundary_bench.bench.datasets.lvis:Lvis",
    "coco_panoptic": "boundary_bench.bench.datasets.coco_panoptic:CocoPanoptic",
    "sbd": "boundary_bench.bench.datasets.sbd:Sbd",
    "bsds": "boundary_bench.bench.datasets.bsds:Bsds",
    "voc": "boundary_bench.bench.datasets.layouts.voc:Voc",
    "ade20k": "boundary_bench.bench.datasets.layouts.ade20k:Ade20k",
    "coco_stuff": "boundary_bench.bench.datasets.layouts.coco_stuff:CocoStuff",
    "gta5": "boundary_bench.bench.datasets.layouts.gta5:Gta5",
    "synthia": "boundary_bench.bench.datasets.layouts.synthia:Synthia",
    "bdd100k": "boundary_bench.bench.datasets.layouts.bdd100k:Bdd100k",
    "acdc": "boundary_bench.bench.datasets.layouts.acdc:Acdc",
    "dark_zurich": "boundary_bench.bench.datasets.layouts.dark_zurich:DarkZurich",
    "mapillary": "boundary_bench.bench.datasets.layouts.mapillary:Mapillary",
    "kitti": "boundary_bench.bench.datasets.layouts.kitti:Kitti",
    "camvid_original": "boundary_bench.bench.datasets.layouts.camvid_original:CamvidOriginal",
    "big": "boundary_bench.bench.datasets.mask_layouts.cascade_psp:Big",
    "voc_relabelled": "boundary_bench.bench.datasets.mask_layouts.cascade_psp:VocRelabelled",
    "dis5k": "boundary_bench.bench.datasets.mask_layouts.dis5k:Dis5k",
    "hrsod": "boundary_bench.bench.datasets.mask_layouts.hrsod:Hrsod",
    "coift": "boundary_bench.bench.datasets.mask_layouts.coift:Coift",
    "thin_object": "boundary_bench.bench.datasets.mask_layouts.thin_object:ThinObject",
    "ecssd": "boundary_bench.bench.datasets.mask_layouts.ecssd:Ecssd",
    "duts": "boundary_bench.bench.datasets.mask_layouts.duts:Duts",
    "msra10k": "boundary_bench.bench.datasets.mask_layouts.msra10k:Msra10k",
    "fss": "boundary_bench.bench.datasets.mask_layouts.fss:Fss",
    "davis585": "boundary_bench.bench.datasets.mask_layouts.davis585:Davis585",
    "cod10k": "boundary_bench.bench.datasets.mask_layouts.cod10k:Cod10k",
    "camo": "boundary_bench.bench.datasets.mask_layouts.camo:Camo",
    "isic": "boundary_bench.bench.datasets.mask_layouts.isic:Isic",
    "kvasir": "boundary_bench.bench.datasets.mask_layouts.kvasir:Kvasir",
}
PREDICTIONS = {
    "label_maps": "boundary_bench.bench.predictions.label_maps:LabelMaps",
    "probabilities": "boundary_bench.bench.predictions.probabilities:Probabilities",
    "binary_masks": "boundary_bench.bench.predictions.binary_masks:BinaryMasks",
    "ensemble": "boundary_bench.bench.predictions.ensemble:Ensemble",
    "coco_results": "boundary_bench.bench.predictions.coco_results:CocoResults",
    "coco_panoptic": "boundary_bench.bench.predictions.coco_panoptic:CocoPanopticPredictions",
    "cityscapes_instances": "boundary_bench.bench.predictions.cityscapes_instances:CityscapesInstances",
    "simulated_coarse": "boundary_bench.bench.predictions.simulated_coarse:SimulatedCoarse",
    "edge_maps": "boundary_bench.bench.predictions.edges.edge_maps:SavedEdgeMaps",
    "edge_network": "boundary_bench.bench.predictions.edges.network_edges:EdgeNetwork",
    "segfix_boundary": "boundary_bench.bench.predictions.edges.network_edges:SegFixBoundary",
    "label_edges": "boundary_bench.bench.predictions.edges.label_edges:LabelEdges",
    "detectron2_sem_seg": "boundary_bench.bench.predictions.detectron2:Detectron2SemSeg",
}
SINGULAR: Mapping[Kind, str] = {
    "refiners": "refiner",
    "metrics": "metric",
    "datasets": "dataset",
    "predictions": "prediction format",
}
"""Name of one plug-in of a kind, for messages."""
BUILT_IN: Mapping[Kind, Mapping[str, str]] = {
    "refiners": REFINERS,
    "metrics": METRICS,
    "datasets": DATASETS,
    "predictions": PREDICTIONS,
}


def names(kind: Kind) -> list[str]:
    """Names that `find` accepts: the built-in ones in their order, then those of installed packages, sorted."""
    built_in = BUILT_IN[kind]
    return [*built_in, *sorted(set(_registered(kind)) - set(built_in))]


def is_known(kind: Kind, name: str) -> bool:
    """Whether `names` has it. What is built in is known without a look at all installed packages, which takes long."""
    return name in BUILT_IN[kind] or name in _registered(kind)


def find(kind: Kind, name: str) -> Callable[..., Any]:
    """Import the class of a name.

    Args:
        kind: the part of the catalogue.
        name: a catalogue name (`-` equals `_`), a name that an installed package registers under the entry point
            group `boundary_bench.<kind>`, `module:Class`, or `path/to/file.py:Class`.

    Raises:
        InputError: the name is unknown or cannot be imported.
    """
    if ":" in name:
        return _load(name)
    key = name.replace("-", "_")
    key = former_names.CATALOGUE.get(key, key)
    if key in BUILT_IN[kind]:
        return _load(BUILT_IN[kind][key])
    registered = _registered(kind)
    if key in registered:
        return _load_entry_point(registered[key])
    known = names(kind)
    raise InputError(
        Problem(
            where="",
            found=f"unknown {SINGULAR[kind]} {name!r}",
            allowed=f"{', '.join(known)}, or module:Class, or path/to/file.py:Class",
            hint=did_you_mean(key, known),
        )
    )


def build(kind: Kind, name: str, parameters: Mapping[str, Any]) -> Any:
    """Construct the class returned by `find`, after checking the names of the parameters.

    Raises:
        InputError: an unknown or missing parameter, or a value that the constructor rejects.
    """
    constructor = find(kind, name)
    check_parameters(f"{kind}: {name}", constructor, parameters)
    try:
        return constructor(**parameters)
    except (ValueError, TypeError, OSError) as error:
        raise InputError(refusal(f"{kind}: {name}", error, "parameters that it accepts")) from error


def refusal(where: str, error: Exception, allowed: str) -> Problem:
    """Convert a plug-in's error to a problem; `found; allowed: ...` in its message overrides `allowed`."""
    text = str(error) if isinstance(error, ValueError | TypeError) else _text(error)
    found, _, own = text.partition("; allowed: ")
    return Problem(where, found, own or allowed)


def check_parameters(where: str, constructor: Callable[..., Any], parameters: Mapping[str, Any]) -> None:
    """Raise InputError unless the names of the parameters match the constructor's signature."""
    accepted = named_parameters(constructor)
    if any(p.kind is p.VAR_KEYWORD for p in inspect.signature(constructor).parameters.values()):
        return
    allowed = ", ".join(accepted) or "none"
    problems = [
        Problem(where, f"unknown parameter {name!r}", allowed, did_you_mean(name, list(accepted)))
        for name in parameters
        if name not in accepted
    ]
    problems += [
        Problem(where, f"{name} is required", "")
        for name, parameter in accepted.items()
        if parameter.default is parameter.empty and name not in parameters
    ]
    if problems:
        raise InputError(problems)


def named_parameters(constructor: Callable[..., Any]) -> dict[str, inspect.Parameter]:
    """Parameters of a constructor that can be given by name."""
    by_name = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    try:
        signature = inspect.signature(constructor, eval_str=True)
    except Exception:  # some annotations exist only for type checkers; only the names matter here
        signature = inspect.signature(constructor)
    return {n: p for n, p in signature.parameters.items() if p.kind in by_name}


def _registered(kind: Kind) -> dict[str, EntryPoint]:
    return {point.name.replace("-", "_"): point for point in entry_points(group=f"boundary_bench.{kind}")}


def _load_entry_point(point: EntryPoint) -> Callable[..., Any]:
    try:
        loaded: Callable[..., Any] = point.load()
    except Exception as error:  # a package's import may raise anything; the user needs to know which package
        raise InputError(Problem(f"entry point {point.name} = {point.value}", _text(error), "a class")) from error
    return loaded


def _load(target: str) -> Callable[..., Any]:
    # Split at the last colon: a Windows path has one after its drive.
    place, _, attribute = _current(target).rpartition(":")
    try:
        module = _from_file(Path(place)) if place.endswith(".py") else _from_path(place)
    except InputError:
        raise
    except Exception as error:  # user code: report whatever its import raises
        raise InputError(Problem(target, _text(error), "a module that can be imported")) from error
    found = getattr(module, attribute, None)
    if not callable(found):
        options = [n for n, value in vars(module).items() if isinstance(value, type) and not n.startswith("_")]
        kind = "no such name" if found is None else f"a {type(found).__name__}"
        hint = did_you_mean(attribute, options)
        raise InputError(Problem(target, kind, f"a class: {', '.join(options) or 'none defined'}", hint))
    return found  # type: ignore[no-any-return]


def _current(target: str) -> str:
    """The target where it can be imported, else its current name."""
    place, _, _ = target.rpartition(":")
    now = former_names.current(target)
    if now is None:
        return target
    try:
        _from_path(place)  # a user's own module may have the former name of one of ours
    except ImportError:
        return now
    return target


def _from_path(module: str) -> ModuleType:
    # A console script's sys.path lacks the current folder, where a user's own module usually is.
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.append(here)
    return importlib.import_module(module)


def _from_file(path: Path) -> ModuleType:
    path = path.expanduser().resolve()
    if not path.is_file():
        raise InputError(Problem(str(path), "no such file", "a Python file"))
    # Named by path and contents, so that an edited file is loaded again and an unchanged one is loaded once.
    content = blake2b(str(path).encode() + path.read_bytes(), digest_size=8).hexdigest()
    name = f"{path.stem}_{content}"
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise InputError(Problem(str(path), "a file that Python cannot import", "a Python file"))
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _text(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
