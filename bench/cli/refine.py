"""`bench refine`: apply one refiner to saved predictions and save the result."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bench.cli import options
from bench.errors import InputError, Problem

if TYPE_CHECKING:
    from bench.cli.inputs import Inputs
    from bench.contracts import Sample
    from bench.plan import Plan


def command(
    refiner: Annotated[str, typer.Option("--refiner", help="Catalogue name, module:Class, or file.py:Class.")],
    dataset: options.DatasetName,
    split: options.Split,
    predictions: options.Predictions,
    out: Annotated[Path, typer.Option("--out", help="New folder for the refined label maps.")],
    param: Annotated[
        list[str] | None, typer.Option("--param", metavar="k=v", help="Parameter of the refiner; repeat for more.")
    ] = None,
    offsets: Annotated[
        Path | None, typer.Option("--offsets", help="Folder of offset files: --param offsets=DIR of segfix-offsets.")
    ] = None,
    root: options.Root = None,
    format_: options.FormatName = None,
    label_space: options.Ids = None,
    probabilities: options.ProbabilityFolder = None,
    missing: options.WhenMissing = "fail",
    every: options.Every = 1,
    first: options.First = None,
    workers: options.Workers = None,
) -> None:
    """Apply one refiner to saved predictions and write the refined label maps as PNGs.

    A sample's map is written as OUT/group/id.png (without the group where the dataset has none) in the ids of its
    input: training ids, or with --label-space label_ids the dataset's raw ids. `bench evaluate` reads both.

    Example: bench refine --refiner segfix-offsets --offsets offsets/ --dataset cityscapes --root DIR --split val
    --predictions my_model/ --out refined/
    """
    from bench.cli.inputs import Inputs, checked_plan, parameters, require_new_folder
    from bench.engine import refiner_problems

    given = parameters(param or [])
    if offsets is not None:
        given["offsets"] = str(offsets)
    if missing == "empty":
        raise InputError(Problem("--missing", "'empty'", "fail or skip: there is nothing to refine"))
    require_new_folder(out)
    inputs = Inputs(
        dataset, split, root, predictions, None, format_, label_space, probabilities, missing, every, first, workers
    )
    planned = checked_plan(inputs, refiners=[{"name": refiner, **given}], images=True)
    samples = [sample for sample in planned.samples if planned.prediction_sets[_only(planned)].has(sample)]
    if problems := list(refiner_problems(planned, next(iter(planned.refiners.values())), samples)):
        raise InputError(problems)
    _write_all(planned, inputs, out, samples)


def _write_all(planned: Plan, inputs: Inputs, out: Path, samples: Sequence[Sample]) -> None:
    from bench.cli.progress import progress
    from bench.executors import Processes, Serial

    executor = Serial() if inputs.workers == 1 else Processes(inputs.workers)
    task = RefineTask(planned.experiment, out.resolve(), inputs.label_space)
    with progress("refine") as step:
        for done, _ in enumerate(executor.map(task, samples), start=1):
            step(done, len(samples))
    print(f"{len(samples)} label maps: {out}")


def _only(planned: Plan) -> str:
    return next(iter(planned.prediction_sets))


class RefineTask:
    """Refines and writes one sample. Pickled as its experiment; each worker builds the plan once."""

    def __init__(self, experiment: Any, out: Path, label_space: str | None) -> None:
        self.experiment, self.out, self.label_space = experiment, out, label_space
        self._plan: Plan | None = None

    def __call__(self, sample: Sample) -> str:
        """Refine and write one sample; returns its id."""
        from bench.label_image import write_label_image
        from bench.plan import plan

        if self._plan is None:
            self._plan = plan(self.experiment)
        labels = _refined(self._plan, sample)
        if self.label_space == "label_ids":
            labels = _as_label_ids(labels, self._plan.dataset.label_ids)
        write_label_image(self.out / sample.group / f"{sample.id}.png", labels)
        return sample.id


def _refined(planned: Plan, sample: Sample) -> Any:
    """Labels of one sample after the plan's only refiner."""
    from bench.contracts import FileRefiner, OracleRefiner

    built = next(iter(planned.refiners.values()))
    refiner = built.refiner.for_sample(sample.id) if isinstance(built.refiner, FileRefiner) else built.refiner
    image, prediction = planned.dataset.image(sample), planned.prediction_sets[_only(planned)].load(sample)
    if isinstance(refiner, OracleRefiner):
        return refiner.refine_with_truth(image, prediction, planned.dataset.truth(sample)).labels
    return refiner.refine(image, prediction).labels


def _as_label_ids(labels: Any, label_ids: Any) -> Any:
    """Training ids as the smallest raw id of each class; void stays void."""
    import numpy as np

    from metrics.segmentation import VOID

    table = np.full(max(256, int(labels.max()) + 1), VOID, dtype=np.int32)
    for raw in sorted((raw for raw in label_ids if raw >= 0), reverse=True):
        if label_ids[raw] != VOID:
            table[label_ids[raw]] = raw
    found = table[labels]
    return found.astype(np.uint8) if found.max() <= VOID else found
