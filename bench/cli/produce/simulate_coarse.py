"""`bench simulate-coarse`: the truth of a dataset split as an annotator with few clicks would draw it."""

from __future__ import annotations

from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from boundary_bench.bench.cli import options
from boundary_bench.bench.cli.inputs import Inputs, require_new_folder
from boundary_bench.bench.errors import InputError, Problem

if TYPE_CHECKING:
    from boundary_bench.bench.plugins.protocols import Sample

SUMMARY = "coarse.json"
KINDS = ("semantic", "panoptic")


def command(
    dataset: options.DatasetName,
    error_px: Annotated[
        int, typer.Option("--error-px", min=1, help="How far off outlines are, about; 4, 8, 16 and 32 in STEAL.")
    ],
    out: Annotated[Path, typer.Option("--out", help="New folder for the coarse label maps.")],
    split: options.AnySplit = None,
    root: options.Root = None,
    annotations: options.Annotations = None,
    truth: options.Truth = None,
    task: options.TaskName = None,
    workers: options.Workers = None,
) -> None:
    """Draw the truth of a split again as coarse polygons, and count the clicks that they take.

    Every region is eroded by the error and its outline simplified with the error as tolerance; all else is void. Of
    panoptic truth (--task panoptic) each object is drawn by itself. A label map is written as OUT/group/id.png in
    training ids, which bench evaluate and bench refine read as predictions; OUT/coarse.json has clicks and IoU.

    Example: bench simulate-coarse --dataset cityscapes --root DIR --split val --error-px 8 --out coarse8/
    """
    require_new_folder(out)
    inputs = Inputs(dataset, split, root, annotations=annotations, truth=truth, task=task, workers=workers)
    summary = _draw_all(inputs, error_px, out.resolve())
    score = "undefined" if summary["mIoU"] is None else f"{100 * summary['mIoU']:.2f} %"
    print(f"{summary['dataset']['images']} coarse label maps: {out}")
    print(f"clicks an image: {summary['clicks_per_image']:.2f}, mIoU: {score}")


@lru_cache(maxsize=1)
def _dataset(inputs: Inputs) -> Any:
    """The dataset, listed once in each worker."""
    return inputs.built_dataset()


def _draw_all(inputs: Inputs, error_px: int, out: Path) -> dict[str, Any]:
    """Check, draw and write everything; returns the summary."""
    from boundary_bench.bench.cli.progress import progress
    from boundary_bench.bench.engine.executors import local
    from boundary_bench.bench.io.json_file import dumps
    from boundary_bench.bench.io.new_folder import new_folder
    from boundary_bench.bench.plugins.validation import check_run, require
    from boundary_bench.bench.predictions.coarse_polygons import report

    found = _dataset(inputs)
    if found.task not in KINDS:
        raise InputError(Problem(f"dataset {found.name}", f"{found.task} truth", " or ".join(KINDS) + " truth"))
    with progress("check") as step:
        require(check_run(found, [], progress=step))
    samples, clicks, overlaps = list(found.samples()), {}, []
    executor = local(inputs.workers)
    with new_folder(out) as staging, progress("simulate-coarse") as step:
        draw = partial(_draw, inputs, staging, error_px)
        for done, (sample, of_image, counted) in enumerate(executor.map(draw, samples), start=1):
            clicks[sample] = of_image
            overlaps.append(counted)
            step(done, len(samples))
        summary = report(found, error_px, clicks, overlaps)
        (staging / SUMMARY).write_text(dumps(summary), encoding="utf-8")
    return summary


def _draw(inputs: Inputs, folder: Path, error_px: int, sample: Sample) -> tuple[str, Any, Any]:
    """Write one label map; its sample's id, clicks by class, and overlap with the truth."""
    from boundary_bench.bench.formats.class_labels import class_labels
    from boundary_bench.bench.formats.label_image import write_label_image
    from boundary_bench.bench.formats.label_writing import file_ids
    from boundary_bench.bench.predictions.coarse_polygons import coarsened
    from boundary_bench.metrics.functional.overlap import class_overlap

    found = _dataset(inputs)
    truth, classes = found.truth(sample), len(found.classes)
    drawn = coarsened(truth, classes=classes, error_px=error_px)
    labels = file_ids(found, None).of(drawn.labels, sample.id)
    write_label_image(folder / sample.group / f"{sample.id}.png", labels)
    overlap = class_overlap(prediction=drawn.labels, truth=class_labels(truth), classes=classes)
    return sample.id, drawn.clicks, overlap
