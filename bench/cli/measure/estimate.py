"""`bench estimate`: what a run will cost, before it is started."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from boundary_bench.bench.cli import options

if TYPE_CHECKING:
    from boundary_bench.bench.engine.estimate import Cost, Estimate
    from boundary_bench.bench.engine.plan import Plan
    from boundary_bench.bench.report.tables import Report, TableCell

UNKNOWN = "–"


def command(
    experiment: Annotated[Path, typer.Argument(metavar="EXPERIMENT.yaml", help="What is to be run.")],
    overrides: options.Overrides = None,
    images: Annotated[int, typer.Option("--images", min=1, help="How many evenly spaced images to try.")] = 3,
    json: options.Json = None,
) -> None:
    """Estimate how long a run takes, from a few of its images; nothing is stored.

    Each refiner is applied to each prediction set and measured, as in the run, and as if nothing were kept from
    earlier ones. A refiner that fails is shown with the reason, and the exit code is then 1.
    """
    from boundary_bench.bench.cli.progress import note, progress
    from boundary_bench.bench.config.experiment import load_experiment
    from boundary_bench.bench.engine.estimate import empty_cache, estimate
    from boundary_bench.bench.engine.plan import plan

    loaded = load_experiment(experiment, overrides or ())
    with empty_cache(), progress("estimate") as step:
        planned = plan(loaded)
        found = estimate(planned, images, step)
    for refused in planned.refused:
        note(f"{refused.predictions} x {refused.refiner} is not run: {refused.reason}")
    _show(planned, found, json)
    if any(cost.error for cost in found.costs):
        raise typer.Exit(1)


def _show(planned: Plan, found: Estimate, json: str | None) -> None:
    from boundary_bench.bench.cli.screen import show
    from boundary_bench.bench.io.json_file import dumps
    from boundary_bench.refiners.files.atomic_write import replace_file

    data = {"name": planned.dataset.name, "split": planned.dataset.split}
    text = dumps({"schema": 1, "dataset": data, **asdict(found)})
    if json == "-":
        print(text, end="")
        return
    if json is not None:
        replace_file(Path(json), text.encode())
    show(_report(planned, found))


def _report(planned: Plan, found: Estimate) -> Report:
    from boundary_bench.bench.report.notes import images
    from boundary_bench.bench.report.tables import Report, Table

    header: tuple[str, ...] = ("predictions", "refiner", "s an image", "patches an image", "images", "total")
    rows = [_row(cost) for cost in found.costs]
    rows.append(
        (UNKNOWN, "reading, measuring", f"{found.other_per_image:.3f}", UNKNOWN, str(found.images),
         duration(found.other_seconds))
    )  # fmt: skip
    if any(cost.error for cost in found.costs):
        header = (*header, "failed")
        errors = [*(cost.error for cost in found.costs), ""]
        rows = [(*row, error) for row, error in zip(rows, errors, strict=True)]
    caption = f"Refining, in one worker, from {images(len(found.tried))}; total with workers: {found.workers}."
    table = Table("estimate", caption, header, 2, tuple(rows))
    heading = f"{planned.dataset.name}, {planned.dataset.split}: about {duration(found.seconds)}"
    notes = (
        f"tried: {', '.join(found.tried)}",
        "workers that share memory and caches are slower than one by itself; checks before and intervals after the "
        "run come on top",
    )
    return Report(heading, (table,), notes, ())


def _row(cost: Cost) -> tuple[TableCell, ...]:
    from boundary_bench.bench.report.tables import Mark

    return (
        cost.predictions,
        Mark(cost.refiner) if cost.oracle else cost.refiner,
        UNKNOWN if cost.seconds_per_image is None else f"{cost.seconds_per_image:.3f}",
        UNKNOWN if cost.patches_per_image is None else f"{cost.patches_per_image:.0f}",
        str(cost.images),
        UNKNOWN if cost.seconds is None else duration(cost.seconds),
    )


def duration(seconds: float) -> str:
    """`7.3 s` below a minute, else hours, minutes and seconds."""
    return f"{seconds:.1f} s" if seconds < 59.95 else str(timedelta(seconds=round(seconds)))
