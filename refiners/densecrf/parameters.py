"""Bandwidths, weights and number of iterations of a DenseCRF; presets of the literature."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

Compatibility = float | tuple[tuple[float, ...], ...]
"""Weight w of the Potts model, or a symmetric penalty μ(l, l') for each pair of classes, K x K."""

MAX_ITERATIONS = 20


def _compatibility(name: str, value: float | Sequence[Sequence[float]]) -> Compatibility:
    penalties = np.asarray(value, dtype=np.float64)
    if penalties.ndim not in (0, 2) or len(set(penalties.shape)) > 1:
        raise ValueError(f"{name} has shape {penalties.shape}; allowed: a number, or K x K of them")
    if not (np.isfinite(penalties).all() and (penalties >= 0).all()):
        raise ValueError(f"{name} is {value}; allowed: finite numbers, 0 or more")
    if not np.array_equal(penalties, penalties.T):
        raise ValueError(f"{name} is not symmetric; allowed: the same penalty for (l, l') and (l', l)")
    if penalties.ndim == 0:
        return float(penalties)
    return tuple(tuple(float(v) for v in row) for row in penalties)


@dataclass(frozen=True)
class Parameters:
    """Of the two pairwise terms and of the inference (Krähenbühl and Koltun 2011, Equations 2 and 3).

    Attributes:
        gaussian_sxy: standard deviation of the smoothness term, px.
        gaussian_compat: its weight; 0 leaves the term out.
        bilateral_sxy: standard deviation of the appearance term over the image plane, px.
        bilateral_srgb: standard deviation of the same term in each of R, G and B, in intensity units of 0..255.
        bilateral_compat: its weight; 0 leaves the term out.
        iterations: mean-field updates; 0 gives the unary term's own distribution.

    A weight is one number for the Potts model, w [l != l'], or K x K penalties μ(l, l') >= 0.

    Raises:
        ValueError: a value outside what is allowed, naming it.
    """

    gaussian_sxy: float = 3.0
    gaussian_compat: Compatibility = 3.0
    bilateral_sxy: float = 80.0
    bilateral_srgb: float = 13.0
    bilateral_compat: Compatibility = 10.0
    iterations: int = 10

    def __post_init__(self) -> None:
        for name in ("gaussian_sxy", "bilateral_sxy", "bilateral_srgb"):
            value = getattr(self, name)
            if not 0 < value < np.inf:
                raise ValueError(f"{name} is {value}; allowed: a finite number above 0")
        for name in ("gaussian_compat", "bilateral_compat"):
            object.__setattr__(self, name, _compatibility(name, getattr(self, name)))
        if isinstance(self.iterations, bool) or not 0 <= self.iterations <= MAX_ITERATIONS:
            raise ValueError(f"iterations is {self.iterations}; allowed: 0 to {MAX_ITERATIONS}")

    @property
    def classes(self) -> int | None:
        """K, where there are penalties; None where any number of classes fits."""
        sizes = [len(each) for each in (self.gaussian_compat, self.bilateral_compat) if not isinstance(each, float)]
        return sizes[0] if sizes else None


PRESETS: Mapping[str, Parameters] = MappingProxyType(
    {
        # The example that the Python wrapper of the original code shows.
        "pydensecrf-default": Parameters(3.0, 3.0, 80.0, 13.0, 10.0, iterations=5),
        # What DeepLab v2 released for its ResNet-101 on Pascal VOC.
        "deeplab": Parameters(1.0, 3.0, 67.0, 3.0, 4.0, iterations=10),
        # SegFix Section 4.3 says: tuned, "following" DeepLab. That paper fixes weight and width of the smoothness
        # term at 3 and the iterations at 10; of the appearance term it states the ranges of its search, 3..6,
        # 30..100 px and 3..6, whose middles stand here.
        "segfix-table-5": Parameters(3.0, 3.0, 65.0, 4.5, 4.5, iterations=10),
        # Ours, of object against background. Beside a wide appearance term a small object has too few pixels to hold
        # its own; chosen on CamVid's cars (validation) and nuclei (training), see docs/densecrf.md.
        "masks": Parameters(3.0, 3.0, 8.0, 8.0, 6.0, iterations=5),
    }
)

MAPS = "pydensecrf-default"
"""Preset of semantic and panoptic maps where none is named."""
MASKS = "masks"
"""Preset of binary masks and objects where none is named."""


def parameters_of(preset: str | Path) -> Parameters:
    """Those of a preset.

    Args:
        preset: a name of `PRESETS`, or a JSON file with the fields of `Parameters` under the key `parameters`.

    Raises:
        ValueError: no such preset, or a file that does not hold one.
    """
    if str(preset) in PRESETS:
        return PRESETS[str(preset)]
    path = Path(preset)
    if not path.is_file():
        raise ValueError(f"preset is {str(preset)!r}; allowed: {', '.join(PRESETS)}, or a file that was tuned")
    return _read(path)


def as_json(parameters: Parameters) -> dict[str, Any]:
    """Contents of a preset file under `parameters`."""
    return asdict(parameters)


def _read(path: Path) -> Parameters:
    names = [field.name for field in fields(Parameters)]
    try:
        found = json.loads(path.read_bytes())["parameters"]
        return Parameters(**found)
    except (ValueError, LookupError, TypeError, OverflowError, RecursionError) as error:
        text = f"{path} is no preset of a DenseCRF ({type(error).__name__}: {error})"
        raise ValueError(f"{text}; allowed: JSON with the key parameters, of {', '.join(names)}") from error
