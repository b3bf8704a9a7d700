"""`bench make-offsets`: ground-truth offsets of a dataset split, what SegFix is trained on and bounded by."""

from __future__ import annotations

from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from bench.cli import options
from bench.errors import InputError, Problem

if TYPE_CHECKING:
    from bench.contracts import Sample


def command(
    dataset: options.DatasetName,
    split: options.Split,
    out: Annotated[Path, typer.Option("--out", help="New folder for the offset files.")],
    root: options.Root = None,
    directions: Annotated[int, typer.Option("--directions", help="How many directions: 4, 8, 16 or 32.")] = 8,
    width_px: Annotated[float, typer.Option("--width-px", min=0, help="How far from a boundary offsets reach.")] = 5,
    targets: Annotated[
        Literal["released", "paper"],
        typer.Option("--targets", help="As the released code makes them, or as the paper says."),
    ] = "released",
    format_: Annotated[
        Literal["npz", "mat"], typer.Option("--format", help="mat is what the authors' tools read.")
    ] = "npz",
    workers: options.Workers = None,
) -> None:
    """Write ground-truth offset maps of a dataset split, one file for each image.

    Each is int8 (H, W, 2), (dy, dx), in whole pixels: from a pixel near a boundary towards the inside of its region.

    Example: bench make-offsets --dataset cityscapes --root DIR --split val --out offsets/
    """
    from bench.checks import check_run, require
    from bench.cli.inputs import require_new_folder
    from bench.cli.progress import progress
    from bench.executors import Processes, Serial

    require_new_folder(out)
    _require_directions(directions)
    found = _dataset(dataset, root, split)
    if found.task != "semantic":
        raise InputError(Problem(f"dataset {dataset}", f"{found.task} truth", "semantic truth"))
    with progress("check") as step:
        require(check_run(found, [], progress=step))
    settings = {"directions": directions, "width_px": width_px, "targets": targets}
    make = partial(_make, dataset, root, split, out.resolve(), format_, settings)
    samples = list(found.samples())
    with progress("make-offsets") as step:
        for done, _ in enumerate((Serial() if workers == 1 else Processes(workers)).map(make, samples), start=1):
            step(done, len(samples))
    print(f"{len(samples)} offset maps: {out}")


def _require_directions(directions: int) -> None:
    from typing import get_args

    from refiners.segfix.directions import Directions

    if directions not in get_args(Directions):
        allowed = ", ".join(map(str, get_args(Directions)))
        raise InputError(Problem("--directions", str(directions), allowed))


@lru_cache(maxsize=1)
def _dataset(dataset: str, root: Path | None, split: str) -> Any:
    """The dataset, listed once in each worker."""
    from bench.cli.inputs import Inputs

    return Inputs(dataset, split, root).built_dataset()


def _make(
    dataset: str, root: Path | None, split: str, out: Path, suffix: str, settings: dict[str, Any], sample: Sample
) -> str:
    from refiners.segfix.files import write_offsets
    from refiners.segfix.offsets import offsets_of_labels

    labels = _dataset(dataset, root, split).truth(sample).labels
    folder = out / sample.group
    folder.mkdir(parents=True, exist_ok=True)
    write_offsets(folder / f"{sample.id}.{suffix}", offsets_of_labels(labels, **settings), _metadata(suffix, settings))
    return sample.id


def _metadata(suffix: str, settings: dict[str, Any]) -> dict[str, Any] | None:
    return settings if suffix == "npz" else None
