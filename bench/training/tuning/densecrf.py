"""Parameters of a DenseCRF for saved predictions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from typing import Any, Final

import numpy as np

from boundary_bench.bench.config.experiment import RefinerSpec
from boundary_bench.bench.engine.executors import local
from boundary_bench.bench.engine.plan import Plan
from boundary_bench.bench.errors import InputError, Problem, did_you_mean
from boundary_bench.bench.plugins.protocols import Progress
from boundary_bench.bench.training.tuning.presets import Preset, fitted_on
from boundary_bench.bench.training.tuning.scoring import Scores
from boundary_bench.metrics.structures.segmentation import Task
from boundary_bench.refiners.densecrf.parameters import Parameters, as_json
from boundary_bench.refiners.densecrf.tuning import Search, maps_to_score, search

NAME = "densecrf"
MEAN = "mean"
OBJECTIVES: Final[Mapping[Task, Mapping[str, Sequence[str]]]] = {
    "semantic": {"mIoU": ("mIoU",), "boundary_f@1px": ("boundary_f@1px",), MEAN: ("mIoU", "boundary_f@1px")},
    "binary": {"IoU": ("IoU",), "mBA": ("mBA",), MEAN: ("IoU", "mBA")},
}
"""Objectives to maximise, by task: the mean of the numbers that a name stands for."""


class DenseCRFTuner:
    """Searches with `boundary_bench.refiners.densecrf.tuning` for what scores best on the whole split.

    Args:
        seed: of the draw.
        trials: how many settings are drawn, beside the named presets.
        objective: a name in `OBJECTIVES`, of the task.
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
        objective: str = MEAN,
        workers: int | None = None,
        param: Mapping[str, Any] | None = None,
    ) -> None:
        known = dict.fromkeys(name for names in OBJECTIVES.values() for name in names)
        if objective not in known:
            raise InputError(Problem("--objective", repr(objective), ", ".join(known), did_you_mean(objective, known)))
        tuned = ["preset", *(field.name for field in fields(Parameters))]
        if clash := [name for name in param or {} if name in tuned]:
            raise InputError(Problem(f"--param {clash[0]}", "a parameter that is tuned", f"none of {', '.join(tuned)}"))
        self.seed, self.trials, self.workers = seed, trials, workers
        self.objective = objective
        self.param = dict(param or {})

    def tune(self, planned: Plan, step: Progress) -> Preset:
        """The parameters.

        Raises:
            InputError: predictions that a DenseCRF cannot refine or is not tuned for, an objective of another task, or
                a refinement that failed.
        """
        numbers = _numbers(planned.dataset.task, self.objective)
        images = len(planned.samples)
        executor = local(self.workers)
        scores = Scores(planned, executor, maps_to_score(images, self.trials), step)

        def values(settings: Sequence[Parameters | None], chosen: Sequence[int]) -> list[dict[str, float]]:
            return scores.values([self._spec(setting) for setting in settings], chosen)

        def score(settings: Sequence[Parameters | None], chosen: Sequence[int]) -> list[float]:
            return [float(np.mean([each[name] for name in numbers])) for each in values(settings, chosen)]

        found = search(score, images, trials=self.trials, seed=self.seed)
        before, after = values([None, found.parameters], range(images))
        shown = {
            "before": {"objective": found.score_before, **_shown(before, planned)},
            "after": {"objective": found.score_after, **_shown(after, planned)},
        }
        return Preset(self._document(found, shown, numbers, planned), _summary(found, shown))

    def _spec(self, setting: Parameters | None) -> RefinerSpec:
        if setting is None:
            return RefinerSpec(name="identity")
        return RefinerSpec.model_validate({**self.param, **as_json(setting), "name": NAME, "label": str(setting)})

    def _document(
        self, found: Search, scores: Mapping[str, Mapping[str, float]], numbers: Sequence[str], planned: Plan
    ) -> dict[str, Any]:
        return {
            "parameters": as_json(found.parameters),
            "refiner": {"name": NAME, **self.param},
            "objective": list(numbers),
            "scores": dict(scores),
            "seed": found.seed,
            "fitted_on": {**fitted_on(planned), "images": found.images},
            "trials": [asdict(trial) for trial in found.trials],
        }


def _numbers(task: Task, objective: str) -> Sequence[str]:
    if task not in OBJECTIVES:
        raise InputError(Problem(f"tune {NAME}", f"{task} predictions", f"those of {' and '.join(OBJECTIVES)} tasks"))
    if objective not in (known := OBJECTIVES[task]):
        raise InputError(Problem("--objective", f"{objective!r} of {task} predictions", ", ".join(known)))
    return known[objective]


def _summary(found: Search, scores: Mapping[str, Mapping[str, float]]) -> str:
    before, after = scores["before"], scores["after"]
    shown = [name for name in before if name != "objective"]
    changes = [f"{name} {100 * before[name]:.2f} -> {100 * after[name]:.2f} %" for name in shown]
    return f"{', '.join(changes)} on {found.images} images, the best of {len(found.trials)} settings"


def _shown(values: Mapping[str, float], planned: Plan) -> dict[str, float]:
    return {name: values[name] for name in OBJECTIVES[planned.dataset.task][MEAN]}
