"""Options of somebody's own files, which many commands share: classes, names of files, arrays in them."""

from __future__ import annotations

import functools
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from boundary_bench.bench.cli.groups import Command, with_group
from boundary_bench.bench.errors import InputError, Problem


@dataclass(frozen=True)
class OwnData:
    """Values of these options; None where one was not given."""

    classes: Annotated[
        str | None,
        typer.Option("--classes", help="Of your own data: how many, their names (road,car,sky), or a file of them."),
    ] = None
    ignore: Annotated[
        list[str] | None,
        typer.Option("--ignore", metavar="ID", help="Id in label files that is not scored. Repeat for more."),
    ] = None
    ids: Annotated[
        Path | None,
        typer.Option("--ids", help="Text file of the samples to take: an id, image id or file name a line."),
    ] = None
    truth_name: Annotated[
        str | None,
        typer.Option("--truth-name", help="Names of the truth's files, as {id}_labels.png. Default: found by itself."),
    ] = None
    image_name: Annotated[
        str | None, typer.Option("--image-name", help="Names of the images, as {id}_rgb.jpg. Default: found by itself.")
    ] = None
    prediction_name: Annotated[
        str | None,
        typer.Option("--prediction-name", help="Names of predictions, as {id}_pred.png. Default: found by itself."),
    ] = None
    key: Annotated[
        str | None, typer.Option("--key", help="Name of the array in .npz files. Default: prob, or the only one.")
    ] = None
    layout: Annotated[
        Literal["chw", "hwk"] | None,
        typer.Option("--layout", help="Axes of probabilities: classes first (chw) or last (hwk). Default: chw."),
    ] = None
    scores: Annotated[
        Literal["probabilities", "logits", "sigmoid"] | None,
        typer.Option("--scores", help="What saved scores of classes are. Default: probabilities."),
    ] = None
    threshold: Annotated[
        str | None,
        typer.Option("--threshold", help="Where soft masks are cut: 0.5 (default), another number, >127 or >128."),
    ] = None
    truth_threshold: Annotated[
        str | None, typer.Option("--truth-threshold", help="Likewise of true masks that hold grey levels.")
    ] = None
    max_pixels: Annotated[
        int | None,
        typer.Option("--max-pixels", min=1, help="Pixels of the largest picture. Default: by this machine's memory."),
    ] = None

    def of_dataset(self) -> dict[str, Any]:
        """Parameters of a dataset, those that were given."""
        values = {"classes": self.classes, "ids": _text(self.ids), "ignore": self.ignored()}
        values |= {"truth_name": self.truth_name, "image_name": self.image_name}
        values |= {"truth_threshold": self.truth_threshold}
        return {key: value for key, value in values.items() if value is not None}

    def of_predictions(self) -> dict[str, Any]:
        """Parameters of a prediction format, those that were given; not `ignore`, which may be the dataset's."""
        values = {"file_name": self.prediction_name, "key": self.key, "layout": self.layout, "scores": self.scores}
        values |= {"threshold": self.threshold}
        return {key: value for key, value in values.items() if value is not None}

    def ignored(self) -> list[int] | None:
        """The ids of `--ignore`.

        Raises:
            InputError: one that is no whole number.
        """
        if self.ignore is None:
            return None
        parts = [part.strip() for text in self.ignore for part in text.split(",")]
        if wrong := [part for part in parts if not part.lstrip("-").isdigit()]:
            raise InputError(Problem(f"--ignore {','.join(self.ignore)}", repr(wrong[0]), "ids, such as 255 or 255,0"))
        return [int(part) for part in parts]

    def shows_masks(self, predictions: str | None) -> bool:
        """Whether predictions are binary masks, where neither truth nor classes say what they are."""
        if self.classes is not None or predictions is None or not Path(predictions).is_dir():
            return False
        from boundary_bench.bench.datasets.own.folder import shows_masks

        return shows_masks(predictions, self.ignored() or ())


NONE = OwnData()


def with_own_data(command: Command) -> Command:
    """Give a command these options; it gets them as one argument, `own`."""

    @functools.wraps(command)
    def called(own: OwnData = NONE, **values: Any) -> None:
        if own.max_pixels is not None:
            # Worker processes inherit it.
            os.environ["BENCH_MAX_PIXELS"] = str(own.max_pixels)
        command(**values, own=own)

    return with_group("own", OwnData)(called)  # type: ignore[return-value]


def _text(path: Path | None) -> str | None:
    return None if path is None else str(path)
