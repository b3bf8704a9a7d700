"""The command line. Only the module of the command that is called is imported, so that help needs no numpy."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Annotated

import typer

from boundary_bench import __version__
from boundary_bench._caches import note as caches_note
from boundary_bench.bench.cli.several import SeveralValues
from boundary_bench.bench.cli.termination import terminable
from boundary_bench.bench.errors import InputError

COMMANDS = {
    "demo": ("measure.demo", "Run everything on built-in street scenes; needs no download."),
    "evaluate": ("measure.evaluate", "Score saved predictions."),
    "run": ("measure.run", "Run an experiment file; write its tables and figures."),
    "merge": ("measure.merge", "Merge runs of one study."),
    "table": ("show.table", "Print the tables of a run (md, tex, csv, html, json)."),
    "plot": ("show.plot", "Draw the figures of a run."),
    "compare": ("compare.command", "Test which of two models, or refiners of a run, is better."),
    "report": ("show.report", "Write a run as one HTML page, with a gallery."),
    "leaderboard": ("show.leaderboard", "Rank refiners over many runs and datasets."),
    "paper": ("show.paper", "Show the papers' tables; regenerate them."),
    "refine": ("produce.refine", "Refine saved predictions; write label maps."),
    "make-offsets": ("produce.make_offsets", "Write ground-truth or predicted offset maps (SegFix)."),
    "make-edges": ("produce.make_edges", "Write the edges that a network predicts (STEAL)."),
    "simulate-coarse": ("produce.simulate_coarse", "Redraw a truth as coarse polygons; count clicks."),
    "score-segfix": ("produce.score_segfix", "Score a SegFix network's boundaries, directions, speed."),
    "tune": ("train.tune", "Fit a refiner's preset on a validation split."),
    "train": ("train", "Train a learned refiner (SegFix, BPR, STEAL, GUM)."),
    "convert": ("produce.convert", "Convert instance and panoptic files between formats."),
    "check": ("measure.check", "Check all files of an experiment; run nothing."),
    "estimate": ("measure.estimate", "Estimate the time of an experiment from a few images."),
    "list": ("show.listing", "List refiners, metrics, datasets, prediction formats."),
    "register": ("produce.register", "Give saved predictions a name."),
}
"""Command -> module in this package, and its line in the help."""

VERBOSE = "--verbose"
"""Given to any command."""
EPILOG = f"{VERBOSE} lists every problem with the inputs, also where many files have the same."

ABOUT = "Benchmark and evaluate boundary refinement of image segmentation."


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command and exit with 0, 1 (part of the work failed), 2 (bad input), or 128 plus a signal number."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    verbose, given = _without(VERBOSE, given)
    try:
        with terminable():
            application(given)(args=given, prog_name="bench")
    except InputError as error:
        _print_error(error, verbose=verbose)
        sys.exit(2)
    finally:
        if told := caches_note():
            print(f"note: {told}", file=sys.stderr)


def _without(flag: str, arguments: list[str]) -> tuple[bool, list[str]]:
    """Whether a flag is given, before or after the command, and the arguments without it."""
    end = arguments.index("--") if "--" in arguments else len(arguments)
    kept = [argument for argument in arguments[:end] if argument != flag]
    return len(kept) < end, kept + arguments[end:]


def _print_error(error: InputError, *, verbose: bool) -> None:
    text = "\n".join(map(str, error.problems)) if verbose else str(error)
    for line in text.splitlines():
        print(f"error: {line}", file=sys.stderr)
    if error.is_shortened and not verbose:
        print(f"note: {VERBOSE} lists all {len(error.problems)} problems one by one", file=sys.stderr)


def application(arguments: Sequence[str]) -> typer.Typer:
    """The Typer application, whose commands are stand-ins except for the one among the arguments."""
    app = typer.Typer(
        help=ABOUT,
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_options)
    called = next((argument for argument in arguments if not argument.startswith("-")), None)
    for name, (module, line) in COMMANDS.items():
        command = import_module(f"boundary_bench.bench.cli.{module}").command if name == called else _stand_in
        if isinstance(command, typer.Typer):
            app.add_typer(command, name=name, short_help=line, no_args_is_help=True)
        else:
            bare = name in ("demo", "list")
            app.command(name, cls=SeveralValues, short_help=line, epilog=EPILOG, no_args_is_help=not bare)(command)
    return app


def _stand_in() -> None:
    """Holds the place of a command in the help."""


def _print_version(wanted: bool) -> None:
    if wanted:
        print(__version__)
        raise typer.Exit


def _options(
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
    _verbose: Annotated[
        bool, typer.Option(VERBOSE, help="Of any command: list every problem, also where many files have the same.")
    ] = False,
) -> None:
    """Benchmark and evaluate boundary refinement of image segmentation."""
