"""Saved predictions measured in a run that nothing is left of."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from boundary_bench.bench.cli.failures import report_failures
from boundary_bench.bench.cli.progress import note, progress

if TYPE_CHECKING:
    from boundary_bench.bench.config.experiment import Experiment
    from boundary_bench.bench.engine.runner import Outcome
    from boundary_bench.bench.plugins.protocols import Dataset


@contextmanager
def scored(experiment: Experiment, dataset: Dataset) -> Iterator[Outcome]:
    """Check all files of an experiment on this dataset, its own; measure, and tell notes and failures.

    Its folder is there in the block.

    Raises:
        InputError: what is wrong with the files.
    """
    from boundary_bench.bench.engine import runner

    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        with progress("check") as checking, progress("evaluate") as step:
            placed = experiment.model_copy(update={"output": Path(folder)})
            outcome = runner.run(placed, dataset=dataset, progress=step, checking=checking, command=sys.argv)
        for each in outcome.notes:
            note(each)
        report_failures(outcome.failures, resume=None)
        yield outcome
