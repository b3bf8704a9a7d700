"""`bench train`: train a learned refiner on any data set; stopped at any moment, the same command goes on."""

from __future__ import annotations

import typer

from boundary_bench.bench.cli.train import bpr, gum, segfix, steal

command = typer.Typer(
    help="Train a learned refiner on any data set; stopped at any moment, the same command goes on.",
    rich_markup_mode=None,
)
command.command("segfix", short_help="Where boundaries are, and which way leads off them.", no_args_is_help=True)(
    segfix.command
)
command.command("bpr", short_help="What small patches along boundaries look like.", no_args_is_help=True)(bpr.command)
command.command("steal", short_help="Where the boundaries of every class are.", no_args_is_help=True)(steal.command)
command.command("gum", short_help="Where to look up coarse class probabilities.", no_args_is_help=True)(gum.command)
