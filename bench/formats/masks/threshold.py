"""From which level on a pixel of a soft mask belongs to the object; tools differ by one level in 255."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from boundary_bench.bench.errors import InputError, Problem
from boundary_bench.metrics.structures.binary_mask import Soft

MIDDLE: Final = "0.5"
ALLOWED: Final = "a number in 0..1, from which on pixels count; >127, >128 or >=128, as tools write it, in 255ths"
_FORM: Final = re.compile(r"(>=?)?\s*(\d+(?:\.\d+)?)")


@dataclass(frozen=True, slots=True)
class Threshold:
    """A level, and whether it belongs to the object itself.

    Attributes:
        text: as given.
        level: in 255ths.
        strict: whether only what lies above counts.
    """

    text: str
    level: float
    strict: bool

    def of(self, values: Soft) -> NDArray[np.bool_]:
        """Where the object is, bool (H, W), of levels in 255ths (uint8) or in 0..1 (float32)."""
        if values.dtype == np.uint8:
            return np.asarray(values > self.level if self.strict else values >= self.level)
        middle = np.float32(self.level / 255)
        return np.asarray(values > middle if self.strict else values >= middle)

    def reached_by(self, value: float) -> bool:
        """Whether a value in 0..1 belongs to the object."""
        return value * 255 > self.level if self.strict else value * 255 >= self.level


def threshold(text: str | float, where: str = "threshold") -> Threshold:
    """A threshold as it is written: `0.5`, from which on pixels count, or `>127`, `>128`, `>=128` in 255ths.

    Numbers up to 1 are of the scale 0..1, larger ones in 255ths.

    Raises:
        InputError: another text, or a number out of range.
    """
    written = str(text).strip()
    match = _FORM.fullmatch(written)
    number = float(match[2]) if match else -1.0
    if match is None or not 0 <= number <= 255 or isinstance(text, bool):
        raise InputError(Problem(where, repr(text), ALLOWED))
    return Threshold(written, number * 255 if number <= 1 else number, match[1] == ">")
