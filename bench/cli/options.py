"""Options that several commands share, and what they say about themselves."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

Missing = Literal["fail", "skip", "empty"]
LabelSpace = Literal["train_ids", "label_ids", "colours"]

DatasetName = Annotated[
    str | None,
    typer.Option(
        "--dataset",
        help="camvid, cityscapes, coco, ... (see bench list), or your own as module:Class. Default: your own folders.",
    ),
]
Root = Annotated[Path | None, typer.Option("--root", help="Folder of the dataset. Default: it needs none.")]
Split = Annotated[str, typer.Option("--split", help="Split of the dataset, such as val.")]
AnySplit = Annotated[
    str | None, typer.Option("--split", help="Split of the dataset, such as val; not for a file of annotations.")
]
TaskName = Annotated[
    Literal["semantic", "instance", "panoptic", "binary", "edges"] | None,
    typer.Option("--task", help="Kind of truth, for datasets with several, or edges. Default: the dataset's first."),
]
Annotations = Annotated[Path | None, typer.Option("--annotations", help="The truth's JSON file (COCO, LVIS).")]
Truth = Annotated[
    Path | None, typer.Option("--truth", help="Folder of your own label maps; with --dataset, of panoptic PNGs.")
]
Images = Annotated[
    Path | None, typer.Option("--images", help="Folder of the images, where refiners need them; or a list as --ids.")
]
Predictions = Annotated[
    str,
    typer.Option(
        "--predictions", "--masks", help="Folder or file of saved predictions, or the name of registered ones."
    ),
]
Name = Annotated[str | None, typer.Option("--name", help="What to call the predictions. Default: the folder's name.")]
FormatName = Annotated[
    str | None,
    typer.Option("--format", help="How predictions are saved (see bench list). Default: the usual way of the task."),
]
Ids = Annotated[
    LabelSpace | None,
    typer.Option(
        "--label-space", help="What label files hold: training ids (default), the dataset's raw ids, or its colours."
    ),
]
ProbabilityFolder = Annotated[
    Path | None, typer.Option("--probabilities", help="Folder of the .npz probabilities behind the label maps.")
]
WhenMissing = Annotated[
    Missing,
    typer.Option(
        "--missing", help="A missing prediction is an error (fail), left out (skip), or scored as all void (empty)."
    ),
]
Workers = Annotated[
    int | None, typer.Option("--workers", min=1, help="Processes. Default: as many as cores and memory allow.")
]
ExecutorName = Annotated[
    str | None,
    typer.Option("--executor", help="serial, processes (default), dask-local, or a scheduler: dask://host:port."),
]
Every = Annotated[int, typer.Option("--every", min=1, help="Take every n-th sample only.")]
First = Annotated[int | None, typer.Option("--first", min=1, help="Then take the first so many only.")]
Metrics = Annotated[
    list[str] | None,
    typer.Option("--metric", help="Metric to show, such as mIoU; repeat for more. Default: the main ones."),
]
Digits = Annotated[
    int,
    typer.Option(
        "--digits",
        min=0,
        max=6,
        help="Decimals of per cent; distances have one more, HCE one less, MAE and MSE two more.",
    ),
]
Overrides = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="a.b=c", help="Change a value of the file; list items by number. Repeat for more."),
]
Json = Annotated[
    str | None, typer.Option("--json", metavar="FILE|-", help="Write JSON to a file; - for stdout, and no table.")
]
RunFolder = Annotated[Path, typer.Argument(metavar="RUN", help="Folder that `bench run` wrote.")]
TolerancesPx = Annotated[
    list[int] | None,
    typer.Option("--tolerance-px", min=0, help="Boundary F tolerance; repeat for more. Default: 1, 2, 3."),
]
BandRatio = Annotated[
    float | None, typer.Option("--band-ratio", help="Band of boundary IoU, as a ratio of the diagonal.")
]
Categories = Annotated[
    list[str] | None,
    typer.Option(
        "--categories",
        metavar="NAME|ID ...",
        help="Score these alone, by name or id; subset: leave out what the truth does not list.",
    ),
]
DatasetParams = Annotated[
    list[str] | None,
    typer.Option("--dataset-param", metavar="KEY=VALUE", help="Of the dataset, e.g. radius_px=2. Repeat for more."),
]
MetricParams = Annotated[
    list[str] | None,
    typer.Option("--metric-param", metavar="KEY=VALUE", help="Of metrics, e.g. max_distance_ratio=0.02."),
]
Resize = Annotated[bool, typer.Option("--resize", help="Resample edge maps of another size to that of the truth.")]
IntervalUnit = Annotated[
    Literal["image", "cluster"] | None,
    typer.Option("--interval-unit", help="What intervals resample. Default: clusters, where the dataset has any."),
]
Crops = Annotated[
    bool | None, typer.Option("--crops", help="Networks look at overlapping squares instead of whole images.")
]
Device = Annotated[
    str | None, typer.Option("--device", help="Of networks: cpu, cuda or cuda:N. Default: a GPU where there is one.")
]
NetworkPrecision = Annotated[
    Literal["float32", "bfloat16", "float16"] | None,
    typer.Option("--precision", help="Of networks; the narrower ones are faster on GPUs. Default: float32."),
]
