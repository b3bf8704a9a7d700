"""`bench register`: a name for saved predictions."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bench.cli import options


def command(
    name: Annotated[str, typer.Argument(help="How experiments will call them.")],
    dataset: options.DatasetName,
    split: options.Split,
    path: Annotated[Path, typer.Option("--path", help="Folder of the predictions.")],
    root: options.Root = None,
    format_: options.FormatName = "label_png",
    label_space: options.Ids = "train_ids",
    probabilities: options.ProbabilityFolder = None,
    source: Annotated[str, typer.Option("--source", help="Where they are from: model, checkpoint, address.")] = "",
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace what has this name.")] = False,
) -> None:
    """Register saved predictions: their files are checked and digested, so that a later change of them is noticed.

    Use them as --predictions NAME, or in an experiment as "registered: NAME".
    """
    from bench.cli.check import check_experiment
    from bench.cli.inputs import Inputs
    from bench.registry import DatasetRef, register

    check_experiment(
        Inputs(dataset, split, root, str(path), name, format_, label_space, probabilities).experiment(), images=False
    )
    known = register(
        name,
        dataset=DatasetRef(name=dataset, split=split, root=root),
        format=format_,
        path=path,
        label_space=label_space if format_ == "label_png" else None,
        probabilities=probabilities,
        source=source,
        overwrite=overwrite,
    )
    print(f"{known.name}: {known.files} files, digest {known.digest}")
