"""`bench demo`: the whole loop on what is built in."""

from __future__ import annotations

import os
import shlex
import sys
from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer

from boundary_bench.bench.errors import InputError, Problem

IMAGES_LINE = "images: 24}"
EXPERIMENT = "demo.yaml"

NEXT = """
Look at {out}/run/comparison.md and {out}/run/figures/, then try:

  {bench} compare {out}/run --against guided_filter
  {bench} evaluate --dataset synthetic --split test{images} --predictions {out}/predictions/test
  {bench} run {out}/demo.yaml --overwrite --set refiners.1.radius_px=3
"""


def command(
    out: Annotated[Path, typer.Option("--out", help="Folder for everything it makes.")] = Path("demo-output"),
    images: Annotated[int, typer.Option("--images", min=1, max=24, help="How many scenes of each split.")] = 24,
) -> None:
    """Draw street scenes, predict them with a small network, refine, measure, compare and plot: about a minute.

    Needs no download and no account. The numbers are real, of a network's real errors; the scenes are not.
    """
    from boundary_bench.bench.cli.inputs import require_torch
    from boundary_bench.bench.cli.measure.run import run_and_report
    from boundary_bench.bench.config.experiment import load_experiment

    require_torch("bench demo", "; everything but the demo works without")
    _require_own(out)
    experiment = _write_experiment(out, images)
    _say(f"1/3  {images} scenes of the test split and the baseline network's predictions")
    _save_predictions(out / "predictions" / "test", "test", images)
    _say(f"2/3  class weights for prior_shift, tuned on {images} scenes of the val split")
    _tune(out, images)
    _say("3/3  refine, measure, compare, plot")
    again = shlex.join([_program(), "run", str(experiment), "--resume"])
    failed = run_and_report(load_experiment(experiment), again=again, overwrite=True)
    if failed:
        raise typer.Exit(1)
    print(NEXT.format(bench=_program(), out=out, images="" if images == 24 else f" --first {images}"))


def _program() -> str:
    """How the user calls `bench`: tox keeps it in an environment of its own, off the user's path."""
    return os.path.relpath(sys.argv[0]) if "TOX_ENV_NAME" in os.environ else "bench"


def _say(step: str) -> None:
    print(step, file=sys.stderr, flush=True)


def _require_own(out: Path) -> None:
    """Refuse to write into a folder that holds something else than an earlier demo."""
    if out.exists() and not (out / EXPERIMENT).exists() and (not out.is_dir() or any(out.iterdir())):
        raise InputError(Problem(f"--out {out}", "something that is no earlier demo", "a new or an empty folder"))


def _save_predictions(folder: Path, split: str, images: int) -> None:
    from boundary_bench.bench.datasets.synthetic import Synthetic
    from boundary_bench.bench.demo.predict import save_predictions

    for earlier in folder.rglob("*.*"):
        earlier.unlink()
    save_predictions(Synthetic(split, images=images), folder)


def _tune(out: Path, images: int) -> None:
    from boundary_bench.bench.cli.inputs import Inputs
    from boundary_bench.bench.cli.progress import progress
    from boundary_bench.bench.engine.plan import plan
    from boundary_bench.bench.training.tuning.presets import save
    from boundary_bench.bench.training.tuning.prior_shift import PriorShiftTuner

    folder = out / "predictions" / "val"
    _save_predictions(folder, "val", images)
    inputs = Inputs(
        "synthetic", "val", predictions=str(folder), name="stride8", probabilities=folder / "prob", first=images
    )
    with progress("tune") as step:
        save(PriorShiftTuner().tune(plan(inputs.experiment()), step), out / "prior_shift.json")


def _write_experiment(out: Path, images: int) -> Path:
    from boundary_bench.refiners.files.atomic_write import replace_file

    text = (files("boundary_bench.bench.demo") / EXPERIMENT).read_text(encoding="utf-8")
    assert IMAGES_LINE in text
    replace_file(out / EXPERIMENT, text.replace(IMAGES_LINE, f"images: {images}}}").encode())
    return out / EXPERIMENT
