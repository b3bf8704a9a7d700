"""`bench train`: train a learned refiner on any dataset; if stopped, the same command resumes it."""

from __future__ import annotations

import typer

from boundary_bench.bench.cli.train import learned

command = typer.Typer(
    help="Train a learned refiner on any dataset; if stopped, the same command resumes it.",
    rich_markup_mode=None,
)
for trained, line in (
    (learned.segfix, "Where boundaries are, and which way leads off them."),
    (learned.bpr, "What small patches along boundaries look like."),
    (learned.steal, "Where the boundaries of every class are."),
    (learned.gum, "Where to look up coarse class probabilities."),
):
    command.command(trained.__name__, short_help=line, no_args_is_help=True)(trained)
