"""Parameters of a DenseCRF for saved predictions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from typing import Any

import numpy as np

from boundary_bench.bench.config.experiment import RefinerSpec
from boundary_bench.bench.engine.executors import local
from boundary_bench.bench.engine.plan import Plan
from boundary_bench.bench.errors import InputError, Problem, did_you_mean
from boundary_bench.bench.plugins.protocols import Progress
from boundary_bench.bench.training.tuning.presets import Preset, fitted_on
from boundary_bench.bench.training.tuning.scoring import Scores
from boundary_bench.refiners.densecrf.parameters import Parameters, as_json
from boundary_bench.refiners.densecrf.tuning import Search, maps_to_score, search

NAME = "densecrf"
OBJECTIVES = {
    "mIoU": ("mIoU",),
    "boundary_f@1px": ("boundary_f@1px",),
    "mean": ("mIoU", "boundary_f@1px"),
}
"""Objective to maximise: the mean of the metrics that a name stands for."""


class DenseCRFTuner:
    """Searches with `boundary_bench.refiners.densecrf.tuning` for what scores best on the whole split.

    Args:
        seed: of the draw.
        trials: how many settings are drawn, beside the named presets.
        objective: a name in `OBJECTIVES`.
        workers: processes; None = as many as cores and memory allow.
        param: parameters of the refiner that are the same for all settings, such as `source`.

    Raises:
        InputError: an unknown objective, or a `param` that the search itself sets.
    """

    images = True

    def __init__(
        self,
        seed: int = 0,
        trials: int = 64,
        objective: str = "mean",
        workers: int | None = None,
        param: Mapping[str, Any] | None = None,
    ) -> None:
        if objective not in OBJECTIVES:
            hint = did_you_mean(objective, OBJECTIVES)
            raise InputError(Problem("--objective", repr(objective), ", ".join(OBJECTIVES), hint))
        tuned = ["preset", *(field.name for field in fields(Parameters))]
        if clash := [name for name in param or {} if name in tuned]:
            raise InputError(Problem(f"--param {clash[0]}", "a parameter that is tuned", f"none of {', '.join(tuned)}"))
        self.seed, self.trials, self.workers = seed, trials, workers
        self.objective = OBJECTIVES[objective]
        self.param = dict(param or {})

    def tune(self, planned: Plan, step: Progress) -> Preset:
        """The parameters.

        Raises:
            InputError: predictions that a DenseCRF cannot refine, or a refinement that failed.
        """
        images = len(planned.samples)
        executor = local(self.workers)
        scores = Scores(planned, executor, maps_to_score(images, self.trials), step)

        def values(settings: Sequence[Parameters | None], chosen: Sequence[int]) -> list[dict[str, float]]:
            return scores.values([self._spec(setting) for setting in settings], chosen)

        def score(settings: Sequence[Parameters | None], chosen: Sequence[int]) -> list[float]:
            return [self._mean(each) for each in values(settings, chosen)]

        found = search(score, images, trials=self.trials, seed=self.seed)
        before, after = values([None, found.parameters], range(images))
        return Preset(self._document(found, before, after, planned), self._summary(found, before, after))

    def _spec(self, setting: Parameters | None) -> RefinerSpec:
        if setting is None:
            return RefinerSpec(name="identity")
        return RefinerSpec.model_validate({**self.param, **as_json(setting), "name": NAME, "label": str(setting)})

    def _mean(self, values: Mapping[str, float]) -> float:
        return float(np.mean([values[name] for name in self.objective]))

    def _document(
        self, found: Search, before: Mapping[str, float], after: Mapping[str, float], planned: Plan
    ) -> dict[str, Any]:
        scores = {
            "before": {"objective": found.score_before, **_shown(before)},
            "after": {"objective": found.score_after, **_shown(after)},
        }
        return {
            "parameters": as_json(found.parameters),
            "refiner": {"name": NAME, **self.param},
            "objective": list(self.objective),
            "scores": scores,
            "seed": found.seed,
            "fitted_on": {**fitted_on(planned), "images": found.images},
            "trials": [asdict(trial) for trial in found.trials],
        }

    def _summary(self, found: Search, before: Mapping[str, float], after: Mapping[str, float]) -> str:
        changes = [f"{name} {100 * before[name]:.2f} -> {100 * after[name]:.2f} %" for name in _shown(before)]
        return f"{', '.join(changes)} on {found.images} images, the best of {len(found.trials)} settings"


def _shown(values: Mapping[str, float]) -> dict[str, float]:
    return {name: values[name] for name in OBJECTIVES["mean"]}
