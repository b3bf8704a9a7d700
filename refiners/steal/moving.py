"""The parameters of how labels move to edges, which all refiners of STEAL take by name."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar, get_type_hints

from boundary_bench.refiners.steal.contour import Contour
from boundary_bench.refiners.steal.evolution import Evolution
from boundary_bench.refiners.steal.schedule import Schedule

COARSE: Final = {"balloon": 1.0, "threshold": 0.99, "smoothing": 1, "steps": 60, "reduction": 2}
"""For coarse labels: those of the released refinement of Cityscapes' coarse labels."""
PREDICTED: Final = {"balloon": 0.0, "threshold": 0.99, "smoothing": 1, "steps": 20, "reduction": 1}
"""For predictions, which the paper does not refine: without balloon, as in active alignment; the number of steps is
chosen on CamVid's validation split."""

Constructor = TypeVar("Constructor", bound=Callable[..., None])


@dataclass(frozen=True, kw_only=True)
class Moving:
    """How labels move, as users say it.

    Attributes:
        coarse, closeness: see `boundary_bench.refiners.steal.evolution.Evolution`. What is None below has the value of
            `COARSE` for coarse labels, else of `PREDICTED`.
        balloon, threshold, smoothing: see `boundary_bench.refiners.steal.contour.Contour`.
        steps, reduction: see `boundary_bench.refiners.steal.schedule.Schedule`.
    """

    coarse: bool = False
    balloon: float | None = None
    threshold: float | None = None
    smoothing: int | None = None
    steps: int | Sequence[int] | None = None
    reduction: int | None = None
    closeness: float = 0.0

    def evolution(self) -> Evolution:
        """The same with all values.

        Raises:
            ValueError: a value that is not allowed.
        """
        usual: dict[str, Any] = COARSE if self.coarse else PREDICTED
        given = {name: getattr(self, name) for name in usual if getattr(self, name) is not None}
        chosen = {**usual, **given}
        steps = chosen["steps"]
        contour = Contour(chosen["balloon"], chosen["threshold"], chosen["smoothing"])
        schedule = Schedule((steps,) if isinstance(steps, int) else tuple(steps), chosen["reduction"])
        return Evolution(contour, schedule, self.coarse, self.closeness)


def shows_moving(constructor: Constructor) -> Constructor:
    """Have the signature of a constructor name the fields of `Moving` instead of its `**moving`.

    They come first of those that are given by name alone. Experiment files and messages go by signatures.
    """
    signature, hints = inspect.signature(constructor), get_type_hints(Moving)
    fields = [each.replace(annotation=hints[each.name]) for each in inspect.signature(Moving).parameters.values()]
    own = [each for each in signature.parameters.values() if each.kind is not each.VAR_KEYWORD]
    first = next((place for place, each in enumerate(own) if each.kind is each.KEYWORD_ONLY), len(own))
    shown = signature.replace(parameters=[*own[:first], *fields, *own[first:]])
    constructor.__signature__ = shown  # type: ignore[attr-defined]
    return constructor
