"""`bench score-segfix`: what a SegFix network predicts against the truth: boundaries, directions, size and speed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from boundary_bench.bench.cli import options
from boundary_bench.bench.cli.own_data import NONE, OwnData, with_own_data

if TYPE_CHECKING:
    from boundary_bench.bench.report.tables import Report, TableCell
    from boundary_bench.bench.training.segfix_scores import ScoredNetwork


@with_own_data
def command(
    checkpoint: Annotated[str, typer.Option("--checkpoint", metavar="FILE|NAME", help="The network to score.")],
    dataset: options.DatasetName = None,
    split: options.AnySplit = None,
    root: options.Root = None,
    annotations: options.Annotations = None,
    images: options.Images = None,
    truth: options.Truth = None,
    task: options.TaskName = None,
    crops: options.Crops = None,
    device: options.Device = None,
    precision: options.NetworkPrecision = None,
    threads: Annotated[int | None, typer.Option("--threads", min=1, help="Of the network on a CPU.")] = None,
    every: options.Every = 1,
    first: options.First = None,
    json: options.Json = None,
    own: OwnData = NONE,
) -> None:
    """Score a SegFix network's boundaries and directions against those that the truth has, and time it.

    The boundary is as wide, and directions are made, as where the network was trained.

    Example: bench score-segfix --checkpoint net.safetensors --dataset camvid --root DIR --split test
    """
    from boundary_bench.bench.cli.inputs import Inputs
    from boundary_bench.bench.cli.progress import progress
    from boundary_bench.bench.plugins.validation import check_run, require

    scored = _network(checkpoint, crops=bool(crops), device=device, precision=precision or "float32")
    inputs = Inputs(dataset, split, root, annotations=annotations, images=images, truth=truth, task=task, own=own)
    found = inputs.built_dataset()
    samples = list(found.samples())[::every][:first]
    with progress("check") as step:
        require(check_run(found, [], images=True, samples=samples, progress=step))
    import torch

    from boundary_bench.bench.training.segfix_scores import score_branches

    if threads:
        torch.set_num_threads(threads)
    with progress("score-segfix") as step:
        _show(score_branches(scored, found, samples, step), json)


def _network(checkpoint: str, *, device: str | None, **choices: Any) -> ScoredNetwork:
    from boundary_bench.bench.errors import InputError
    from boundary_bench.bench.plugins.registry import refusal
    from boundary_bench.refiners.networks.device import checkpoint_file, device_named, require_torch
    from boundary_bench.refiners.segfix.refiner import SegFix

    try:
        require_torch("SegFix networks")
        from boundary_bench.bench.training.segfix_scores import ScoredNetwork

        return ScoredNetwork.load(checkpoint_file(checkpoint, SegFix.shipped), device=device_named(device), **choices)
    except ValueError as error:
        raise InputError(refusal("options", error, "what bench score-segfix --help says")) from error


def _show(document: dict[str, Any], json: str | None) -> None:
    from boundary_bench.bench.io.json_file import dumps

    if json == "-":
        print(dumps(document), end="")
        return
    if json is not None:
        from boundary_bench.refiners.files.atomic_write import replace_file

        replace_file(Path(json), dumps(document).encode())
    from boundary_bench.bench.cli.screen import show

    show(_report(document))


def _report(document: dict[str, Any]) -> Report:
    from boundary_bench.bench.analysis.numbers import Interval
    from boundary_bench.bench.report.tables import Report, Score, Table

    rows: list[tuple[TableCell, ...]] = [
        (name, Score(Interval() if value is None else Interval(value), 2)) for name, value in document["scores"].items()
    ]
    data, network = document["dataset"], document["network"]
    caption = f"{network['checkpoint']} ({network['backbone']}): scores in per cent."
    table = Table("branches", caption, ("metric", "score"), 1, tuple(rows))
    heading = f"{data['name']}, {data['split']}: {data['images']} images"
    return Report(heading, (table,), _notes(document), _definitions(document["definition"]))


def _notes(document: dict[str, Any]) -> tuple[str, ...]:
    counts, runtime = document["counts"], document["runtime"]
    where = f"{runtime['device']}, {runtime['precision']}" + (", crops" if runtime["crops"] else "")
    threads = f", threads: {runtime['threads']}" if runtime["device"] == "cpu" else ""
    return (
        f"pixels: {counts['pixels']}, true boundary: {counts['true']}, predicted boundary: {counts['predicted']}",
        f"parameters: {document['network']['parameters'] / 1e6:.2f} M",
        f"time: {runtime['ms_per_image']:.1f} ms an image ({where}{threads})",
    )


def _definitions(definition: dict[str, Any]) -> tuple[str, ...]:
    width, directions = definition["width_px"], definition["directions"]
    return (
        f"boundary: {definition['targets']} targets, {width} px, {directions} directions",
        f"averages: {definition['averaging']}",
        f"direction accuracy: {definition['direction_accuracy']}; pm1 counts the classes next to the right one too",
    )
