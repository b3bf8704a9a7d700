"""Boundary refinement of image segmentation, measured: what other programs use of it, imported when first asked for."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from boundary_bench import _caches

if not Path(__path__[0], "metrics").is_dir():  # a checkout without symbolic links: its folders lie beside this one
    __path__.append(str(Path(__path__[0]).parents[1]))
_caches.provide(next(Path(place) for place in __path__ if Path(place, "metrics").is_dir()))

if TYPE_CHECKING:
    from boundary_bench.bench.datasets.own.label_folder import Folder as Folder
    from boundary_bench.bench.errors import InputError as InputError
    from boundary_bench.bench.errors import Problem as Problem
    from boundary_bench.bench.plugins.protocols import Sample as Sample
    from boundary_bench.metrics.functional.statistics import Summary as Summary
    from boundary_bench.metrics.semantic.boundary_f import BoundaryF as BoundaryF
    from boundary_bench.metrics.structures.binary_mask import BinaryMask as BinaryMask
    from boundary_bench.metrics.structures.masks import Masks as Masks
    from boundary_bench.metrics.structures.segmentation import InstanceSet as InstanceSet
    from boundary_bench.metrics.structures.segmentation import PanopticMap as PanopticMap
    from boundary_bench.metrics.structures.segmentation import SemanticMap as SemanticMap

__version__ = "0.1.0"

_PLACES = {
    "BinaryMask": "metrics.structures.binary_mask",
    "BoundaryF": "metrics.semantic.boundary_f",
    "Folder": "bench.datasets.own.label_folder",
    "InputError": "bench.errors",
    "InstanceSet": "metrics.structures.segmentation",
    "Masks": "metrics.structures.masks",
    "PanopticMap": "metrics.structures.segmentation",
    "Problem": "bench.errors",
    "Sample": "bench.plugins.protocols",
    "SemanticMap": "metrics.structures.segmentation",
    "Summary": "metrics.functional.statistics",
}
__all__ = [
    "BinaryMask",
    "BoundaryF",
    "Folder",
    "InputError",
    "InstanceSet",
    "Masks",
    "PanopticMap",
    "Problem",
    "Sample",
    "SemanticMap",
    "Summary",
    "__version__",
]


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
