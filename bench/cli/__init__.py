"""The command line. Only the module of the verb that is called is imported, so that help needs no numpy."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Annotated

import typer

from boundary_bench import __version__
from boundary_bench.bench.cli.termination import terminable
from boundary_bench.bench.errors import InputError

VERBS = {
    "demo": ("measure.demo", "Run everything on built-in street scenes; needs no download."),
    "evaluate": ("measure.evaluate", "Score saved predictions."),
    "run": ("measure.run", "Run an experiment file; write its tables and figures."),
    "merge": ("measure.merge", "Bring runs of one study together."),
    "table": ("show.table", "Print the tables of a run (md, tex, csv, html, json)."),
    "plot": ("show.plot", "Draw the figures of a run."),
    "compare": ("show.compare", "Test which refiners of a run are better, and at what cost."),
    "report": ("show.report", "Write a run as one HTML page, with a gallery."),
    "leaderboard": ("show.leaderboard", "Rank refiners over many runs and data sets."),
    "paper": ("show.paper", "Show the papers' tables; make them again."),
    "refine": ("produce.refine", "Refine saved predictions; write label maps."),
    "make-offsets": ("produce.make_offsets", "Write ground-truth or predicted offset maps (SegFix)."),
    "make-edges": ("produce.make_edges", "Write the edges that a network sees (STEAL)."),
    "simulate-coarse": ("produce.simulate_coarse", "Draw a truth again as coarse polygons; count clicks."),
    "score-segfix": ("produce.score_segfix", "Score a SegFix network's boundaries, directions, speed."),
    "tune": ("train.tune", "Fit a refiner's preset on a validation split."),
    "train": ("train", "Train a learned refiner (SegFix, BPR, STEAL)."),
    "convert": ("produce.convert", "Convert instance and panoptic files between forms."),
    "check": ("measure.check", "Check all files of an experiment; run nothing."),
    "estimate": ("measure.estimate", "Say how long an experiment takes, from a few images."),
    "list": ("show.listing", "List refiners, metrics, datasets, prediction formats."),
    "register": ("produce.register", "Give saved predictions a name."),
}
"""Verb -> module in this package, and its line in the help."""

ABOUT = "Benchmark and evaluate boundary refinement of image segmentation."


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one verb; exits with 0, 1 (something failed during the work), 2 (the input cannot be worked with), or 128 and
    the number of the signal that interrupted it."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        with terminable():
            application(given)(args=given, prog_name="bench")
    except InputError as error:
        for line in str(error).splitlines():
            print(f"error: {line}", file=sys.stderr)
        sys.exit(2)


def application(arguments: Sequence[str]) -> typer.Typer:
    """The Typer application, whose verbs are stand-ins except for the one among the arguments."""
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
    for verb, (module, line) in VERBS.items():
        command = import_module(f"boundary_bench.bench.cli.{module}").command if verb == called else _stand_in
        if isinstance(command, typer.Typer):
            app.add_typer(command, name=verb, short_help=line, no_args_is_help=True)
        else:
            app.command(verb, short_help=line, no_args_is_help=verb not in ("measure.demo", "list"))(command)
    return app


def _stand_in() -> None:
    """Holds the place of a verb in the help."""


def _print_version(wanted: bool) -> None:
    if wanted:
        print(__version__)
        raise typer.Exit


def _options(
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Benchmark and evaluate boundary refinement of image segmentation."""
