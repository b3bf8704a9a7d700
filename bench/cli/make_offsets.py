"""`bench make-offsets`: offsets of a dataset split, of its truth or as a SegFix network predicts them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Protocol

import typer

from bench.cli import options
from bench.cli.inputs import Inputs, require_new_folder
from bench.errors import InputError, Problem

if TYPE_CHECKING:
    from bench.cli.progress import Step
    from bench.contracts import Dataset, Sample
    from refiners.segfix.learned import SegFix
    from refiners.segfix.offsets import Offsets


def command(
    dataset: options.DatasetName,
    out: Annotated[Path, typer.Option("--out", help="New folder for the offset files.")],
    split: options.AnySplit = None,
    root: options.Root = None,
    annotations: options.Annotations = None,
    images: options.Images = None,
    truth: options.Truth = None,
    task: options.TaskName = None,
    directions: Annotated[
        int | None, typer.Option("--directions", help="How many directions: 4, 8, 16 or 32. Default: 8.")
    ] = None,
    width_px: Annotated[
        float | None, typer.Option("--width-px", min=0, help="How far from a boundary offsets reach. Default: 5.")
    ] = None,
    targets: Annotated[
        Literal["released", "paper"] | None,
        typer.Option("--targets", help="As the released code makes them (default), or as the paper says."),
    ] = None,
    checkpoint: Annotated[
        str | None, typer.Option("--checkpoint", metavar="FILE|NAME", help="Predict offsets with this network instead.")
    ] = None,
    crops: options.Crops = None,
    device: options.Device = None,
    precision: options.NetworkPrecision = None,
    format_: Annotated[
        Literal["npz", "mat"], typer.Option("--format", help="mat is what the authors' tools read.")
    ] = "npz",
    workers: options.Workers = None,
) -> None:
    """Write offset maps of a dataset split, one file for each image: of its truth, or predicted from its images.

    Each is int8 (H, W, 2), (dy, dx), in whole pixels: from a pixel near a boundary towards the inside of its region.

    Example: bench make-offsets --dataset cityscapes --root DIR --split val --out offsets/
    """
    from bench.cli.progress import progress
    from bench.executors import Processes, Serial

    require_new_folder(out)
    of_truth = _given(directions=directions, width_px=width_px, targets=targets)
    of_network = _given(crops=crops, device=device, precision=precision)
    _require_no(*((of_network, "with --checkpoint") if checkpoint is None else (of_truth, "without --checkpoint")))
    source = _Truth.build(of_truth) if checkpoint is None else _Network.build(checkpoint, of_network)
    inputs = Inputs(
        dataset, split, root, annotations=annotations, images=images, truth=truth, task=task, workers=workers
    )
    found = _dataset(inputs)
    with progress("check") as step:
        source.require(found, step)
    make = partial(_make, inputs, out.resolve(), format_, source)
    samples = list(found.samples())
    alone = workers == 1 or source.on_gpu
    with progress("make-offsets") as step:
        for done, _ in enumerate((Serial() if alone else Processes(workers)).map(make, samples), start=1):
            step(done, len(samples))
    print(f"{len(samples)} offset maps: {out}")


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
    def build(cls, given: dict[str, Any]) -> _Truth:
        from typing import get_args

        from refiners.segfix.directions import Directions

        settings = {"directions": 8, "width_px": 5.0, "targets": "released", **given}
        if settings["directions"] not in get_args(Directions):
            allowed = ", ".join(map(str, get_args(Directions)))
            raise InputError(Problem("--directions", str(settings["directions"]), allowed))
        return cls(settings)

    def require(self, dataset: Dataset, step: Step) -> None:
        from bench.checks import check_run, require

        if dataset.task != "semantic":
            raise InputError(Problem(f"dataset {dataset.name}", f"{dataset.task} truth", "semantic truth"))
        require(check_run(dataset, [], progress=step))

    def offsets(self, dataset: Dataset, sample: Sample) -> Offsets:
        from refiners.segfix.offsets import offsets_of_labels

        return offsets_of_labels(dataset.truth(sample).labels, **self.metadata)


@dataclass(frozen=True)
class _Network:
    refiner: SegFix

    @classmethod
    def build(cls, checkpoint: str, given: dict[str, Any]) -> _Network:
        from bench import catalogue

        return cls(catalogue.build("refiners", "segfix", {"checkpoint": checkpoint, **given}))

    @property
    def on_gpu(self) -> bool:
        return self.refiner.device != "cpu"

    @property
    def metadata(self) -> dict[str, Any]:
        from bench.digest import file_digest

        file = self.refiner.checkpoint
        known = {"checkpoint": file.name, "checkpoint_digest": file_digest(file)}
        return {**known, "crops": self.refiner.crops, "precision": self.refiner.precision}

    def require(self, dataset: Dataset, step: Step) -> None:
        """Images are all that is needed."""
        problems, samples = list[Problem](), dataset.samples()
        for done, sample in enumerate(samples, start=1):
            problems += _problems_of_image(dataset, sample)
            step(done, len(samples))
        if problems:
            raise InputError(problems)

    def offsets(self, dataset: Dataset, sample: Sample) -> Offsets:
        return self.refiner.offsets(dataset.image(sample))


def _problems_of_image(dataset: Dataset, sample: Sample) -> Sequence[Problem]:
    try:
        dataset.image(sample)
    except InputError as error:
        return error.problems
    except Exception as error:  # a plug-in's failure is a finding like others
        where = f"{dataset.name}/{dataset.split}: {sample.id}"
        return [Problem(where, f"{type(error).__name__}: {error}", "an image that can be read")]
    return []


def _given(**values: Any) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value is not None}


def _require_no(given: dict[str, Any], allowed: str) -> None:
    if problems := [Problem(f"--{key.replace('_', '-')}", str(value), allowed) for key, value in given.items()]:
        raise InputError(problems)


@lru_cache(maxsize=1)
def _dataset(inputs: Inputs) -> Any:
    """The dataset, listed once in each worker."""
    return inputs.built_dataset()


def _make(inputs: Inputs, out: Path, suffix: str, source: _Source, sample: Sample) -> str:
    from refiners.segfix.files import write_offsets

    folder = out / sample.group
    folder.mkdir(parents=True, exist_ok=True)
    # The authors' format has no place for metadata.
    metadata = source.metadata if suffix == "npz" else None
    write_offsets(folder / f"{sample.id}.{suffix}", source.offsets(_dataset(inputs), sample), metadata)
    return sample.id
