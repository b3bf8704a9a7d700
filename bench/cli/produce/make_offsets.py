"""`bench make-offsets`: offsets of a dataset split, of its truth or as a SegFix network predicts them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Protocol

import typer

from boundary_bench.bench.cli import options
from boundary_bench.bench.cli.inputs import Inputs, given, require_new_folder
from boundary_bench.bench.cli.own_data import NONE, OwnData, with_own_data
from boundary_bench.bench.errors import InputError, Problem

if TYPE_CHECKING:
    from boundary_bench.bench.cli.progress import Step
    from boundary_bench.bench.plugins.protocols import Dataset, Sample
    from boundary_bench.refiners.segfix.offsets import Offsets
    from boundary_bench.refiners.segfix.refiner import SegFix


Directions = Annotated[
    int | None, typer.Option("--directions", help="How many directions: 4, 8, 16 or 32. Default: 8.")
]
WidthPx = Annotated[
    float | None, typer.Option("--width-px", min=0, help="How far from a boundary offsets reach. Default: 5.")
]
Targets = Annotated[
    Literal["released", "paper"] | None,
    typer.Option("--targets", help="As the released code makes them (default), or as the paper says."),
]
Checkpoint = Annotated[
    str | None, typer.Option("--checkpoint", metavar="FILE|NAME", help="Predict offsets with this network instead.")
]
Format = Annotated[Literal["npz", "mat"], typer.Option("--format", help="mat is what the authors' tools read.")]


@with_own_data
def command(
    out: Annotated[Path, typer.Option("--out", help="New folder for the offset files.")],
    dataset: options.DatasetName = None,
    split: options.AnySplit = None,
    root: options.Root = None,
    annotations: options.Annotations = None,
    images: options.Images = None,
    truth: options.Truth = None,
    task: options.TaskName = None,
    directions: Directions = None,
    width_px: WidthPx = None,
    targets: Targets = None,
    checkpoint: Checkpoint = None,
    crops: options.Crops = None,
    device: options.Device = None,
    precision: options.NetworkPrecision = None,
    format_: Format = "npz",
    workers: options.Workers = None,
    own: OwnData = NONE,
) -> None:
    """Write offset maps of a dataset split, one file for each image: of its truth, or predicted from its images.

    Each is int8 (H, W, 2), (dy, dx), in whole pixels: from a pixel near a boundary towards the inside of its region.

    Example: bench make-offsets --dataset cityscapes --root DIR --split val --out offsets/
    """
    require_new_folder(out)
    of_truth = given(directions=directions, width_px=width_px, targets=targets)
    of_network = given(crops=crops, device=device, precision=precision)
    source = _source(checkpoint, of_truth, of_network)
    inputs = Inputs(
        dataset, split, root, annotations=annotations, images=images, truth=truth, task=task, workers=workers, own=own
    )
    print(f"{_make_all(inputs, out, format_, source)} offset maps: {out}")


class _Source(Protocol):
    """Where offsets come from; pickled to workers."""

    @property
    def on_gpu(self) -> bool: ...

    @property
    def metadata(self) -> dict[str, Any]: ...

    def require(self, dataset: Dataset, step: Step) -> None: ...

    def offsets(self, dataset: Dataset, sample: Sample) -> Offsets: ...


@dataclass(frozen=True)
class _Truth:
    metadata: dict[str, Any]
    on_gpu: bool = False

    @classmethod
    def build(cls, chosen: dict[str, Any]) -> _Truth:
        from typing import get_args

        from boundary_bench.refiners.segfix.directions import Directions

        settings = {"directions": 8, "width_px": 5.0, "targets": "released", **chosen}
        if settings["directions"] not in get_args(Directions):
            allowed = ", ".join(map(str, get_args(Directions)))
            raise InputError(Problem("--directions", str(settings["directions"]), allowed))
        return cls(settings)

    def require(self, dataset: Dataset, step: Step) -> None:
        from boundary_bench.bench.plugins.validation import check_run, require

        if dataset.task != "semantic":
            raise InputError(Problem(f"dataset {dataset.name}", f"{dataset.task} truth", "semantic truth"))
        require(check_run(dataset, [], progress=step))

    def offsets(self, dataset: Dataset, sample: Sample) -> Offsets:
        from boundary_bench.refiners.segfix.offsets import offsets_of_labels

        return offsets_of_labels(dataset.truth(sample).labels, **self.metadata)


@dataclass(frozen=True)
class _Network:
    refiner: SegFix

    @classmethod
    def build(cls, checkpoint: str, chosen: dict[str, Any]) -> _Network:
        from boundary_bench.bench.plugins import registry

        return cls(registry.build("refiners", "segfix", {"checkpoint": checkpoint, **chosen}))

    @property
    def on_gpu(self) -> bool:
        return self.refiner.device != "cpu"

    @property
    def metadata(self) -> dict[str, Any]:
        from boundary_bench.bench.io.hashing import file_digest

        file = self.refiner.checkpoint
        known = {"checkpoint": file.name, "checkpoint_digest": file_digest(file)}
        return {**known, "crops": self.refiner.crops, "precision": self.refiner.precision}

    def require(self, dataset: Dataset, step: Step) -> None:
        """Images are all that is needed."""
        from boundary_bench.bench.plugins.validation import check_images, require

        require(check_images(dataset, dataset.samples(), step))

    def offsets(self, dataset: Dataset, sample: Sample) -> Offsets:
        return self.refiner.offsets(dataset.image(sample))


def _source(checkpoint: str | None, of_truth: dict[str, Any], of_network: dict[str, Any]) -> _Source:
    if checkpoint is None:
        _require_none(of_network, "with --checkpoint")
        return _Truth.build(of_truth)
    _require_none(of_truth, "without --checkpoint")
    return _Network.build(checkpoint, of_network)


def _require_none(chosen: dict[str, Any], allowed: str) -> None:
    if problems := [Problem(f"--{key.replace('_', '-')}", str(value), allowed) for key, value in chosen.items()]:
        raise InputError(problems)


@lru_cache(maxsize=1)
def _dataset(inputs: Inputs) -> Any:
    """The dataset, listed once in each worker."""
    return inputs.built_dataset()


def _make_all(inputs: Inputs, out: Path, suffix: str, source: _Source) -> int:
    """Check, write, and say how many there are."""
    from boundary_bench.bench.cli.progress import progress
    from boundary_bench.bench.engine.executors import local

    found = _dataset(inputs)
    with progress("check") as step:
        source.require(found, step)
    make = partial(_make, inputs, out.resolve(), suffix, source)
    samples = list(found.samples())
    executor = local(1 if source.on_gpu else inputs.workers)
    with progress("make-offsets") as step:
        for done, _ in enumerate(executor.map(make, samples), start=1):
            step(done, len(samples))
    return len(samples)


def _make(inputs: Inputs, out: Path, suffix: str, source: _Source, sample: Sample) -> str:
    from boundary_bench.refiners.segfix.offset_io import write_offsets

    folder = out / sample.group
    folder.mkdir(parents=True, exist_ok=True)
    # The authors' format has no place for metadata.
    metadata = source.metadata if suffix == "npz" else None
    write_offsets(folder / f"{sample.id}.{suffix}", source.offsets(_dataset(inputs), sample), metadata)
    return sample.id
