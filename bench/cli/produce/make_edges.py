"""`bench make-edges`: the boundaries of every class that a STEAL network sees in the images of a dataset split."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from boundary_bench.bench.cli import options
from boundary_bench.bench.cli.inputs import Inputs, given, require_new_folder
from boundary_bench.bench.cli.own_data import NONE, OwnData, with_own_data
from boundary_bench.bench.errors import InputError, Problem

if TYPE_CHECKING:
    from boundary_bench.bench.plugins.protocols import Sample
    from boundary_bench.refiners.steal.evidence import Probability
    from boundary_bench.refiners.steal.refiner import Steal

Checkpoint = Annotated[
    str, typer.Option("--checkpoint", metavar="FILE|NAME", help="Of our own, or one that the authors released.")
]
Scheme = Annotated[
    Literal["whole", "windows", "padded"] | None,
    typer.Option(
        "--scheme",
        help="The network sees whole images (default), windows as for Cityscapes, or padded ones as for SBD.",
    ),
]
Nms = Annotated[bool, typer.Option("--nms", help="Thin edges by non-maximum suppression, as the paper scores them.")]
Format = Annotated[
    Literal["npz", "png"], typer.Option("--format", help="A file for each image, or for each class and image.")
]


@with_own_data
def command(
    checkpoint: Checkpoint,
    out: Annotated[Path, typer.Option("--out", help="New folder for the edge maps.")],
    dataset: options.DatasetName = None,
    split: options.AnySplit = None,
    root: options.Root = None,
    annotations: options.Annotations = None,
    images: options.Images = None,
    truth: options.Truth = None,
    task: options.TaskName = None,
    nms: Nms = False,
    scheme: Scheme = None,
    device: options.Device = None,
    precision: options.NetworkPrecision = None,
    format_: Format = "npz",
    workers: options.Workers = None,
    own: OwnData = NONE,
) -> None:
    """Write edge maps of a dataset split, which bench evaluate --task edges scores and steal-edges refines by.

    Either OUT/group/id.npz with the array edges, float16 (K, H, W) in 0..1, or OUT/class_001/group/id.png and so on,
    8-bit grey in 255ths.

    Example: bench make-edges --dataset camvid --root DIR --split val --checkpoint steal.safetensors --nms --out edges/
    """
    require_new_folder(out)
    from boundary_bench.bench.plugins import registry

    network = given(scheme=scheme, device=device, precision=precision)
    source = _Source(registry.build("refiners", "steal", {"checkpoint": checkpoint, **network}), nms, format_)
    inputs = Inputs(
        dataset, split, root, annotations=annotations, images=images, truth=truth, task=task, workers=workers, own=own
    )
    print(f"{_make_all(inputs, out.resolve(), source)} edge maps: {out}")


@dataclass(frozen=True)
class _Source:
    """Where edges come from and how they are saved; pickled to workers."""

    refiner: Steal
    nms: bool
    format: str

    def edges(self, image: Any) -> Probability:
        from boundary_bench.refiners.steal.nms import thinned

        found = self.refiner.edges(image)
        return thinned(found) if self.nms else found

    def write(self, folder: Path, name: str, edges: Probability) -> None:
        from boundary_bench.refiners.steal.files import write_npz, write_pngs

        if self.format == "png":
            write_pngs(folder, name, edges)
        else:
            write_npz(folder / f"{name}.npz", edges)


@lru_cache(maxsize=1)
def _dataset(inputs: Inputs) -> Any:
    """The dataset, listed once in each worker."""
    return inputs.built_dataset()


def _make_all(inputs: Inputs, out: Path, source: _Source) -> int:
    """Check, write, and say how many there are."""
    from boundary_bench.bench.cli.progress import progress
    from boundary_bench.bench.engine.executors import local
    from boundary_bench.bench.plugins.validation import check_images, require

    found = _dataset(inputs)
    if source.refiner.classes != len(found.classes):
        known = f"a network of {source.refiner.classes} classes"
        raise InputError(Problem(f"--checkpoint, dataset {found.name}", known, f"{len(found.classes)} classes"))
    samples = list(found.samples())
    with progress("check") as step:
        require(check_images(found, samples, step))
    executor = local(1 if source.refiner.device != "cpu" else inputs.workers)
    with progress("make-edges") as step:
        made = executor.map(partial(_make, inputs, out, source), samples)
        for done, _ in enumerate(made, start=1):
            step(done, len(samples))
    return len(samples)


def _make(inputs: Inputs, folder: Path, source: _Source, sample: Sample) -> str:
    source.write(folder, f"{sample.group}/{sample.id}".lstrip("/"), source.edges(_dataset(inputs).image(sample)))
    return sample.id
