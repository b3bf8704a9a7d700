"""Tuners by refiner, their protocol, and the preset file they write."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from boundary_bench.bench.errors import InputError, Problem, did_you_mean
from boundary_bench.bench.training.splits import is_test_split

if TYPE_CHECKING:
    from boundary_bench.bench.engine.plan import Plan
    from boundary_bench.bench.plugins.protocols import PredictionSet, Progress

TUNERS = {
    "prior_shift": "boundary_bench.bench.training.tuning.prior_shift:PriorShiftTuner",
    "densecrf": "boundary_bench.bench.training.tuning.densecrf:DenseCRFTuner",
}


@dataclass(frozen=True)
class Preset:
    """Result of a tuner.

    Attributes:
        document: of the JSON file, which the refiner reads.
        summary: one line for the user.
    """

    document: dict[str, Any]
    summary: str


class Tuner(Protocol):
    """Fits a preset of one refiner; its constructor takes the options that it has.

    Attributes:
        images: whether it looks at the images.
    """

    images: bool

    def tune(self, planned: Plan, step: Progress) -> Preset:
        """Fit to the only prediction set of a plan whose files have been checked; `step` is told how far it is."""


def tuner_of(refiner: str, options: Mapping[str, Any]) -> Tuner:
    """The tuner of a refiner.

    Args:
        refiner: a name in `TUNERS` (`-` equals `_`).
        options: of its constructor.

    Raises:
        InputError: a refiner without a tuner, an option that this one does not have, or a value that it refuses.
    """
    from boundary_bench.bench.plugins import registry

    key = refiner.replace("-", "_")
    if key not in TUNERS:
        raise InputError(Problem("tune", repr(refiner), ", ".join(TUNERS), did_you_mean(key, TUNERS)))
    constructor = registry.find("refiners", TUNERS[key])
    registry.check_parameters(f"tune {key}", constructor, options)
    tuner: Tuner = constructor(**options)
    return tuner


def require_no_test_split(split: str) -> None:
    """Raise InputError for a split that results are reported on."""
    if is_test_split(split):
        allowed = "a split that no result is reported on: tuning never sees a test split"
        raise InputError(Problem("--split", repr(split), allowed, "tune on val"))


def only_predictions(planned: Plan) -> PredictionSet:
    """The prediction set that a preset is fitted to."""
    return next(iter(planned.prediction_sets.values()))


def fitted_on(planned: Plan) -> dict[str, Any]:
    """Record of the data that a preset was fitted on."""
    dataset = planned.dataset
    return {"dataset": dataset.name, "split": dataset.split, "predictions": only_predictions(planned).name}


def save(preset: Preset, out: Path) -> None:
    """Write the file of a preset, whole or not at all."""
    from boundary_bench.bench.io.json_file import dumps
    from boundary_bench.refiners.files.atomic_write import replace_file

    replace_file(out, dumps(preset.document).encode())
