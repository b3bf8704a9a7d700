"""How long contours move, and at which resolution."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from refiners.steal.contour import Contour, Mask, Speed
from refiners.steal.evidence import Probability, likeliest

STEPS_BY_ERROR: dict[int, int] = {4: 1, 8: 6, 16: 11, 32: 16}
"""Steps for labels that are so many pixels off, of Tables 6 and 7: one for 4 px, and from 8 px on five more for each
doubling. Section 4.3 can be read as 5, 10 and 15 too."""


@dataclass(frozen=True)
class Schedule:
    """Steps of an evolution on a grid of every n-th pixel; the defaults are those of STEAL's released code.

    Attributes:
        steps: after which the mask is looked at, ascending. Of several the likeliest is taken (STEAL, Section 3.5).
        reduction: n. Contours cover ground n times faster, and end on this grid.

    Raises:
        ValueError: no steps, or a reduction below 1.
    """

    steps: tuple[int, ...] = (60,)
    reduction: int = 2

    def __post_init__(self) -> None:
        if not self.steps:
            raise ValueError("steps are (); allowed: one number or more")
        if self.reduction < 1:
            raise ValueError(f"reduction is {self.reduction}; allowed: 1 or more")

    def reduced(self, image: NDArray[Any]) -> NDArray[Any]:
        """Every n-th row and column of (..., H, W): (..., ceil(H / n), ceil(W / n))."""
        return image[..., :: self.reduction, :: self.reduction]

    def evolve(self, contour: Contour, mask: Mask, speed: Speed, probability: Probability) -> Mask:
        """The mask after its evolution.

        Args:
            contour: how it moves.
            mask: bool (H, W), both more than n.
            speed: the stopping function on the reduced grid.
            probability: float32, of the class's edges on the reduced grid; decides between several steps.

        Returns:
            bool (H, W), in cells of n x n pixels.

        Raises:
            ValueError: as of `Contour.states`.
        """
        states = contour.states(self.reduced(mask), speed, self.steps)
        chosen = next(states) if len(self.steps) == 1 else likeliest(states, probability)
        cells = chosen.repeat(self.reduction, axis=0).repeat(self.reduction, axis=1)
        return cells[: mask.shape[0], : mask.shape[1]]
