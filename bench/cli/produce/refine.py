"""`bench refine`: apply one refiner to saved predictions and save the result."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from boundary_bench.bench.cli import options
from boundary_bench.bench.cli.own_data import NONE, OwnData, with_own_data
from boundary_bench.bench.errors import InputError, Problem

if TYPE_CHECKING:
    from boundary_bench.bench.cli.inputs import Inputs
    from boundary_bench.bench.cli.progress import Step
    from boundary_bench.bench.engine.plan import Plan
    from boundary_bench.bench.plugins.protocols import Sample

USUAL_CHECKPOINT = "camvid"
OF_MASKS = "masks"
LEARNED_FROM = {USUAL_CHECKPOINT: "street photos", OF_MASKS: "masks of street photos, nuclei and drawn scenes"}
"""Networks that come with the package and are taken where none is named; the second for binary masks."""
OF_OBJECTS = ("instance", "panoptic")
"""Tasks whose results are one file."""


@with_own_data
def command(
    refiner: Annotated[str, typer.Option("--refiner", help="Catalogue name, module:Class, or file.py:Class.")],
    predictions: options.Predictions,
    out: Annotated[
        Path, typer.Option("--out", help="New folder for refined label maps; a .json file for objects and segments.")
    ],
    dataset: options.DatasetName = None,
    split: options.AnySplit = None,
    param: Annotated[
        list[str] | None, typer.Option("--param", metavar="k=v", help="Parameter of the refiner; repeat for more.")
    ] = None,
    offsets: Annotated[
        Path | None, typer.Option("--offsets", help="Folder of offset files: --param offsets=DIR of segfix-offsets.")
    ] = None,
    root: options.Root = None,
    annotations: options.Annotations = None,
    truth: options.Truth = None,
    images: options.Images = None,
    task: options.TaskName = None,
    format_: options.FormatName = None,
    label_space: options.Ids = None,
    probabilities: options.ProbabilityFolder = None,
    missing: options.WhenMissing = "fail",
    every: options.Every = 1,
    first: options.First = None,
    workers: options.Workers = None,
    own: OwnData = NONE,
) -> None:
    """Apply one refiner to saved predictions and write what it makes of them.

    A label map is written as OUT/group/id.png (without the group where the dataset has none) in the ids of its
    input: training ids, or with --label-space label_ids the dataset's raw ids; in 8 bits where all of them and void
    fit, else in 16. Objects are written as COCO results, panoptic maps as COCO panoptic JSON and PNGs. `bench evaluate`
    reads them all.

    Example: bench refine --refiner segfix-offsets --offsets offsets/ --dataset cityscapes --root DIR --split val
    --predictions my_model/ --out refined/
    """
    from boundary_bench.bench.cli.inputs import Inputs, parameters, require_in_order, require_new_folder
    from boundary_bench.bench.cli.progress import note
    from boundary_bench.bench.engine.input_checks import refiner_notes, refiner_problems
    from boundary_bench.bench.engine.plan import plan

    given = parameters(param or [])
    if offsets is not None:
        given["offsets"] = str(offsets)
    if missing == "empty":
        raise InputError(Problem("--missing", "'empty'", "fail or skip: there is nothing to refine"))
    require_new_folder(out)
    inputs = Inputs(
        dataset, split, root, predictions, None, format_, label_space, probabilities, missing, every, first, workers,
        task, annotations, truth, images, own=own,
    )  # fmt: skip
    given |= _usual_checkpoint(refiner, given, inputs)
    planned = plan(inputs.experiment(refiners=[{"name": refiner, **given}]))
    imageless = _imageless(planned)
    unneeded = {name for name, empty in imageless.items() if empty}
    require_in_order(planned, images=True, truth=False, unneeded=unneeded)
    skipped = imageless.keys() - unneeded if missing == "skip" else set()
    there = planned.prediction_sets[_only(planned)].has
    samples = [sample for sample in planned.samples if there(sample) and sample.id not in skipped]
    if problems := list(refiner_problems(planned, next(iter(planned.refiners.values())), samples)):
        raise InputError(problems)
    for each in refiner_notes(planned):
        note(each)
    _write_all(planned, inputs, out, samples)


def _imageless(planned: Plan) -> dict[str, bool]:
    """The samples that have a prediction and no image, and whether their prediction is empty, which needs none."""
    from boundary_bench.bench.plugins.validation import lacks_image

    predictions, found = planned.prediction_sets[_only(planned)], dict[str, bool]()
    for sample in planned.samples:
        if predictions.has(sample) and lacks_image(planned.dataset, sample):
            try:
                found[sample.id] = planned.dataset.task in ("instance", "panoptic") and _is_empty(
                    predictions.load(sample)
                )
            except InputError:
                found[sample.id] = False  # The check reports it.
    return found


def _usual_checkpoint(refiner: str, given: dict[str, Any], inputs: Inputs) -> dict[str, str]:
    """The network that comes with the package, for refiners that need one where none is named; a note says so."""
    from boundary_bench.bench.cli.progress import note
    from boundary_bench.bench.plugins import registry

    constructor = registry.find("refiners", refiner)
    shipped: Path | None = getattr(constructor, "shipped", None)
    wanted = registry.named_parameters(constructor).get("checkpoint")
    if "checkpoint" in given or wanted is None or wanted.default is not wanted.empty or shipped is None:
        return {}
    names = sorted(path.stem for path in shipped.glob("*.safetensors"))
    masks = OF_MASKS in names and inputs.built_dataset(whole=False).task == "binary"
    usual = OF_MASKS if masks else USUAL_CHECKPOINT
    if usual not in names:
        return {}
    note(
        f"{refiner}: no --param checkpoint=FILE|NAME given: {usual}, of {', '.join(names)} that come with the package; "
        f"it learned from {LEARNED_FROM[usual]}, and `bench train` makes one for other pictures"
    )
    return {"checkpoint": usual}


def _write_all(planned: Plan, inputs: Inputs, out: Path, samples: Sequence[Sample]) -> None:
    from boundary_bench.bench.cli.progress import progress
    from boundary_bench.bench.engine.executors import local
    from boundary_bench.bench.formats.conversion import writers

    if planned.dataset.task in OF_OBJECTS and out.suffix != ".json":
        raise InputError(Problem(f"--out {out}", f"a folder for {planned.dataset.task} results", "a .json file"))
    executor = local(inputs.workers)
    with progress("refine") as step:
        refined = _in_order(executor.map(RefineTask(planned.experiment), samples), samples, step)
        if planned.dataset.task == "instance":
            what = f"{writers.write_coco_results(out, planned.dataset, refined)} objects"
        elif planned.dataset.task == "panoptic":
            what = f"{writers.write_coco_panoptic(out, planned.dataset, refined, truth=False)} segments"
        elif planned.dataset.task == "binary":
            what = f"{_write_masks(out, planned, refined)} masks"
        else:
            what = f"{_write_label_maps(out, planned, refined, inputs.label_space)} label maps"
    print(f"{what}: {out}")


def _in_order(
    results: Iterable[tuple[str, Any]], samples: Sequence[Sample], step: Step
) -> Iterator[tuple[Sample, Any]]:
    """Samples with their results in the order of the samples, however they come."""
    waiting: dict[str, Any] = {}
    ahead = iter(samples)
    following = next(ahead, None)
    for done, (name, refined) in enumerate(results, start=1):
        waiting[name] = refined
        step(done, len(samples))
        while following is not None and following.id in waiting:
            yield following, waiting.pop(following.id)
            following = next(ahead, None)


def _write_label_maps(out: Path, planned: Plan, refined: Iterable[tuple[Sample, Any]], label_space: str | None) -> int:
    from boundary_bench.bench.formats.labels.label_image import write_label_image
    from boundary_bench.bench.formats.labels.label_writing import file_ids

    written, ids = 0, file_ids(planned.dataset, label_space)
    for written, (sample, found) in enumerate(refined, start=1):  # noqa: B007 - counted
        labels = ids.of(found.labels, f"refined {sample.id}")
        write_label_image(out / sample.group / f"{sample.id}.png", labels)
    return written


def _write_masks(out: Path, planned: Plan, refined: Iterable[tuple[Sample, Any]]) -> int:
    """Masks in the form that they came in, by the names that they came by: arrays as arrays, else PNG."""
    from boundary_bench.bench.formats.masks.mask_writing import write_mask, write_mask_array

    def usual(sample: Sample) -> tuple[Path, int]:
        return Path(sample.group, f"{sample.id}.png"), 255

    written, form = 0, getattr(planned.prediction_sets[_only(planned)], "stored_form", usual)
    for written, (sample, found) in enumerate(refined, start=1):  # noqa: B007 - counted
        path, number = form(sample)
        if path.suffix == ".npy":
            write_mask_array(out / path, found)
        else:
            write_mask(out / path, found, object_level=number)
    return written


def _only(planned: Plan) -> str:
    return next(iter(planned.prediction_sets))


class RefineTask:
    """Refines one sample. Pickled as its experiment; each worker builds the plan once."""

    def __init__(self, experiment: Any) -> None:
        self.experiment = experiment
        self._plan: Plan | None = None

    def __call__(self, sample: Sample) -> tuple[str, Any]:
        """The sample's id and its refined prediction."""
        from boundary_bench.bench.engine.plan import plan

        if self._plan is None:
            self._plan = plan(self.experiment)
        try:
            return sample.id, _refined(self._plan, sample)
        except InputError:
            raise
        except Exception as error:  # whatever a plug-in raises
            where = f"{next(iter(self._plan.refiners))}: {sample.id}"
            raise InputError(Problem(where, f"{type(error).__name__}: {error}", "")) from error


def _refined(planned: Plan, sample: Sample) -> Any:
    """One sample's prediction after the plan's only refiner.

    Raises:
        TypeError, ValueError: the result is of another kind or size, or has a category that is no class.
    """
    from boundary_bench.bench.engine.job import require_alike
    from boundary_bench.bench.plugins.protocols import FileRefiner, OracleRefiner

    built = next(iter(planned.refiners.values()))
    refiner = built.refiner.for_sample(sample.id) if isinstance(built.refiner, FileRefiner) else built.refiner
    prediction = planned.prediction_sets[_only(planned)].load(sample)
    if _is_empty(prediction):
        return prediction
    image = planned.dataset.image(sample)
    if isinstance(refiner, OracleRefiner):
        refined = refiner.refine_with_truth(image, prediction, planned.dataset.truth(sample))
    else:
        refined = refiner.refine(image, prediction)
    require_alike(refined, prediction, f"result of {built.label}")
    _require_classes(refined, len(planned.dataset.classes))
    return refined


def _is_empty(prediction: Any) -> bool:
    """Whether there is no object and no segment, so that there is nothing to refine."""
    return not len(getattr(prediction, "categories", [None]))


def _require_classes(refined: Any, classes: int) -> None:
    categories = getattr(refined, "categories", ())
    if len(categories) and not 0 <= min(categories) <= max(categories) < classes:
        raise ValueError(f"the result has category {max(categories)}; allowed: 0 to {classes - 1}")
