"""`bench convert`: instance and panoptic files in another tool's form."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from boundary_bench.bench.cli import options
from boundary_bench.bench.errors import InputError, Problem

if TYPE_CHECKING:
    from boundary_bench.bench.formats.convert import Converted


def command(
    from_: Annotated[
        str, typer.Option("--from", help="A prediction format, or a dataset to convert its truth (see bench list).")
    ],
    to: Annotated[
        str,
        typer.Option("--to", help="coco_results, cityscapes_instances, coco_panoptic; of truth: coco, coco_panoptic."),
    ],
    out: Annotated[Path, typer.Option("--out", help="New file to write; for cityscapes_instances a new folder.")],
    predictions: Annotated[
        Path | None, typer.Option("--predictions", help="Folder or file of predictions, where --from is their format.")
    ] = None,
    dataset: Annotated[
        str | None, typer.Option("--dataset", help="What predictions are for; its ids say what they mean.")
    ] = None,
    split: options.AnySplit = None,
    root: options.Root = None,
    annotations: options.Annotations = None,
    truth: options.Truth = None,
) -> None:
    """Convert instance and panoptic files: COCO results, Cityscapes' text and masks, COCO and panoptic annotations.

    Every file is checked first, and nothing is written over. What has no place in the new form is said: segments that
    become objects lose stuff, COCO annotations know no void, and attributes, keypoints and the like are left out.
    Panoptic PNGs go to the folder beside the JSON file that has its name.
    LVIS becomes COCO's 80 categories on val2017, for AP*: score it with --dataset lvis.

    Examples: bench convert --from cityscapes_instances --to coco_results --dataset cityscapes --root DIR --split val
    --predictions results/ --out results.json; bench convert --from cityscapes --root DIR --split val --to coco
    --out instances_val.json
    """
    from boundary_bench.bench.cli.inputs import Inputs
    from boundary_bench.bench.cli.progress import note
    from boundary_bench.bench.formats.convert import require_new

    source, form = from_.replace("-", "_"), to.replace("-", "_")
    require_new(form, out)
    is_truth = _is_truth(source, dataset, predictions)
    task = _task(source, form) if is_truth else _format(source).task
    inputs = Inputs(source if is_truth else str(dataset), split, root, task=task, annotations=annotations, truth=truth)
    if is_truth and (source, form) == ("lvis", "coco"):
        found = _cocofied(inputs.built_dataset(), Path(str(annotations)), out)
    elif is_truth:
        found = _truth(inputs.built_dataset(), form, out)
    else:
        found = _predictions(inputs.built_dataset(), source, str(predictions), form, out)
    for loss in (*found.losses, *_lost_fields(annotations if is_truth else predictions)):
        note(f"left out: {loss}")
    print(f"{found.images} images, {found.objects} objects: {out}")


def _lost_fields(file: Path | None) -> list[str]:
    from boundary_bench.bench.formats.coco.lost_fields import lost_fields

    return lost_fields(file) if file is not None and file.is_file() else []


def _is_truth(source: str, dataset: str | None, predictions: Path | None) -> bool:
    """Whether a dataset's truth is meant; `coco_panoptic` is the name of a dataset and of a prediction format."""
    if dataset is None and predictions is None:
        return True
    if dataset is None or predictions is None:
        found = "no --dataset" if dataset is None else "no --predictions"
        allowed = "both for predictions; neither for the truth of a dataset"
        raise InputError(Problem(f"--from {source}", found, allowed))
    return False


def _task(source: str, form: str) -> str | None:
    """The kind of truth that a dataset with several is asked for."""
    from boundary_bench.bench.plugins import registry

    several = "task" in registry.named_parameters(registry.find("datasets", source))
    return ("panoptic" if form == "coco_panoptic" else "instance") if several else None


def _format(source: str) -> Any:
    from boundary_bench.bench.plugins import registry

    return registry.find("predictions", source)


def _truth(dataset: Any, form: str, out: Path) -> Converted:
    from boundary_bench.bench.cli.progress import progress
    from boundary_bench.bench.formats.convert import convert_truth
    from boundary_bench.bench.plugins.validation import check_run, require

    with progress("check") as step:
        require(check_run(dataset, [], progress=step))
    with progress("convert") as step:
        return convert_truth(dataset, form, out, step)


def _cocofied(dataset: Any, annotations: Path, out: Path) -> Converted:
    from boundary_bench.bench.cli.progress import note, progress
    from boundary_bench.bench.formats.coco.cocofied import write_cocofied
    from boundary_bench.bench.formats.convert import Converted
    from boundary_bench.bench.plugins.validation import check_run, require

    with progress("check") as step:
        require(check_run(dataset, [], progress=step))
    found = write_cocofied(annotations, out)
    for text in found.notes:
        note(text)
    return Converted(len(found.document["images"]), len(found.document["annotations"]), found.losses)


def _predictions(dataset: Any, source: str, path: str, form: str, out: Path) -> Converted:
    from boundary_bench.bench.cli.progress import note, progress
    from boundary_bench.bench.formats.convert import convert_predictions
    from boundary_bench.bench.plugins import registry
    from boundary_bench.bench.plugins.validation import check_run, require

    predictions = registry.build("predictions", source, {"path": path, "dataset": dataset})
    with progress("check") as step:
        report = check_run(dataset, [predictions], progress=step)
    for each in report.notes:
        note(each)
    require(report)
    with progress("convert") as step:
        return convert_predictions(dataset, predictions, form, out, step)
