"""`bench paper`: the tables of the papers, as they print them and made again."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from boundary_bench.bench.cli import options

if TYPE_CHECKING:
    from boundary_bench.bench.papers.arrangement import Arrangement
    from boundary_bench.bench.papers.cli_inputs import Given
    from boundary_bench.bench.report.tables import Report

command = typer.Typer(help="Show the papers' tables; make them again.", rich_markup_mode=None)

Name = Annotated[str, typer.Argument(metavar="TABLE", help="Such as segfix/5 or segfix/fig2; see bench paper list.")]
On = Annotated[
    str | None,
    typer.Option("--on", help="Stand-ins for the paper's data and models: camvid, nuclei or synthetic."),
]
Dataset = Annotated[str | None, typer.Option("--dataset", help="Your dataset, by its name in the catalogue.")]
Split = Annotated[str | None, typer.Option("--split", help="Split of your dataset. Default: the paper's.")]
Predictions = Annotated[
    list[str] | None,
    typer.Option("--predictions", metavar="ROLE=PATH", help="Of a model of the paper; repeat for more."),
]
Probabilities = Annotated[
    list[str] | None,
    typer.Option("--probabilities", metavar="ROLE=DIR", help="The .npz probabilities behind its label maps."),
]
Checkpoints = Annotated[
    list[str] | None,
    typer.Option("--checkpoint", metavar="NETWORK=FILE", help="A trained network; repeat for more."),
]
Offsets = Annotated[
    list[str] | None,
    typer.Option("--offsets", metavar="NETWORK=DIR", help="Offset files, in the place of a SegFix network."),
]


@command.command("list", short_help="What can be made here, and what is missing for the rest.")
def list_() -> None:
    """List the tables and figures: which stand-ins make how many of their rows, and what is missing for the rest.

    Everything else needs only your own copy of the dataset, predictions and networks: bench paper show says which.
    """
    from boundary_bench.bench.papers.availability import missing, standing_in
    from boundary_bench.bench.papers.spec import all_names, spec

    for name in all_names():
        table = spec(name)
        made = [f"{world} {rows}/{of}" for world, rows, of in standing_in(table)]
        print(f"{name:<15} {table.published.caption}")
        print(f"{'':<15}   here: {', '.join(made) or 'nothing'}")
        if lacking := missing(table):
            print(f"{'':<15}   missing: {'; '.join(lacking)}")


@command.command("show", short_help="What a paper prints.", no_args_is_help=True)
def show(
    name: Name,
    format_: Annotated[Literal["md", "csv", "tex"], typer.Option("--format", help="How to write it.")] = "md",
) -> None:
    """Print a table as published, and what making it again needs."""
    from boundary_bench.bench.papers.availability import needed
    from boundary_bench.bench.papers.render_published import heading, printed_csv, printed_report
    from boundary_bench.bench.papers.spec import spec

    table = spec(name)
    if not table.published.is_printed:
        print(heading(table.published))
    elif format_ == "csv":
        print(printed_csv(table.published), end="")
    else:
        print(_written(printed_report(table.published), format_).rstrip())
    if format_ == "md":
        print("\nneeds: " + "; ".join(needed(table)))


@command.command("check", short_help="Whether all is there to make a table again.", no_args_is_help=True)
def check(
    name: Name,
    on: On = None,
    dataset: Dataset = None,
    root: options.Root = None,
    split: Split = None,
    annotations: options.Annotations = None,
    truth: options.Truth = None,
    images: options.Images = None,
    predictions: Predictions = None,
    probabilities: Probabilities = None,
    format_: options.FormatName = None,
    label_space: options.Ids = None,
    checkpoint: Checkpoints = None,
    offsets: Offsets = None,
) -> None:
    """Check that every row of a table can be made and that all files are in order; run nothing."""
    from boundary_bench.bench.cli.check_experiment import check_experiment
    from boundary_bench.bench.errors import InputError
    from boundary_bench.bench.papers.experiments import experiment_of

    paths = {"root": root, "annotations": annotations, "truth": truth, "images": images}
    given = _given(on, dataset, split, paths, predictions, probabilities, format_, label_space, checkpoint, offsets)
    arrangement = _arrangement(name, given)
    check_experiment(experiment_of(arrangement, output=Path("unused"), samples={}, executor={}), images=False)
    if lacking := [problem for line in arrangement.lines for problem in line.missing]:
        raise InputError(dict.fromkeys(lacking))


@command.command("run", short_help="Make a table again.", no_args_is_help=True)
def run(
    name: Name,
    on: On = None,
    dataset: Dataset = None,
    root: options.Root = None,
    split: Split = None,
    annotations: options.Annotations = None,
    truth: options.Truth = None,
    images: options.Images = None,
    predictions: Predictions = None,
    probabilities: Probabilities = None,
    format_: options.FormatName = None,
    label_space: options.Ids = None,
    checkpoint: Checkpoints = None,
    offsets: Offsets = None,
    every: options.Every = 1,
    first: options.First = None,
    workers: options.Workers = None,
    executor: options.ExecutorName = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder for the table and its run. Default: paper-output/TABLE.")
    ] = None,
) -> None:
    """Make a table again: published, ours with intervals, and the difference, in table.md, table.csv and table.tex.

    Rows for which something is missing keep their published numbers, and the table says what is missing. The same
    command again finishes what was interrupted.

    Example: bench paper run segfix/5 --dataset cityscapes --root DIR --predictions deeplabv3=DIR --probabilities
    deeplabv3=DIR --offsets segfix=DIR
    """
    from boundary_bench.bench.cli.inputs import executor_document

    paths = {"root": root, "annotations": annotations, "truth": truth, "images": images}
    given = _given(on, dataset, split, paths, predictions, probabilities, format_, label_space, checkpoint, offsets)
    part = [*(("--every", str(every)) if every > 1 else ()), *(("--first", str(first)) if first else ())]
    folder = out or Path("paper-output") / name.replace("/", "-")
    failed = _run(
        _arrangement(name, given), folder, shlex.join(given.command("run", name, part)),
        executor_document(executor, workers), {"every": every, "first": first},
    )  # fmt: skip
    if failed:
        raise typer.Exit(1)


def _given(
    on: str | None, dataset: str | None, split: str | None, paths: dict[str, Path | None],
    predictions: list[str] | None, probabilities: list[str] | None, format_: str | None, label_space: str | None,
    checkpoints: list[str] | None, offsets: list[str] | None,
) -> Given:  # fmt: skip
    from boundary_bench.bench.papers.cli_inputs import Given

    there = {key: path for key, path in paths.items() if path is not None}
    return Given(
        on, dataset, split, there, predictions or (), probabilities or (), format_, label_space, checkpoints or (),
        offsets or (),
    )  # fmt: skip


def _arrangement(name: str, given: Given) -> Arrangement:
    from boundary_bench.bench.papers.arrangement import Arrangement
    from boundary_bench.bench.papers.spec import spec

    table = spec(name)
    return Arrangement(table, given.materials(table))


def _run(arrangement: Arrangement, folder: Path, said: str, executor: dict[str, Any], samples: dict[str, Any]) -> int:
    """Run, write the table (of a figure, the figures too), print it; returns how many jobs failed."""
    from boundary_bench.bench.analysis.numbers import Numbers
    from boundary_bench.bench.analysis.summary import summarise_run
    from boundary_bench.bench.cli.failures import report_failures
    from boundary_bench.bench.cli.interrupts import Interruptible
    from boundary_bench.bench.cli.progress import note, progress
    from boundary_bench.bench.cli.screen import show as show_report
    from boundary_bench.bench.engine import runner
    from boundary_bench.bench.papers.comparison import comparison_csv, comparison_report
    from boundary_bench.bench.papers.experiments import experiment_of
    from boundary_bench.bench.papers.pairs import Comparison
    from boundary_bench.refiners.files.atomic_write import replace_file

    experiment = experiment_of(arrangement, output=folder.resolve() / "run", samples=samples, executor=executor)
    for problem in arrangement.problems:
        note(str(problem))
    with (
        Interruptible(experiment.output_folder, shlex.join(["bench", *sys.argv[1:]])) as kept,
        progress("check") as checking,
        progress("run") as step,
    ):
        outcome = runner.run(
            experiment, resume=True, progress=kept.counting(step), checking=checking, command=shlex.split(said)
        )
    results = summarise_run(outcome.store, outcome.plan)
    results.save(experiment.output_folder)
    comparison = Comparison(arrangement, results, Numbers(results))
    report = comparison_report(comparison, said)
    for kind in ("md", "tex"):
        replace_file(folder / f"table.{kind}", _written(report, kind).encode())
    replace_file(folder / "table.csv", comparison_csv(comparison).encode())
    if not arrangement.spec.published.is_printed:
        from boundary_bench.bench.report.figures import draw_all

        draw_all(results, folder / "figures")
    show_report(report)
    report_failures(outcome.failures, resume=folder)
    return len(outcome.failures)


def _written(report: Report, kind: str) -> str:
    from boundary_bench.bench.report.formats import latex, markdown

    return latex(report) if kind == "tex" else markdown(report)
