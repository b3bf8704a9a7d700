"""`bench run`: an experiment file, its run folder, its tables and figures."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from boundary_bench.bench.cli import options
from boundary_bench.bench.cli.failures import report_failures

if TYPE_CHECKING:
    from boundary_bench.bench.cli.interrupts import Interruptible
    from boundary_bench.bench.config.experiment import Experiment
    from boundary_bench.bench.engine.runner import Outcome


def command(
    experiment: Annotated[Path, typer.Argument(metavar="EXPERIMENT.yaml", help="What to run.")],
    overrides: options.Overrides = None,
    resume: Annotated[bool, typer.Option("--resume", help="Finish the run in the output folder.")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Discard the run in the output folder.")] = False,
    output: Annotated[
        Path | None, typer.Option("--output", help="Folder of the run, instead of the one the file names.")
    ] = None,
    workers: options.Workers = None,
    executor: options.ExecutorName = None,
    digits: options.Digits = 1,
) -> None:
    """Run every refiner on every prediction set, measure, and write tables and figures beside the measurements.

    Every file is checked before the first job. A job that fails stops no other: the run then ends with exit code 1,
    and --resume tries what failed again. Ctrl-C keeps what is finished and says how to go on.
    """
    from boundary_bench.bench.cli.interrupts import resuming
    from boundary_bench.bench.config.experiment import load_experiment

    changes = [*(overrides or ()), *([f"output={json.dumps(str(output.resolve()))}"] if output else ())]
    if executor is not None:
        changes.append(f"executor={json.dumps({'name': executor, 'workers': workers})}")
    elif workers is not None:
        changes.append(f"executor.workers={workers}")
    again = shlex.join(resuming(sys.argv[1:]))
    found = load_experiment(experiment, changes)
    failed = run_and_report(found, again=again, resume=resume, overwrite=overwrite, digits=digits)
    if failed:
        raise typer.Exit(1)


def run_and_report(
    experiment: Experiment, *, again: str, resume: bool = False, overwrite: bool = False, digits: int = 1
) -> int:
    """Run, write results, tables and figures into the output folder, print the comparison; returns how many failed.

    Where it is interrupted, `again` is what the user is told to call, and the program ends.
    """
    from boundary_bench.bench.cli.interrupts import Interruptible
    from boundary_bench.bench.results.store import writing

    folder = experiment.output_folder
    with Interruptible(folder, again) as kept:
        outcome = _run(experiment, kept, resume=resume, overwrite=overwrite)
        with writing(folder):
            _report(outcome, folder, digits)
    return len(outcome.failures)


def _run(experiment: Experiment, kept: Interruptible, *, resume: bool, overwrite: bool) -> Outcome:
    from boundary_bench.bench.cli.progress import note, progress
    from boundary_bench.bench.engine import runner

    with progress("check") as checking, progress("run") as step:
        outcome = runner.run(
            experiment,
            resume=resume,
            overwrite=overwrite,
            progress=kept.counting(step),
            checking=checking,
            command=sys.argv,
        )
    for each in outcome.notes:
        note(each)
    return outcome


def _report(outcome: Outcome, folder: Path, digits: int) -> None:
    from boundary_bench.bench.analysis.summary import summarise_run
    from boundary_bench.bench.cli.screen import show
    from boundary_bench.bench.report.figures import draw_all
    from boundary_bench.bench.report.tables import comparison

    results = summarise_run(outcome.store, outcome.plan)
    results.save(folder)
    write_tables(results, folder, digits=digits)
    draw_all(results, folder / "figures")
    show(comparison(results, digits=digits, classes=False))
    print(f"tables and figures: {folder}", file=sys.stderr)
    report_failures(outcome.failures, resume=folder)


def write_tables(results: Any, folder: Path, *, digits: int = 1) -> list[Path]:
    """Write the comparison in every format as `folder/comparison.*`; returns the files."""
    from boundary_bench.bench.report.formats import FORMATS, render
    from boundary_bench.refiners.files.atomic_write import replace_file

    files = [folder / f"comparison.{kind}" for kind in FORMATS]
    for kind, file in zip(FORMATS, files, strict=True):
        replace_file(file, render(results, kind, digits=digits).encode())
    return files
