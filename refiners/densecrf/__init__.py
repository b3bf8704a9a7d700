"""Fully connected CRFs with Gaussian pairwise terms (Krähenbühl and Koltun, NIPS 2011): what other programs use of it.

`infer` and `Parameters` are imported when first asked for; `unary` is a module.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from boundary_bench.refiners.densecrf import unary as unary
    from boundary_bench.refiners.densecrf.mean_field import infer as infer
    from boundary_bench.refiners.densecrf.parameters import Parameters as Parameters

_PLACES = {"Parameters": "parameters", "infer": "mean_field"}
__all__ = ["Parameters", "infer", "unary"]


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)
