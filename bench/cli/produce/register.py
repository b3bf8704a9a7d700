"""`bench register`: a name for saved predictions."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from boundary_bench.bench.cli import options
from boundary_bench.bench.cli.own_data import NONE, OwnData, with_own_data


@with_own_data
def command(
    name: Annotated[str, typer.Argument(help="How experiments will call them.")],
    path: Annotated[Path, typer.Option("--path", help="Folder or file of the predictions.")],
    dataset: options.DatasetName = None,
    split: options.AnySplit = None,
    root: options.Root = None,
    format_: options.FormatName = None,
    label_space: options.Ids = None,
    probabilities: options.ProbabilityFolder = None,
    annotations: options.Annotations = None,
    truth: options.Truth = None,
    images: options.Images = None,
    task: options.TaskName = None,
    source: Annotated[str, typer.Option("--source", help="Where they are from: model, checkpoint, address.")] = "",
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace what has this name.")] = False,
    own: OwnData = NONE,
) -> None:
    """Register saved predictions: their files are checked and digested, so that a later change of them is noticed.

    Use them as --predictions NAME, or in an experiment as "registered: NAME".
    """
    from boundary_bench.bench.cli.check_experiment import check_experiment
    from boundary_bench.bench.cli.inputs import Inputs
    from boundary_bench.bench.plugins import former_names
    from boundary_bench.bench.plugins.abilities import of_dataset
    from boundary_bench.bench.predictions.registered import DatasetRef, register

    inputs = Inputs(
        dataset, split, root, str(path), name, format_, label_space, probabilities,
        task=task, annotations=annotations, truth=truth, images=images, own=own,
    )  # fmt: skip
    inputs.require_whole()
    planned = check_experiment(inputs.experiment(), images=False)
    used = planned.recipes[name][1]
    is_usual = (
        former_names.CATALOGUE.get(used, used) == "label_maps" and not of_dataset(planned.dataset).prediction_space
    )
    known = register(
        name,
        dataset=DatasetRef(
            name=inputs.dataset_name, split=planned.dataset.split, root=root, task=task, annotations=annotations,
            truth=truth, images=inputs.images, **inputs.own.of_dataset(),
        ),
        format=used,
        path=path,
        label_space=label_space or ("train_ids" if is_usual else None),
        probabilities=probabilities,
        settings=inputs.settings(),
        source=source,
        overwrite=overwrite,
    )  # fmt: skip
    print(f"{known.name}: {known.files} files, digest {known.digest}")
