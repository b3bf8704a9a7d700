"""Check of an experiment, shared by several commands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from boundary_bench.bench.errors import InputError

if TYPE_CHECKING:
    from boundary_bench.bench.config.experiment import Experiment
    from boundary_bench.bench.engine.plan import Plan


def check_experiment(experiment: Experiment, *, images: bool) -> Plan:
    """Check the inputs of an experiment, say on stdout that they are in order, and return its plan.

    Raises:
        InputError: everything that is wrong with them.
    """
    """Check the inputs of an experiment, say on stdout that they are in order, and return its plan.

    Raises:
        InputError: everything that is wrong with them.
    """
    from boundary_bench.bench.cli.progress import note, progress
    from boundary_bench.bench.engine.input_checks import refiner_problems
    from boundary_bench.bench.engine.plan import plan
    from boundary_bench.bench.plugins.validation import check_run
    from boundary_bench.bench.predictions.registered import verify

    planned = plan(experiment)
    images = images or any(not built.identity for built in planned.refiners.values())
    sets = list(planned.prediction_sets.values())
    with progress("check") as step:
        report = check_run(
            planned.dataset, sets, missing=experiment.missing, images=images, samples=planned.samples, progress=step
        )
    problems = report.problems
    for built in planned.refiners.values():
        problems += refiner_problems(planned, built, planned.samples)
    for spec in experiment.predictions:
        problems += verify(spec.registered) if spec.registered is not None else []
    for each in report.notes:
        note(each)
    for refused in planned.refused:
        note(f"{refused.predictions} x {refused.refiner} is not run: {refused.reason}")
    if problems:
        raise InputError(problems)
    print(f"in order: {len(planned.samples)} samples, {len(sets)} prediction sets, {len(planned.cells)} combinations")
    return planned
