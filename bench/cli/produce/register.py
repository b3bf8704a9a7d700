"""`bench register`: a name for saved predictions."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from boundary_bench.bench.cli import options


def command(
    name: Annotated[str, typer.Argument(help="How experiments will call them.")],
    dataset: options.DatasetName,
    path: Annotated[Path, typer.Option("--path", help="Folder or file of the predictions.")],
    split: options.AnySplit = None,
    root: options.Root = None,
    format_: options.FormatName = None,
    label_space: options.Ids = None,
    probabilities: options.ProbabilityFolder = None,
    annotations: options.Annotations = None,
    truth: options.Truth = None,
    task: options.TaskName = None,
    source: Annotated[str, typer.Option("--source", help="Where they are from: model, checkpoint, address.")] = "",
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace what has this name.")] = False,
) -> None:
    """Register saved predictions: their files are checked and digested, so that a later change of them is noticed.

    Use them as --predictions NAME, or in an experiment as "registered: NAME".
    """
    from boundary_bench.bench.cli.check_experiment import check_experiment
    from boundary_bench.bench.cli.inputs import Inputs
    from boundary_bench.bench.plugins import former_names
    from boundary_bench.bench.predictions.registered import DatasetRef, register

    inputs = Inputs(
        dataset, split, root, str(path), name, format_, label_space, probabilities,
        task=task, annotations=annotations, truth=truth,
    )  # fmt: skip
    used = check_experiment(inputs.experiment(), images=False).recipes[name][1]
    known = register(
        name,
        dataset=DatasetRef(name=dataset, split=split, root=root, task=task, annotations=annotations, truth=truth),
        format=used,
        path=path,
        label_space=(label_space or "train_ids") if former_names.CATALOGUE.get(used, used) == "label_maps" else None,
        probabilities=probabilities,
        source=source,
        overwrite=overwrite,
    )
    print(f"{known.name}: {known.files} files, digest {known.digest}")
