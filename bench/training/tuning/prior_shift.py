"""Class weights of prior_shift for saved predictions."""

from __future__ import annotations

from collections.abc import Iterator

from boundary_bench.bench.engine.plan import Plan
from boundary_bench.bench.errors import InputError, Problem
from boundary_bench.bench.plugins.protocols import Progress
from boundary_bench.bench.training.tuning.presets import Preset, fitted_on, only_predictions
from boundary_bench.refiners.classical.prior_shift_tuning import Pair, tune


class PriorShiftTuner:
    """Maximises mIoU with `boundary_bench.refiners.classical.prior_shift_tuning`.

    Args:
        seed: of the choice of pixels.
    """

    images = False

    def __init__(self, seed: int = 0) -> None:
        self.seed = seed

    def tune(self, planned: Plan, step: Progress) -> Preset:
        """The weights.

        Raises:
            InputError: predictions of another task, or without probabilities.
        """
        predictions = only_predictions(planned)
        if predictions.task != "semantic":
            raise InputError(Problem(predictions.name, f"{predictions.task} predictions", "semantic predictions"))
        if not predictions.has_probabilities:
            hint = "give --probabilities DIR, or --format probabilities"
            raise InputError(Problem(predictions.name, "labels only", "predictions with class probabilities", hint))
        found = tune(_pairs(planned, step), len(planned.dataset.classes), seed=self.seed)
        before, after = 100 * found.mean_iou_before, 100 * found.mean_iou_after
        summary = f"mIoU on {found.pixels} pixels of {found.images} images: {before:.2f} -> {after:.2f} %"
        return Preset({**found.as_json(), "fitted_on": fitted_on(planned)}, summary)


def _pairs(planned: Plan, step: Progress) -> Iterator[Pair]:
    predictions = only_predictions(planned)
    for done, sample in enumerate(planned.samples, start=1):
        yield predictions.load(sample).probabilities, planned.dataset.truth(sample).labels
        step(done, len(planned.samples))
