"""Saved predictions measured in a run that nothing is left of."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from boundary_bench.bench.cli.failures import report_failures
from boundary_bench.bench.cli.progress import note, progress

if TYPE_CHECKING:
    from boundary_bench.bench.config.experiment import Experiment
    from boundary_bench.bench.engine.runner import Outcome
    from boundary_bench.bench.plugins.protocols import Dataset


def scored(experiment: Experiment, dataset: Dataset) -> Outcome:
    """Check all files of an experiment on this dataset, its own; measure, and tell notes and failures.

    Raises:
        InputError: what is wrong with the files.
    """
    from boundary_bench.bench.engine import runner

    with progress("check") as checking, progress("evaluate") as step:
        outcome = runner.measure(experiment, dataset, progress=step, checking=checking, command=sys.argv)
    for each in outcome.notes:
        note(each)
    report_failures(outcome.failures, resume=None)
    return outcome
