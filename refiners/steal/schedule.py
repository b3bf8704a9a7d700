"""How long contours move, and at which resolution."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from boundary_bench.refiners.steal.contour import Contour, Mask, Speed
from boundary_bench.refiners.steal.evidence import Probability, likeliest

NEVER: Final = np.iinfo(np.int32).max
"""In place of a number of steps."""


@dataclass(frozen=True)
class Schedule:
    """Steps of an evolution on a grid of every n-th pixel; the defaults are those of STEAL's released code.

    Attributes:
        steps: after which the mask is looked at, ascending. Of several the likeliest is taken (STEAL, Section 3.5).
        reduction: n. Contours cover ground n times faster, and end on this grid.

    Raises:
        ValueError: steps that are not numbers of 0 or more, ascending, or a reduction below 1.
    """

    steps: tuple[int, ...] = (60,)
    reduction: int = 2

    def __post_init__(self) -> None:
        if not self.steps or list(self.steps) != sorted(self.steps) or self.steps[0] < 0:
            raise ValueError(f"steps are {self.steps}; allowed: one number or more, of 0 or more, ascending")
        if self.reduction < 1:
            raise ValueError(f"reduction is {self.reduction}; allowed: 1 or more")

    def reduced(self, image: NDArray[Any]) -> NDArray[Any]:
        """Every n-th row and column of (..., H, W): (..., ceil(H / n), ceil(W / n))."""
        return image[..., :: self.reduction, :: self.reduction]

    def arrivals(self, contour: Contour, mask: Mask, speed: Speed, probability: Probability) -> NDArray[np.int32]:
        """The evolution of a mask: where it is at the end, and when it came there.

        Args:
            contour: how it moves.
            mask: bool (H, W), both more than n.
            speed: the stopping function on the reduced grid.
            probability: float32, of the class's edges on the reduced grid; decides between several steps.

        Returns:
            int32 (H, W), in cells of n x n pixels: of the evolved mask, after how many steps it held the pixel for the
            first time; `NEVER` outside of it.

        Raises:
            ValueError: as of `Contour.states`.
        """
        first = np.full(speed.shape, NEVER, np.int32)
        looked_at = []
        for step, state in enumerate(contour.states(self.reduced(mask), speed, range(self.steps[-1] + 1))):
            first[state & (first == NEVER)] = step
            if step in self.steps:
                looked_at.append(state)
        chosen = looked_at[0] if len(looked_at) == 1 else likeliest(looked_at, probability)
        first[~chosen] = NEVER
        cells = first.repeat(self.reduction, axis=0).repeat(self.reduction, axis=1)
        return cells[: mask.shape[0], : mask.shape[1]]
